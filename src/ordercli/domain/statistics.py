"""Totals of orders: what they are grouped by, what is summed up, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _, marked
from ordercli.base.moments import MomentRange
from ordercli.base.values import Kind, number_in
from ordercli.domain.columns import Column, Field, column_named, sort_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from ordercli.base.values import Row, Value
    from ordercli.domain.selection import Selection

    Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Group(Field):
    """What orders are grouped by; ``period`` where it is a time that a moment of theirs lies in."""

    help: str
    period: bool = False


GROUPS = (
    Group("user", "User", Kind.TEXT, "who placed them"),
    Group("status", "Status", Kind.STATUS, "where they stand"),
    Group("profile", "Profile", Kind.TEXT, "the profile that they were read from"),
    Group("hour", "Hour", Kind.MOMENT, "the hour, by its beginning", period=True),
    Group("day", "Day", Kind.TEXT, "the day", period=True),
    Group("week", "Week", Kind.TEXT, "the week, by its Monday", period=True),
    Group("month", "Month", Kind.TEXT, "the month", period=True),
    Group("year", "Year", Kind.TEXT, "the year", period=True),
)
GROUP_KEYS = tuple(group.key for group in GROUPS)
PROFILE_GROUP = GROUPS[2]
PERIODS = tuple(group for group in GROUPS if group.period)
_HOUR, DAY, *_LONGER = PERIODS
LONGER_PERIODS = tuple(_LONGER)
"""What days are put together to, the shortest first."""

MOMENTS = {
    "created": column_named("creation"),
    "changed": column_named("status_date"),
    "expires": column_named("expiration"),
}
"""The moments of an order that a period can be of, by the names that people give them."""

USUAL_MOMENT = "created"

ORDERS = Field("orders", marked("Orders"), Kind.NUMBER)
ERRORS = column_named("errors_count")
DATASET_TOTALS = tuple(
    column_named(key) for key in ("total_size", "files_count", "objects_count")
)  # fmt: skip
"""What is summed up over the datasets of orders."""

TOTALS: tuple[Field, ...] = (ORDERS, *DATASET_TOTALS, ERRORS)
"""What a group of orders has, in the order in which it is shown."""

_BY_GROUP = {group.key: group for group in GROUPS}
_BY_TOTAL = {
    name: total
    for total in TOTALS
    for name in (total.key, *(total.aliases if isinstance(total, Column) else ()))
}


class TotalsKey(NamedTuple):
    """A group or total to sort by, and in which direction."""

    field: Field
    descending: bool = False


@dataclass(frozen=True)
class TotalsQuery:
    """Which totals: of which orders, by what, and for periods of which moment, in which time."""

    selection: Selection
    groups: tuple[Group, ...]
    moment: Column
    utc: bool = False

    @property
    def period(self) -> Group | None:
        """The period, where it is all that orders are grouped by."""
        return self.groups[0] if len(self.groups) == 1 and self.groups[0].period else None

    def span(self, now: datetime) -> Span:
        """Between which moments the orders are chosen; up to now where that is left open."""
        ranges = [
            each.within
            for each in self.selection.ranges
            if each.column is self.moment and isinstance(each.within, MomentRange)
        ]
        start = max((each.start for each in ranges if each.start), default=None)
        end = min((each.end for each in ranges if each.end), default=None)
        if start is not None and end is None and not self.moment.ahead:
            end = now
        return start, end


def chosen_groups(text: str) -> tuple[Group, ...]:
    """The groups that ``--by`` names, by commas; raises UsageError on a name that is not known."""
    words = [word.strip().lower() for word in text.split(",")]
    for word in words:
        if word not in _BY_GROUP:
            raise unknown_name(_("no group '{name}'").format(name=word), word, GROUP_KEYS)
    return tuple(_BY_GROUP[word] for word in dict.fromkeys(words))


def chosen_moment(name: str) -> Column:
    """The moment that ``--on`` names; raises UsageError on a name that is not known."""
    if name.lower() not in MOMENTS:
        raise unknown_name(_("no moment '{name}'").format(name=name), name, MOMENTS)
    return MOMENTS[name.lower()]


def chosen_totals_sort(text: str | None, groups: Sequence[Group]) -> tuple[TotalsKey, ...]:
    """The keys that ``--sort`` names: groups that there are, and totals; ``-KEY`` descends.

    Without it periods are in their order, and other groups by their orders, most first. Raises
    UsageError on a name that is not known.
    """
    if text is None:
        return () if any(group.period for group in groups) else (TotalsKey(ORDERS, True),)
    known = {group.key: group for group in groups} | _BY_TOTAL
    keys = []
    for word, descending in sort_words(text):
        name = word.lower().replace("-", "_")
        if name not in known:
            listed = [*(group.key for group in groups), *(total.key for total in TOTALS)]
            told = _("no sort key '{name}'").format(name=name)
            raise unknown_name(told, name, listed, known)
        keys.append(TotalsKey(known[name], descending))
    return tuple(keys)


def require_period(groups: Sequence[Group]) -> None:
    """Raise UsageError unless one period is all that orders are grouped by."""
    if len(groups) != 1 or not groups[0].period:
        raise UsageError(
            _("--plot needs one period"),
            _("give --by one of {names}").format(names=", ".join(each.key for each in PERIODS)),
        )


def measured_total(sort: Sequence[TotalsKey]) -> Field:
    """The total that bars show: the first that rows are sorted by, else the number of orders."""
    return next((key.field for key in sort if key.field in TOTALS), ORDERS)


def sorted_totals(
    rows: Iterable[Row], sort: Sequence[TotalsKey], groups: Sequence[Group]
) -> list[Row]:
    """The rows in order, by the groups where the keys leave it open; what is empty comes last."""
    found = list(rows)
    for field, descending in reversed([*sort, *map(TotalsKey, groups)]):
        there = [row for row in found if row[field.key] is not None]
        empty = [row for row in found if row[field.key] is None]
        there.sort(key=_by(field), reverse=descending)
        found = there + empty
    return found


def _by(field: Field) -> Callable[[Row], tuple[int, str]]:
    """What to compare rows by: a number or a text."""
    if field.kind.numeric:
        return lambda row: (number_in(row[field.key]), "")
    return lambda row: (0, str(row[field.key]))


def put_together(rows: Iterable[Row], groups: Sequence[Group]) -> list[Row]:
    """Rows of several databases, with the totals of those that are of the same groups summed up."""
    together: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        together.setdefault(tuple(row[group.key] for group in groups), []).append(row)
    keys = [group.key for group in groups]
    return [
        {**dict(zip(keys, values, strict=True)), **sum_of(these)}
        for values, these in together.items()
    ]


def sum_of(rows: Iterable[Row]) -> dict[str, int]:
    """The totals of all rows together."""
    sums = dict.fromkeys((total.key for total in TOTALS), 0)
    for row in rows:
        for key in sums:
            sums[key] += number_in(row[key])
    return sums
