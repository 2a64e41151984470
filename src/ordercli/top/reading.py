"""What the screen reads: part of a long list, and how many orders there are by status.

All of it runs in threads beside the screen. Each reading is a transaction of its own, over before
anything is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ordercli.domain.columns import column_named
from ordercli.domain.selection import OrderQuery
from ordercli.store.orders import read_positions, status_counts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ordercli.base.values import Row
    from ordercli.domain.selection import Position
    from ordercli.top.request import TopRequest, View

_PART = 400
"""Orders that are read and kept at a time, at least: several windows, the middle one is shown."""

_NEEDED = tuple(column_named(key) for key in ("id", "status", "expiration"))


@dataclass(frozen=True, eq=False)
class Part:
    """Orders of a view, from the one at ``start`` on, as they were ``read``.

    ``positions`` has that of each, ``is_last`` is whether no order comes after them.
    """

    view: View
    start: int
    rows: tuple[Row, ...]
    positions: tuple[Position, ...]
    is_last: bool
    read: datetime

    @property
    def end(self) -> int:
        """The place after the last one."""
        return self.start + len(self.rows)

    def covers(self, first: int, shown: int, total: int | None) -> bool:
        """Whether it has what there is in a window from a place on, and around it."""
        ahead = min(shown, _size(shown) // 4)
        last = first + shown + ahead
        return self.start <= max(first - ahead, 0) and (
            min(last, total or last) <= self.end or self.is_last
        )


class Wanted(NamedTuple):
    """What to read: so many orders of a view, from about the place ``start`` on."""

    view: View
    start: int
    size: int


def around(view: View, first: int, shown: int) -> Wanted:
    """What to read for a window that shows so many orders from a place on, in the middle of it."""
    size = _size(shown)
    return Wanted(view, max(first + shown // 2 - size // 2, 0), size)


class _Route(NamedTuple):
    """How to get to a place: ``offset`` orders on from a known position, or from an end."""

    place: int
    offset: int
    position: Position | None = None
    backwards: bool = False


def read_part(request: TopRequest, wanted: Wanted, known: Part | None, total: int | None) -> Part:
    """The orders that are wanted.

    They are read by key from what is ``known`` of the view, so that it makes no difference how
    many come before, and none of these that is new or gone moves the others: a place is what was
    known of it, and put right at the ends. Only on a jump are orders passed over, from the nearest
    known place, or from the nearer end of a list of ``total``. A sort that no index has (by status,
    by sums) looks at all orders each time, as a list does. Raises DatabaseError where the database
    can't answer.
    """
    start = wanted.start
    route = min(_routes(wanted, known, total), key=lambda each: each.offset)
    part = _read(request, wanted, route)
    if not part.rows and start:  # the list has become shorter
        return _read(request, wanted, _Route(start - 1, 0, backwards=True))
    if start == 0 and known and known.start < wanted.size and _is_elsewhere(known, part):
        return _read(request, wanted, _Route(wanted.size, 0, known.positions[0]))
    return part


def read_counts(request: TopRequest, view: View) -> dict[str, int]:
    """How many orders of a view have each displayed status; raises as above."""
    return status_counts(request.database, view.selection(request.clock()))


def _size(shown: int) -> int:
    return max(_PART, 2 * shown)


def _routes(wanted: Wanted, known: Part | None, total: int | None) -> Iterator[_Route]:
    start, end = wanted.start, wanted.start + wanted.size
    yield _Route(start, start)
    if known and known.rows:
        backwards = start < known.start
        place = min(end, known.end) - 1 if backwards else start
        nearest = max(place, known.start) if backwards else min(place, known.end - 1)
        position = known.positions[nearest - known.start]
        yield _Route(place, abs(place - nearest), position, backwards)
    if total is not None:
        last = min(end, total) - 1
        yield _Route(last, total - 1 - last, backwards=True)


def _is_elsewhere(known: Part, part: Part) -> bool:
    """Whether there are so many new orders above the known ones that a part has none of these."""
    return bool(known.rows) and {row["id"] for row in known.rows}.isdisjoint(
        row["id"] for row in part.rows
    )


def _read(request: TopRequest, wanted: Wanted, route: _Route) -> Part:
    now, view, size = request.clock(), wanted.view, wanted.size
    columns = tuple(dict.fromkeys((*view.columns, *_NEEDED)))
    query = OrderQuery(
        view.selection(now), columns, view.sort, size, now,
        backwards=route.backwards, start=route.position, offset=route.offset,
    )  # fmt: skip
    found = read_positions(request.database, query)
    start, is_last = route.place, len(found) < size
    if route.backwards:
        start = 0 if is_last else max(start + 1 - size, 0)
        found = found[::-1]
        is_last = route.position is None and not route.offset
    rows, positions = zip(*found, strict=True) if found else ((), ())
    return Part(view, start, rows, positions, is_last, now)
