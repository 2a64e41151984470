"""Groups of commands that are imported when they are named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _, marked
from ordercli.cli.command import Command, once_each, taken_as_typed
from ordercli.cli.completion.command_line import HELP
from ordercli.cli.help_language import translate
from ordercli.cli.help_layout import (
    option_sections,
    write_commands,
    write_sections,
    write_usage,
)
from ordercli.domain.status import ACTIONS


class Place(NamedTuple):
    """Where a command is: the line that its group's help has of it, its module and function."""

    summary: str
    module: str
    function: str

    def command(self, name: str) -> Any:
        """The command itself, under this name; only now its module is imported."""
        alone = typer.Typer(
            add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
        )
        function = getattr(import_module(f"ordercli.cli.commands.{self.module}"), self.function)
        alone.command(name, cls=Command)(function)
        return typer.main.get_command(alone)


class Group(NamedTuple):
    """A group within a group: the line that the help has of it, and its own commands."""

    summary: str
    places: Mapping[str, Place]

    def command(self, name: str) -> Any:
        """The group itself, under this name."""
        group = Commands(name=name, help=self.summary, rich_markup_mode=None)
        group.commands = Loading(self.places)
        return group


_OTHER_NAMES = {
    "list": "ls get ps orders queue status",
    "show": "describe get view inspect info",
    "summary": "export report csv download dump",
    "stats": "stat statistics count counts total totals status",
    "errors": "failures failed causes why",
    "metrics": "prometheus gauges",
    "history": "log logs events audit",
    "pause": "hold suspend stop",
    "resume": "unpause unhold release continue",
    "cancel": "delete kill abort rm stop",
    "remove": "delete rm purge",
    "undo": "rollback revert restore",
    "restart": "rerun requeue",
    "wait": "await",
    "list --watch": "watch monitor",
    "top": "dashboard ui tui watch monitor",
    "profiles": "config contexts",
    "db init": "init",
    "db load": "load import",
    "db check": "check doctor",
    "db grants": "grants grant",
}
"""What other tools, and people, call our commands."""


HELP_SUMMARY = marked("Show the help of a command.")


def with_help(words: list[str]) -> list[str]:
    """The words of a command line, with ``help COMMAND`` as ``COMMAND --help``."""
    return [*words[1:], "--help"] if words[:1] == [HELP] else words


def _unknown_command(name: str, commands: Iterable[str]) -> UsageError:
    """An error for a command that there is not.

    One that changes orders is never suggested because its name looks alike.
    """
    what = _("no command '{name}'").format(name=name)
    meant = [
        each
        for each, others in _OTHER_NAMES.items()
        if name.lower() in others.split() and each.split()[0] in commands
    ]
    if not meant:
        return unknown_name(what, name, commands, never=ACTIONS)
    return UsageError(
        what,
        _("did you mean '{name}'? {others}").format(
            name=_("' or '").join(meant),
            others=_("known: {names}").format(names=", ".join(commands)),
        ),
    )


class Loading(Mapping[str, Any]):
    """Commands by name, each made when it is first asked for, in the reader's language."""

    def __init__(self, places: Mapping[str, Place | Group]) -> None:
        self._places = places
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._places[name].command(name)
            translate(self._made[name])
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def summaries(self) -> dict[str, str]:
        """What each command does, in a line in the reader's language; nothing is imported."""
        return {name: _(place.summary) for name, place in self._places.items()}


class Commands(TyperGroup):
    """A group of commands, some ``Loading``; an unknown one is an error that gives the nearest."""

    commands: Any

    def get_params(self, ctx: Any) -> list[Any]:
        """The options, that of the help included."""
        return taken_as_typed(super().get_params(ctx))

    def make_parser(self, ctx: Any) -> Any:
        """What takes the words of the command line apart."""
        return once_each(super().make_parser(ctx), ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The words that are left for a command; a group that is named alone shows its help."""
        return list(super().parse_args(ctx, args or ["--help"] * (ctx.parent is not None)))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; raises UsageError where it names none."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise _unknown_command(args[0], self.commands)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands and the options."""
        write_commands(self.sections(), formatter)
        write_sections(option_sections(self, ctx), formatter)

    def sections(self) -> dict[str, dict[str, str]]:
        """What each command of the group does, by the title of its section in help."""
        return {_("Commands"): self.commands.summaries()}

    def summaries(self) -> dict[str, str]:
        """What each command of the group does, in a line in the reader's language."""
        return {name: what for lines in self.sections().values() for name, what in lines.items()}
