"""How help is laid out: in the same sections everywhere, with an example at the end."""

from __future__ import annotations

from inspect import cleandoc
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument

from ordercli.base.errors import ExitCode
from ordercli.base.language import _, marked
from ordercli.cli.help_language import help_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CHOOSE, _SHOW, _CHANGE, _WAIT, _CONNECT, _HELP = _SECTIONS = (
    marked("Choose"), marked("Show"), marked("Change"), marked("Wait"), marked("Connect"),
    marked("Help"),
)  # fmt: skip
"""The titles of the sections of options, in their order."""

_SECTION_OF = {
    **dict.fromkeys(("user", "since", "until", "actor", "action", "operation"), _CHOOSE),
    **dict.fromkeys(
        ("label", "reason", "max", "dry_run", "yes", "direct", "jobs", "update", "sample"), _CHANGE
    ),
    **dict.fromkeys(("for", "any", "timeout", "interval", "bell"), _WAIT),
    **dict.fromkeys(("database", "profile"), _CONNECT),
    **dict.fromkeys(("debug", "help", "version", "install_completion", "show_completion"), _HELP),
}
"""The sections of options by long name. The filters of orders choose, and all others show."""

_EXAMPLE = marked("Example")

_EXAMPLES = (
    "ordercli db init --sample 100",
    "ordercli list --status failed,warning --since 7d",
    "ordercli show 12",
    "ordercli pause --user 'ada*' --reason 'disk full' --dry-run",
    "ordercli summary --since yesterday -o orders.csv",
)

_SEE_ALSO = (
    ("man ordercli", marked("The manual.")),
    (marked("ordercli help COMMAND"), marked("A command's options, and an example.")),
    (
        "~/.config/ordercli/config.toml",
        marked("Profiles and selections; ORDERCLI_CONFIG names another file."),
    ),
)


def option_sections(command: Any, ctx: Any) -> dict[str, list[tuple[str, str]]]:
    """The options of a command as they are written, each with its help, by section."""
    filters = getattr(getattr(command, "callback", None), "filters", ())
    sections: dict[str, list[tuple[str, str]]] = {_(title): [] for title in _SECTIONS}
    for each in command.get_params(ctx):
        if not isinstance(each, TyperArgument):
            names, text = each.get_help_record(ctx)
            title = _section(each, filters)
            sections[_(title)].append((names, help_words(text)))
    return sections


def _section(option: Any, filters: Sequence[str]) -> str:
    if option.name in filters:
        return _CHOOSE
    long_name = max(option.opts, key=len).lstrip("-").replace("-", "_")
    return _SECTION_OF.get(long_name, _SHOW)


def write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    """Write the usage line of a command."""
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage: "))


def write_sections(sections: Mapping[str, Sequence[tuple[str, str]]], formatter: Any) -> None:
    """Write each section that has lines: its title, and names with what they are."""
    for title, lines in sections.items():
        if lines:
            with formatter.section(title):
                formatter.write_dl(lines)


def write_commands(sections: Mapping[str, Mapping[str, str]], formatter: Any) -> None:
    """Write sections of commands: names with what they do, one below the other in all sections."""
    width = max(len(name) for lines in sections.values() for name in lines)
    write_sections(
        {
            title: [(name.ljust(width), what) for name, what in lines.items()]
            for title, lines in sections.items()
        },
        formatter,
    )


def write_purpose(command: Any, formatter: Any) -> None:
    """Write what a command does, without its example."""
    text, _example = _parts(command)
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(text)


def write_example(command: Any, formatter: Any) -> None:
    """Write the example of a command."""
    _text, example = _parts(command)
    if example:
        with formatter.section(_(_EXAMPLE)):
            formatter.write_text(example)


def write_first_steps(formatter: Any) -> None:
    """Write what the help of the program itself ends with: examples, exit codes, where to read."""
    with formatter.section(_("Examples")):
        for example in _EXAMPLES:
            formatter.write_text(example)
    write_sections(
        {
            _("Exit codes"): [(str(code.value), _(code.meaning)) for code in ExitCode],
            _("See also"): [(_(name), _(what)) for name, what in _SEE_ALSO],
        },
        formatter,
    )


def _parts(command: Any) -> tuple[str, str]:
    """The help of a command, and its example, in the reader's language."""
    text, _found, example = cleandoc(command.help or "").partition(f"{_(_EXAMPLE)}: ")
    return text.strip(), example.strip()
