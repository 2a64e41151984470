"""How help is laid out: as the options and arguments are typed, without their Python types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument

from ordercli.base.language import _
from ordercli.cli.help_language import help_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def options_of(command: Any, ctx: Any) -> list[tuple[str, str]]:
    """The options of a command as they are written, each with its help."""
    records = [
        each.get_help_record(ctx)
        for each in command.get_params(ctx)
        if not isinstance(each, TyperArgument)
    ]
    return [(names, help_words(text)) for names, text in records]


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
