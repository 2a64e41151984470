"""One command: its parameters as they are typed, and its help."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from typer.core import TyperArgument, TyperCommand
from typer.exceptions import TyperException

from ordercli.base.errors import UsageError
from ordercli.base.language import _, marked
from ordercli.cli.help_layout import (
    option_sections,
    write_example,
    write_purpose,
    write_sections,
    write_usage,
)
from ordercli.cli.selections import selections_in, takes_selections, with_selections

if TYPE_CHECKING:
    from collections.abc import Callable


_SELECTION_HELP = marked("Saved selections of the configuration file; filters narrow them.")


class Command(TyperCommand):
    """A command whose help shows arguments the way they are typed, without their Python types."""

    def get_params(self, ctx: Any) -> list[Any]:
        """The arguments and the options, that of the help included."""
        return taken_as_typed(super().get_params(ctx))

    def make_parser(self, ctx: Any) -> Any:
        """What takes the words of the command line apart."""
        return once_each(super().make_parser(ctx), ctx)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the words of the command line; an error names this command."""
        if takes_selections(self) and not ctx.resilient_parsing:
            args = with_selections(self, args, ctx)
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
        write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and the options."""
        sections = {_("Arguments"): self._arguments(), **option_sections(self, ctx)}
        write_sections(sections, formatter)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does."""
        write_purpose(self, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the example."""
        write_example(self, formatter)

    def _arguments(self) -> list[tuple[str, str]]:
        arguments = [each for each in self.params if isinstance(each, TyperArgument)]
        found = [(each.display_name_raw, each.help or "") for each in arguments]
        if takes_selections(self):
            found.append(("[@NAME]...", _(_SELECTION_HELP)))
        return found


def once_each(parser: Any, ctx: Any) -> Any:
    """The parser; it raises UsageError where an option that means one thing is given twice.

    Typer would take the last one, silently.
    """

    def parsed(parse: Callable[..., Any], args: list[str]) -> Any:
        values, rest, order = parse(args=args)
        for each, number in Counter(order).items():
            if number > 1 and not each.multiple and not each.is_eager:
                given = _("{option} is given more than once")
                advice = _("; ").join([_("give it once"), *selections_in(ctx)])
                raise UsageError(given.format(option=max(each.opts, key=len)), advice)
        return values, rest, order

    if not ctx.resilient_parsing:
        parser.parse_args = partial(parsed, parser.parse_args)
    return parser


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
