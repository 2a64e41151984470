# Completion of ordercli for bash. What ordercli offers is plain words, and nothing here evaluates.

_ordercli() {
    local offer
    COMPREPLY=()
    while IFS=$'\t' read -r offer _; do
        if [[ $offer == :files ]]; then
            compopt -o default
        else
            COMPREPLY+=("$offer")
        fi
    done < <(
        _ORDERCLI_COMPLETE=bash command ordercli "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null </dev/null
    )
}

complete -o nosort -F _ordercli ordercli 2>/dev/null || complete -F _ordercli ordercli
