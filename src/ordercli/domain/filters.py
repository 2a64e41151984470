"""The filters that choose orders, as people type them, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _
from ordercli.base.moments import MomentRange, parse_duration, parse_moment
from ordercli.base.text import require_text
from ordercli.domain.columns import RANGE_COLUMNS
from ordercli.domain.ranges import ColumnRange, NumberRange, parse_range
from ordercli.domain.selection import Selection
from ordercli.domain.status import WITHOUT_FILES, chosen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

Words = str | Sequence[str]
_NOTHING: tuple[object, ...] = (None, (), [], "", {})


@dataclass(frozen=True)
class Filters:
    """The filters of the command line, with the values that people type; unset ones choose all.

    Several users, labels, statuses or causes are a list. ``ranges`` has those of the other flags by
    their long names, as in ``{"size": "10G.."}``.
    """

    user: Words = ()
    status: Words = ()
    label: Words = ()
    ignore_case: bool = False
    waiting: bool | None = None
    since: str | None = None
    until: str | None = None
    expires_within: str | None = None
    with_errors: bool = False
    cause: Words = ()
    ranges: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Whether any of them was given that chooses orders by itself."""
        choosing = (each for each in fields(self) if each.name != "ignore_case")
        return any(getattr(self, each.name) not in (*_NOTHING, each.default) for each in choosing)

    def selection(self, now: datetime) -> Selection:
        """The orders that they choose, with times relative to ``now``.

        Raises UsageError on a value that is empty or means nothing.
        """
        users, excluded_users = _patterns(self.user, "--user")
        labels, excluded_labels = _patterns(self.label, "--label")
        statuses = chosen(words(self.status))
        return Selection(
            users=users,
            excluded_users=excluded_users,
            statuses=statuses if self.expires_within is None else statuses - WITHOUT_FILES,
            labels=labels,
            excluded_labels=excluded_labels,
            causes=tuple(require_text(cause, "--cause") for cause in words(self.cause)),
            ignore_case=self.ignore_case,
            waiting=self.waiting,
            ranges=tuple(_ranges(self, now)),
        )


def named_or_chosen(orders: Sequence[int] | Filters, now: datetime) -> Selection:
    """The orders that are meant; raises UsageError where filters would choose everything."""
    if not isinstance(orders, Filters):
        for each in orders:
            if not isinstance(each, int):  # "12" would be two orders
                raise UsageError(_("'{text}' is not the id of an order").format(text=each))
        return Selection(ids=tuple(orders))
    if not orders.given:
        raise UsageError(_("no orders are named"))
    return orders.selection(now)


def _ranges(filters: Filters, now: datetime) -> Iterator[ColumnRange]:
    """The ranges that the options mean, those with flags of their own included."""
    for name, text in filters.ranges.items():
        if name not in RANGE_COLUMNS:
            raise unknown_name(_("no range '{name}'").format(name=name), name, RANGE_COLUMNS)
        yield parse_range(RANGE_COLUMNS[name], text, now)
    if filters.since is not None or filters.until is not None:
        since = None if filters.since is None else parse_moment(filters.since, now)
        until = None if filters.until is None else parse_moment(filters.until, now)
        yield ColumnRange(RANGE_COLUMNS["created"], MomentRange(since, until))
    if filters.expires_within is not None:
        end = _later(now, parse_duration(filters.expires_within))
        yield ColumnRange(RANGE_COLUMNS["expires"], MomentRange(now, end))
    if filters.with_errors:
        yield ColumnRange(RANGE_COLUMNS["errors"], NumberRange(1))


def words(given: Words | None) -> Sequence[str]:
    """The words that were given: one, several, or none."""
    return (given,) if isinstance(given, str) else given or ()


def _patterns(given: Words | None, option: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The patterns that are included, and those that are excluded by a leading ``!``."""
    several = words(given)
    excluded = [word for word in several if word.startswith("!")]
    included = [word for word in several if not word.startswith("!")]
    return (
        tuple(require_text(word, option) for word in included),
        tuple(require_text(word[1:], option) for word in excluded),
    )


def _later(now: datetime, duration: Any) -> datetime:
    try:
        result: datetime = now + duration
    except OverflowError:
        raise UsageError(_("--expires-within is too long"), _("give a shorter time")) from None
    return result
