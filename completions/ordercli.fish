# Completion of ordercli for fish. What ordercli offers is plain words, and nothing here evaluates.

function __ordercli_offers
    set -l words (commandline -opc)
    set -l current (commandline -ct | string replace -r '^["\']' '')
    set -e words[1]
    set -l offers (_ORDERCLI_COMPLETE=fish command ordercli $words "$current" 2>/dev/null </dev/null)
    if not string match -q ':files*' -- "$offers[1]"
        printf '%s\n' $offers
        return
    end
    set -l option (string match -r -- '^--[^=]*=' "$current")
    printf '%s\n' "$option"(__fish_complete_path (string replace -r -- '^--[^=]*=' '' "$current"))
end

complete -c ordercli -f -k -a '(__ordercli_offers)'
