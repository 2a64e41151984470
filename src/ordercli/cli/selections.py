"""Saved selections: ``@NAME`` on a command line stands for filters of the configuration file."""

from __future__ import annotations

import shlex
from datetime import date
from typing import TYPE_CHECKING, Any

from ordercli.base.configuration import read_configuration, require_known
from ordercli.base.errors import OrdercliError, UsageError, unknown_name
from ordercli.base.language import _
from ordercli.cli.completion.command_line import CommandLine, long_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ordercli.base.configuration import Configuration

SIGN = "@"
_META = "ordercli.selections"


def takes_selections(command: Any) -> bool:
    """Whether the command chooses orders by filters, and so takes ``@NAME``."""
    return bool(_filters_of(command))


def with_selections(command: Any, words: Sequence[str], context: Any) -> list[str]:
    """The words of a command line, with the filters in place of each ``@NAME``.

    What each stands for is kept in the context. Raises UsageError where there is no such selection,
    or it is wrong, and FileError where the configuration can't be read.
    """
    typed = CommandLine(command)
    found: list[str] = []
    meanings: list[str] = []
    for word in words:
        if word.startswith(SIGN) and not (typed.awaited or typed.only_arguments):
            configuration = read_configuration(required=True)
            pairs = _pairs(command, configuration, word.removeprefix(SIGN), context.obj.clock)
            meanings.append(f"{word}: {_typed(pairs)}")
            found += [name if value is None else f"{name}={value}" for name, value in pairs]
        else:
            found.append(word)
        typed.take(word)
    context.meta[_META] = tuple(meanings)
    return found


def selections_in(context: Any) -> tuple[str, ...]:
    """What each saved selection of a command line stands for, as one would type it."""
    found: tuple[str, ...] = context.meta.get(_META, ())
    return found


def _filters_of(command: Any) -> dict[str, Any]:
    """The options that a saved selection may hold, by their long names; none for other commands."""
    names = getattr(command.callback, "filters", ())
    options = [each for each in command.params if each.name in names]
    return {long_name(each).removeprefix("--"): each for each in options}


def _pairs(
    command: Any, configuration: Configuration, name: str, clock: Callable[[], Any]
) -> list[tuple[str, str | None]]:
    """The flags of a selection, each with its value; None for a flag that has none."""
    if name not in configuration.selections:
        what = _("no selection in {place} named '{name}'")
        raise unknown_name(
            what.format(place=configuration.path, name=name), name, configuration.selections
        )
    place = _("selection '{name}' of {path}").format(name=name, path=configuration.path)
    content = configuration.selections[name]
    if not isinstance(content, dict) or not content:
        raise UsageError(
            _("{place} holds no filter").format(place=place), _('add one, as in status = "failed"')
        )
    filters = _filters_of(command)
    keys = {key: key.replace("_", "-") for key in content}
    require_known([key for key, flag in keys.items() if flag not in filters], filters, place)
    pairs: list[tuple[str, str | None]] = []
    for key, flag in keys.items():
        try:
            these = list(_flags(filters[flag], content[key]))
            command.callback.check_filter(filters[flag].name, _value(filters[flag], these), clock())
        except OrdercliError as error:
            what = _("{place}, '{key}': {message}").format(place=place, key=key, message=error.what)
            raise UsageError(what, error.advice) from None
        pairs += these
    return pairs


def _flags(option: Any, value: Any) -> Iterator[tuple[str, str | None]]:
    """The flag, once for each value; raises UsageError on a value that it does not take."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise UsageError(_("it is neither true nor false"), _("write true or false"))
        names = option.opts if value else option.secondary_opts
        if names:
            yield names[-1], None
        return
    values = value if isinstance(value, list) else [value]
    if not values or (len(values) > 1 and not option.multiple):
        raise UsageError(_("it takes one value"), _("write one text or number"))
    for each in values:
        if isinstance(each, bool) or not isinstance(each, (str, int, float, date)):
            raise UsageError(_("it takes a text or a number"), _("write it in quotes"))
        yield long_name(option), each.isoformat() if isinstance(each, date) else str(each)


def _value(option: Any, flags: Sequence[tuple[str, str | None]]) -> Any:
    """What the parser would make of these flags."""
    if option.is_flag:
        return bool(flags) and flags[0][0] in option.opts
    values = [value for _name, value in flags]
    return values if option.multiple else values[0]


def _typed(pairs: Sequence[tuple[str, str | None]]) -> str:
    return shlex.join([word for pair in pairs for word in pair if word is not None])
