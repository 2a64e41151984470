"""What the screen reads: part of a long list, and how many orders there are by status.

All of it runs in threads beside the screen. Each reading is a transaction of its own, over before
anything is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.domain.columns import SortKey, column_named
from ordercli.domain.selection import OrderQuery
from ordercli.store.orders import read_orders, status_counts

if TYPE_CHECKING:
    from datetime import datetime

    from ordercli.base.values import Row
    from ordercli.top.request import TopRequest, View

PART = 400
"""Orders that are read and kept at a time: several windows, of which the middle is shown."""

_NEEDED = tuple(column_named(key) for key in ("id", "status", "expiration"))


@dataclass(frozen=True, eq=False)
class Part:
    """Orders of a view, from the one at ``start`` on, as they were ``read``."""

    view: View
    start: int
    rows: tuple[Row, ...]
    read: datetime

    @property
    def end(self) -> int:
        """The place after the last one."""
        return self.start + len(self.rows)

    @property
    def is_last(self) -> bool:
        """Whether no order comes after it."""
        return len(self.rows) < PART

    def covers(self, first: int, last: int) -> bool:
        """Whether it has all that there is between two places."""
        return self.start <= first and (last <= self.end or self.is_last)


def read_part(request: TopRequest, view: View, start: int, total: int | None) -> Part:
    """The orders of a view from ``start`` on.

    Where ``total`` is known, a part of the second half is read from the end, which is nearer.
    Raises DatabaseError where the database can't answer.
    """
    now = request.clock()
    selection = view.selection(now)
    columns = tuple(dict.fromkeys((*view.columns, *_NEEDED)))
    if total is not None and start > total // 2 and _turns_round(view.sort):
        size = min(PART, total - start)
        offset = total - start - size
        query = OrderQuery(
            selection, columns, _turned_round(view.sort), size, now, offset=offset
        )  # fmt: skip
        rows = tuple(read_orders(request.database, query))[::-1]
    else:
        query = OrderQuery(selection, columns, view.sort, PART, now, offset=start)
        rows = tuple(read_orders(request.database, query))
    return Part(view, start, rows, now)


def read_counts(request: TopRequest, view: View) -> dict[str, int]:
    """How many orders of a view have each displayed status; raises as above."""
    return status_counts(request.database, view.selection(request.clock()))


def _turns_round(sort: tuple[SortKey, ...]) -> bool:
    """Whether the order turned round is that of other keys: empty values come last in both."""
    return not any(key.column.nullable for key in sort)


def _turned_round(sort: tuple[SortKey, ...]) -> tuple[SortKey, ...]:
    """The keys for the same order, last one first."""
    turned = [SortKey(key.column, not key.descending) for key in sort]
    return (*turned, SortKey(column_named("id"), descending=True))
