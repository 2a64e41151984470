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

PART = 400
"""Orders that are read and kept at a time: several windows, of which the middle is shown."""

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

    def covers(self, first: int, last: int) -> bool:
        """Whether it has all that there is between two places."""
        return self.start <= first and (last <= self.end or self.is_last)


class _Route(NamedTuple):
    """How to get to a place: ``offset`` orders on from a known position, or from an end."""

    place: int
    offset: int
    position: Position | None = None
    backwards: bool = False


def read_part(
    request: TopRequest, view: View, start: int, known: Part | None, total: int | None
) -> Part:
    """The orders of a view from about the place ``start`` on.

    They are read by key from what is ``known`` of this view, so that it makes no difference how
    many come before, and none of these that is new or gone moves the others: a place is what was
    known of it, and put right at the ends. Only on a jump are orders passed over, from the nearest
    known place, or from the nearer end of a list of ``total``. Raises DatabaseError where the
    database can't answer.
    """
    part = _read(request, view, min(_routes(start, known, total), key=lambda each: each.offset))
    if not part.rows and start:  # the list has become shorter
        return _read(request, view, _Route(start - 1, 0, backwards=True))
    if start == 0 and known is not None and known.start < PART and _is_elsewhere(known, part):
        return _read(request, view, _Route(PART, 0, known.positions[0]))
    return part


def read_counts(request: TopRequest, view: View) -> dict[str, int]:
    """How many orders of a view have each displayed status; raises as above."""
    return status_counts(request.database, view.selection(request.clock()))


def _routes(start: int, known: Part | None, total: int | None) -> Iterator[_Route]:
    yield _Route(start, start)
    if known is not None and known.rows:
        backwards = start < known.start
        place = min(start + PART, known.end) - 1 if backwards else start
        nearest = max(place, known.start) if backwards else min(place, known.end - 1)
        position = known.positions[nearest - known.start]
        yield _Route(place, abs(place - nearest), position, backwards)
    if total is not None:
        last = min(start + PART, total) - 1
        yield _Route(last, total - 1 - last, backwards=True)


def _is_elsewhere(known: Part, part: Part) -> bool:
    """Whether there are so many new orders above the known ones that a part has none of these."""
    return bool(known.rows) and {row["id"] for row in known.rows}.isdisjoint(
        row["id"] for row in part.rows
    )


def _read(request: TopRequest, view: View, route: _Route) -> Part:
    now = request.clock()
    query = OrderQuery(
        view.selection(now), tuple(dict.fromkeys((*view.columns, *_NEEDED))), view.sort, PART, now,
        backwards=route.backwards, start=route.position, offset=route.offset,
    )  # fmt: skip
    found = read_positions(request.database, query)
    start, is_last = route.place, len(found) < PART
    if route.backwards:
        start = max(start + 1 - PART, 0) if len(found) == PART else 0
        found = found[::-1]
        is_last = route.position is None and not route.offset
    rows, positions = zip(*found, strict=True) if found else ((), ())
    return Part(view, start, rows, positions, is_last, now)
