"""The period of local time that a stored moment lies in, the same in both databases.

SQLite knows no time zones, and a server need not know ours: so the database is told by how much
local time is ahead of UTC, and from when on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, DateTime, Select, case, func, literal, null, select

from ordercli.base.times import local_offsets
from ordercli.base.values import read_moment
from ordercli.store.conditions import conditions
from ordercli.store.sql_functions import moment_text
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from ordercli.domain.statistics import TotalsQuery

    Offsets = Sequence[tuple[datetime, timedelta]]

_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_NAIVE_FIRST, _NAIVE_LAST = (each.replace(tzinfo=None) for each in (_FIRST, _LAST))
_SQLITE_FORMATS = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_POSTGRESQL_FORMATS = {
    "hour": 'YYYY-MM-DD"T"HH24:MI:SS"Z"',
    "day": "YYYY-MM-DD",
    "week": "YYYY-MM-DD",
    "month": "YYYY-MM",
    "year": "YYYY",
}
_WEEK_OF_SQLITE = ("weekday 0", "-6 days")
"""To the Sunday that is next, unless it is one, and back to Monday."""


def is_moment(stored: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a stored timestamp is a date in the years that ISO 8601 writes."""
    return stored.between(_FIRST, _LAST)


class LocalPeriods:
    """Makes the expressions for the periods of one query's moment."""

    def __init__(self, connection: Connection, query: TotalsQuery) -> None:
        """Ask for the span of the moments, in which the offsets have to be known."""
        self._moment: ColumnElement[Any] = orders.c[query.moment.stored]
        self._sqlite = connection.dialect.name == "sqlite"
        self._offsets: Offsets = [(_FIRST, timedelta())]
        if not query.utc:
            first, last = (
                read_moment(text or "") for text in connection.execute(self._span(query)).one()
            )
            if first is not None and last is not None:
                self._offsets = local_offsets(first, last)

    def beginning(self, period: str) -> ColumnElement[Any]:
        """What orders of the same period have alike: to group by, and for ``key``."""
        return self._sqlite_key(period) if self._sqlite else self._postgresql_beginning(period)

    def key(self, period: str, beginning: ColumnElement[Any]) -> ColumnElement[Any]:
        """The key of the period of this beginning; NULL where the moment is none."""
        if self._sqlite:
            return beginning
        key = func.to_char(beginning, _POSTGRESQL_FORMATS[period])
        return case((beginning.between(_NAIVE_FIRST, _NAIVE_LAST), key), else_=null())

    def _span(self, query: TotalsQuery) -> Select[Any]:
        where = (*conditions(query.selection), is_moment(self._moment))
        return select(
            *(
                select(moment_text(end(self._moment))).where(*where).scalar_subquery()
                for end in (func.min, func.max)
            )
        )

    def _sqlite_key(self, period: str) -> ColumnElement[Any]:
        seconds = func.substr(self._moment, 1, 19)  # it would round what comes behind
        ahead = self._by_offset(self._offsets, _modifier)
        if period == "hour":
            hour = func.strftime("%Y-%m-%d %H:00:00", seconds, ahead)
            back = self._by_offset(self._offsets, lambda offset: _modifier(-offset))
            return func.strftime("%Y-%m-%dT%H:%M:%SZ", hour, back)
        further = _WEEK_OF_SQLITE if period == "week" else ()
        return func.strftime(_SQLITE_FORMATS[period], seconds, ahead, *further)

    def _postgresql_beginning(self, period: str) -> ColumnElement[Any]:
        """A timestamp: to write it as a text for each order would take half of the time."""
        ahead: ColumnElement[Any] = self._by_offset(self._offsets, literal)
        begun = func.date_trunc(period, self._moment + ahead, type_=DateTime)
        return begun - ahead if period == "hour" else begun

    def _by_offset(
        self, offsets: Offsets, value: Callable[[timedelta], ColumnElement[Any]]
    ) -> ColumnElement[Any]:
        """The value for the offset at the moment, found by halves: there may be hundreds."""
        if len(offsets) == 1:
            return value(offsets[0][1])
        middle = len(offsets) // 2
        earlier, later = offsets[:middle], offsets[middle:]
        before = self._moment < later[0][0]
        return case((before, self._by_offset(earlier, value)), else_=self._by_offset(later, value))


def _modifier(offset: timedelta) -> ColumnElement[Any]:
    return literal(f"{offset.total_seconds():+.0f} seconds")
