"""What the program's own help says, command by command: for the manual page and the reference."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperArgument, TyperGroup

from ordercli.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

Option = tuple[str, str]


class CommandHelp(NamedTuple):
    """The help of one command; each option is its names and its text."""

    path: str
    usage: str
    text: str
    example: str
    options: tuple[Option, ...]


def read_help() -> tuple[CommandHelp, ...]:
    """The help of the program, then of every command, in the order in which help lists them."""
    root = _context(typer.main.get_command(app), None, "ordercli")
    return tuple(_help(each) for each in (root, *_contexts(root)))


def shared_options(commands: tuple[CommandHelp, ...]) -> tuple[Option, ...]:
    """The options that every command has."""
    first, *others = commands
    return tuple(
        option for option in first.options if all(option in each.options for each in others)
    )


def _context(command: Any, parent: Any, name: str) -> Any:
    return typer.Context(command, parent=parent, info_name=name, **command.context_settings)


def _contexts(group: Any) -> Iterator[Any]:
    for name, command in group.command.commands.items():
        below = _context(command, group, name)
        if isinstance(command, TyperGroup):
            yield from _contexts(below)
        elif not command.hidden:
            yield below


def _help(context: Any) -> CommandHelp:
    text, _, example = inspect.cleandoc(context.command.help).partition("Example: ")
    pieces = " ".join(context.command.collect_usage_pieces(context))
    options = tuple(record for record in _records(context) if record)
    return CommandHelp(context.command_path, pieces, text.strip(), example.strip(), options)


def _records(context: Any) -> Iterator[Option | None]:
    for each in context.command.get_params(context):
        if isinstance(each, TyperArgument):
            yield each.display_name_raw, each.help or ""
        else:
            yield each.get_help_record(context)
