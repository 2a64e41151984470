"""What may be offered for the value of an option or for an argument.

Only what an offer needs is imported: users, ids and profiles are looked up, the others are known.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.base.moments import MOMENT_WORDS
from ordercli.base.text import counted
from ordercli.base.values import Kind
from ordercli.cli.completion.command_line import FILES, CommandLine, Offer
from ordercli.cli.completion.scripts import SHELLS
from ordercli.domain import statistics
from ordercli.domain.columns import COLUMNS, RANGE_COLUMNS
from ordercli.domain.failures import FAILURE_GROUPS
from ordercli.domain.history import HISTORY_FIELDS, SHORT_OPERATION
from ordercli.domain.status import ACTIONS, GROUPS, STATUSES
from ordercli.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ordercli.base.settings import Settings


def values_of_option(typed: CommandLine, name: str, current: str) -> Iterable[Offer]:
    """What to offer for the value of the option with this long name, of which ``current`` is typed.

    Raises whatever the configuration or the database raises.
    """
    return _OPTIONS.get(name, _nothing)(typed, current)


def values_of_argument(typed: CommandLine, name: str, current: str) -> Iterable[Offer]:
    """What to offer for the argument with this name; raises as above."""
    return _ARGUMENTS.get(name, _nothing)(typed, current)


def _nothing(typed: CommandLine, current: str) -> Iterable[Offer]:
    return ()


def _files(typed: CommandLine, current: str) -> Iterable[Offer]:
    return FILES


def _words(words: Iterable[str]) -> Callable[[CommandLine, str], Iterable[Offer]]:
    offered = [Offer(word) for word in words]
    return lambda typed, current: offered


def _formats(typed: CommandLine, current: str) -> Iterable[Offer]:
    if typed.command.name == "show" and {"--files", "--failed"} & typed.options.keys():
        return map(Offer, formats.FORMATS)
    return map(Offer, _FORMATS_OF.get(typed.command.name, formats.FORMATS))


def _statuses(typed: CommandLine, current: str) -> Iterable[Offer]:
    last = current.rpartition(",")[2]
    return _listed(_STATUS_MEANINGS, current, "!" if last.startswith("!") else "")


def _columns(typed: CommandLine, current: str) -> Iterable[Offer]:
    head, _, last = current.rpartition(",")
    signs = [word[0] for word in (last, head) if word.startswith(("+", "-"))]
    of_history = typed.command.name == "history"
    meanings = _HISTORY_MEANINGS if of_history else _COLUMN_MEANINGS
    return _listed(meanings, current, signs[0] if signs else "")


def _groups(typed: CommandLine, current: str) -> Iterable[Offer]:
    if typed.command.name == "errors":
        return map(Offer, FAILURE_GROUPS)
    if typed.command.name == "metrics":
        return [Offer("user")]
    return _listed(_GROUP_MEANINGS, current)


def _sort_keys(typed: CommandLine, current: str) -> Iterable[Offer]:
    last = current.rpartition(",")[2]
    if typed.command.name == "stats":
        return _listed(_TOTAL_MEANINGS, current, "-" if last.startswith("-") else "")
    if typed.command.name == "errors":
        fields = FAILURE_GROUPS.get(str(typed.options.get("--by")), FAILURE_GROUPS["cause"])
        titles = {each.key: each.title for each in fields}
        return _listed(titles, current, "-" if last.startswith("-") else "")
    return _listed(_COLUMN_MEANINGS, current, "-" if last.startswith("-") else "")


def _listed(meanings: Mapping[str, str], current: str, sign: str = "") -> list[Offer]:
    """One more name, with its sign, for a list by commas; those that it has are left out."""
    head, comma, _last = current.rpartition(",")
    taken = {word.lstrip("+-!") for word in head.split(",")}
    return [
        Offer(f"{head}{comma}{sign}{name}", _(meaning))
        for name, meaning in meanings.items()
        if name not in taken
    ]


def _profiles(typed: CommandLine, current: str) -> Iterable[Offer]:
    from ordercli.base.settings import profile_names
    from ordercli.store.completion_lookup import is_plain

    head, comma, _last = current.rpartition(",")
    if comma and typed.command.name not in _READ_SEVERAL:
        return ()
    names = [name for name in profile_names() if is_plain(name) and name not in head.split(",")]
    return [Offer(f"{head}{comma}{name}") for name in names]


def _users(typed: CommandLine, current: str) -> Iterable[Offer]:
    from ordercli.store.completion_lookup import users

    sign = current[: current.startswith("!")]
    names: list[str] = []
    for each in _all_settings(typed):
        with suppress(Exception):  # one profile that fails hides no other
            names += users(each.database, current.removeprefix(sign), each.schema)
    return [Offer(sign + name) for name in dict.fromkeys(names)]


def _moments(typed: CommandLine, current: str) -> Iterable[Offer]:
    return map(Offer, MOMENT_WORDS)


def _ranges_of_moments(typed: CommandLine, current: str) -> Iterable[Offer]:
    """One more moment, at the end of a range that has begun."""
    start, dots, _end = current.rpartition("..")
    return [Offer(f"{start}{dots}{word}") for word in MOMENT_WORDS]


def _ids(typed: CommandLine, current: str) -> Iterable[Offer]:
    from ordercli.store.completion_lookup import order_ids

    action = ACTIONS.get(typed.command.name)
    allowed = None if action is None else action.allowed_from
    named = _settings(typed)
    found = order_ids(named.database, current, allowed, named.schema)
    return [Offer(order_id) for order_id in found if order_id not in typed.arguments]


def _operations(typed: CommandLine, current: str) -> Iterable[Offer]:
    from ordercli.store.completion_lookup import operations

    named, begun = _settings(typed), current
    shown = SHORT_OPERATION if len(begun) <= SHORT_OPERATION else None
    return [
        Offer(operation[:shown], f"{action}, {counted(number, 'order')}" if known else "")
        for operation, action, number in operations(named.database, begun, named.schema)
        for known in (action in ACTIONS,)
    ]


def _settings(typed: CommandLine) -> Settings:
    from ordercli.base.settings import load_settings

    return typed.settings or load_settings(*_named(typed))


def _all_settings(typed: CommandLine) -> list[Settings]:
    """The settings of each profile, where the command reads several; else the ones in use."""
    from ordercli.base.settings import choose, load_settings

    if typed.command.name not in _READ_SEVERAL:
        return [_settings(typed)]
    choice = choose(*_named(typed))
    if choice.database is not None:
        return [_settings(typed)]
    return [load_settings(None, name) for name in choice.profiles]


def _named(typed: CommandLine) -> tuple[str | None, str | None]:
    """The database and the profile that are typed."""
    return typed.options.get("--database"), typed.options.get("--profile")


_READ_SEVERAL = ("list", "stats", "summary")
"""The commands that take several profiles."""

_STATUS_MEANINGS = {each.name.replace(" ", "-"): each.meaning for each in STATUSES} | {
    group: ", ".join(status.name for status in STATUSES if status in statuses)
    for group, statuses in GROUPS.items()
}
_COLUMN_MEANINGS = {column.key: column.help for column in COLUMNS}
_GROUP_MEANINGS = {group.key: group.help for group in statistics.GROUPS}
_TOTAL_MEANINGS = {field.key: field.title for field in statistics.TOTALS} | _GROUP_MEANINGS
_HISTORY_MEANINGS = {field.key: field.title for field in HISTORY_FIELDS}
_FORMATS_OF = {
    "show": formats.ORDER_FORMATS,
    **dict.fromkeys(ACTIONS, formats.RESULT_FORMATS),
}
_OPTIONS: dict[str, Callable[[CommandLine, str], Iterable[Offer]]] = {
    "--action": _words(ACTIONS),
    "--by": _groups,
    "--columns": _columns,
    "--database": _files,
    "--for": _statuses,
    "--format": _formats,
    "--install-completion": _words(SHELLS),
    "--layout": _words(formats.LAYOUTS),
    "--on": _words(statistics.MOMENTS),
    "--operation": _operations,
    "--output": _files,
    "--profile": _profiles,
    "--show-completion": _words(SHELLS),
    "--since": _moments,
    "--sort": _sort_keys,
    "--status": _statuses,
    "--until": _moments,
    "--user": _users,
    **{
        f"--{name}": _ranges_of_moments
        for name, column in RANGE_COLUMNS.items()
        if column.kind is Kind.MOMENT
    },
}
_ARGUMENTS: dict[str, Callable[[CommandLine, str], Iterable[Offer]]] = {
    "file": _files,
    "ids": _ids,
    "operation": _operations,
    "order": _ids,
}
