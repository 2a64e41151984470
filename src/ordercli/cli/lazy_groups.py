"""Groups of commands that are imported when they are named, and the layout of their help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.exceptions import TyperException

from ordercli.base.errors import unknown_name
from ordercli.base.language import _
from ordercli.cli.help_language import help_words, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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
        group = Commands(name=name, help=self.summary)
        group.commands = Loading(self.places)
        return group


def taken_as_typed(parameters: list[Any]) -> list[Any]:
    """The parameters, spared the way through Pydantic where the value is plain to see.

    Typer would import it, and make a schema for each parameter, to find that a text is a text.
    """
    for each in parameters:
        if "process_value" not in vars(each):
            each.process_value = partial(_processed, each, each.process_value)
    return parameters


def _processed(parameter: Any, convert: Callable[..., Any], context: Any, value: Any) -> Any:
    several = parameter.multiple or parameter.nargs == -1
    wanted = parameter.type_descriptor.annotation
    if parameter.required and parameter.value_is_missing(value):
        return convert(context, value)
    if wanted is int and _is_plain_number(value, parameter.type_descriptor.parameter_info):
        return int(value)
    if value is None or wanted in (str, list[str]):
        return list(value or ()) if several else value
    return convert(context, value)


def _is_plain_number(value: Any, allowed: Any) -> bool:
    """Whether it is a default, or a few digits that are allowed: all else is for Typer to judge."""
    if isinstance(value, int):
        return True
    few_digits = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19
    return few_digits and int(value) >= (allowed.min or 0) and allowed.max is None


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


class Command(TyperCommand):
    """A command whose help shows arguments the way they are typed, without their Python types."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The arguments and the options, that of the help included."""
        return taken_as_typed(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words of the command line; an error names this command."""
        try:
            return super().parse_args(ctx, args)
        except TyperException as error:
            if getattr(error, "ctx", ctx) is None:
                error.ctx = ctx  # type: ignore[attr-defined]  # an error of usage has one
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What the usage line shows after the command."""
        return [str(self.options_metavar), *(name for name, _help in self._arguments())]

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options."""
        sections = {_("Arguments"): self._arguments(), _("Options"): _options(self, ctx)}
        _write_sections(sections, formatter)

    def _arguments(self) -> list[tuple[str, str]]:
        arguments = [each for each in self.params if isinstance(each, TyperArgument)]
        return [(each.display_name_raw, each.help or "") for each in arguments]


class Commands(TyperGroup):
    """A group of commands, some ``Loading``; an unknown one is an error that gives the nearest."""

    commands: Any

    def get_params(self, ctx: Any) -> list[Any]:
        """The options, that of the help included."""
        return taken_as_typed(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the first word names; raises UsageError where it names none."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            what = _("no command '{name}'").format(name=args[0])
            raise unknown_name(what, args[0], self.commands)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line."""
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options and the commands."""
        commands = list(self.summaries().items())
        _write_sections({_("Options"): _options(self, ctx), _("Commands"): commands}, formatter)

    def summaries(self) -> dict[str, str]:
        """What each command of the group does, in a line in the reader's language."""
        return dict(self.commands.summaries())


def _options(command: Any, ctx: Any) -> list[tuple[str, str]]:
    records = [
        each.get_help_record(ctx)
        for each in command.get_params(ctx)
        if not isinstance(each, TyperArgument)
    ]
    return [(names, help_words(text)) for names, text in records]


def _write_usage(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(command.collect_usage_pieces(ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix=_("Usage: "))


def _write_sections(sections: Mapping[str, Sequence[tuple[str, str]]], formatter: Any) -> None:
    for title, lines in sections.items():
        if lines:
            with formatter.section(title):
                formatter.write_dl(lines)
