"""Which orders are meant, and what of them is to be read."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from ordercli.domain.causes import NO_CAUSE
from ordercli.domain.status import STATUSES, Status

if TYPE_CHECKING:
    from datetime import datetime

    from ordercli.domain.columns import Column, SortKey
    from ordercli.domain.ranges import ColumnRange

EVERY_STATUS = frozenset(STATUSES)


@dataclass(frozen=True)
class Selection:
    """A choice of orders; each field that is set narrows it, and so does each of its ranges.

    Users and labels are those of an included pattern, if there are any, and of no excluded one.
    ``*`` and ``?`` are wildcards in them. Where ``waiting`` is set, orders wait for their user or
    not, and ``statuses`` means what is stored beside that.
    """

    users: tuple[str, ...] = ()
    excluded_users: tuple[str, ...] = ()
    statuses: frozenset[Status] = field(default=EVERY_STATUS)
    labels: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    ignore_case: bool = False
    ranges: tuple[ColumnRange, ...] = ()
    causes: tuple[str, ...] = ()
    waiting: bool | None = None
    ids: tuple[int, ...] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing narrows it."""
        return all(getattr(self, each.name) == each.default for each in fields(self))

    @property
    def exact_users(self) -> tuple[str, ...]:
        """The users that are named without wildcards."""
        return tuple(user for user in self.users if not has_wildcards(user))

    def with_wildcards(self) -> Selection:
        """The same, with users, labels and causes that have theirs anywhere in between."""
        return replace(
            self,
            users=tuple(map(anywhere, self.users)),
            labels=tuple(map(anywhere, self.labels)),
            causes=tuple(map(anywhere, self.causes)),
        )


def has_wildcards(pattern: str) -> bool:
    """Whether ``*`` or ``?`` occurs in the pattern."""
    return "*" in pattern or "?" in pattern


def anywhere(pattern: str) -> str:
    """The pattern that finds a name anywhere in a text; one that has wildcards stays.

    So does the name for no cause, which is found in no text.
    """
    return pattern if has_wildcards(pattern) or pattern == NO_CAUSE else f"*{pattern}*"


Position = tuple[object, ...]
"""Where an order stands among others: the values it is sorted by, as they are stored, and its id.

It stays a position when that order changes or is gone.
"""


@dataclass(frozen=True)
class OrderQuery:
    """What to read: which orders, which columns, in which order, how many (None: all).

    ``now`` is what durations end at; without it there are none to read. ``profile`` is the name of
    the profile that is read. With ``by_code_point`` texts are sorted the same on all databases.
    With ``backwards`` the last ones come first. ``start`` is where in that order reading begins:
    what stands before it is left out. ``offset`` is how many more are left out.
    """

    selection: Selection
    columns: tuple[Column, ...]
    sort: tuple[SortKey, ...]
    limit: int | None = None
    now: datetime | None = None
    profile: str | None = None
    by_code_point: bool = False
    backwards: bool = False
    start: Position | None = None
    offset: int = 0
