"""The table of orders: a window on a long list, of which a part is at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ordercli.top.painting import Painting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events

    from ordercli.base.values import Row, Value
    from ordercli.top.reading import Part
    from ordercli.top.request import TopRequest

_WHEEL = 3


class OrdersTable(Widget, can_focus=True):
    """Shows orders as ``list`` does, with a cursor and marks; both are kept by id."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)"),
        Binding("down,j", "move(1)"),
        Binding("pageup,ctrl+b", "move_pages(-1)"),
        Binding("pagedown,ctrl+f", "move_pages(1)"),
        Binding("home,g", "go_first"),
        Binding("end,G", "go_last"),
        Binding("space", "mark"),
        Binding("enter", "open"),
    ]

    class Moved(Message):
        """The window shows other places, which may have to be read."""

    class Opened(Message):
        """A person wants to see the order at the cursor in full."""

    def __init__(self, request: TopRequest) -> None:
        super().__init__()
        self._request = request
        self.part: Part | None = None
        self.total: int | None = None
        self.cursor = 0
        self.first = 0
        self.marks: dict[int, None] = {}
        self._cursor_id: int | None = None
        self._painting: Painting | None = None
        self._window: tuple[object, ...] = ()
        self._cursor_line = 0

    @property
    def shown(self) -> int:
        """How many orders fit the window."""
        return max(self.size.height - self._heading, 1)

    @property
    def _heading(self) -> int:
        """How many lines stand above the orders."""
        return 0 if self._painting is None else len(self._painting.heading)

    @property
    def changed(self) -> frozenset[Value]:
        """The orders that stand out, for they are not as they were."""
        return frozenset() if self._painting is None else self._painting.changed

    @property
    def current(self) -> Row | None:
        """The order at the cursor, if it has been read."""
        return self._row(self.cursor)

    def chosen_ids(self) -> tuple[int, ...]:
        """The orders that are marked, or the one at the cursor."""
        if self.marks:
            return tuple(self.marks)
        return () if self.current is None else (int(str(self.current["id"])),)

    def paint(self, part: Part, *, fresh: bool) -> Painting:
        """What ``show`` shows of a part: it takes a moment, and may be made in a thread.

        With ``fresh`` it is another list than before.
        """
        before = None if fresh else self.part
        changed = frozenset() if before is None else _changed(before, part)
        return Painting(part, changed, self.size, self._request)

    def show(self, painting: Painting, *, fresh: bool) -> None:
        """Show a part; the cursor stays at its order, in the same line of the window.

        With ``fresh`` the list begins at its first order.
        """
        if fresh:
            self.cursor = self.first = 0
            self._cursor_id = None
        self._painting, self.part = painting, painting.part
        part = painting.part
        places = {row["id"]: part.start + number for number, row in enumerate(part.rows)}
        moved = places.get(self._cursor_id, self.cursor) - self.cursor
        self.cursor += moved
        self.first += moved
        self.redraw()

    def forget_changes(self) -> None:
        """Let nothing stand out any more."""
        if self._painting is not None:
            self._painting = self._painting.settled()
            self.redraw()

    def redraw(self) -> None:
        """Draw what is another than before, with the cursor in the window."""
        if self._painting is not None and self._painting.size != self.size:
            self._painting = self._painting.fitted_to(self.size)
        last, before = self._last(), self._cursor_line
        self.cursor = max(min(self.cursor, last), 0)
        self.first = min(max(self.first, self.cursor - self.shown + 1), self.cursor)
        self.first = max(min(self.first, last - self.shown + 1), 0)
        row = self.current
        self._cursor_id = None if row is None else int(str(row["id"]))
        self._cursor_line = self._heading + self.cursor - self.first
        window = (self._painting, self.first, last, self.size)
        if window == self._window:
            lines = {before, self._cursor_line}
            self.refresh(*(Region(0, line, self.size.width, 1) for line in lines))
        else:
            self._window = window
            self.refresh()

    def action_move(self, places: int) -> None:
        """Move the cursor down, or up."""
        self.cursor += places
        self.redraw()
        self.post_message(self.Moved())

    def action_move_pages(self, pages: int) -> None:
        """Move the cursor and the window down, or up."""
        places = pages * max(self.shown - 1, 1)
        self.first += places
        self.action_move(places)

    def action_go_first(self) -> None:
        """Go to the first order."""
        self.action_move(-self.cursor)

    def action_go_last(self) -> None:
        """Go to the last order that is known of."""
        self.action_move(self._last() - self.cursor)

    def action_mark(self) -> None:
        """Mark the order at the cursor, or take its mark away, and go on to the next."""
        if self.current is not None:
            order_id = int(str(self.current["id"]))
            if order_id in self.marks:
                del self.marks[order_id]
            else:
                self.marks[order_id] = None
            self.action_move(1)

    def action_open(self) -> None:
        """Ask for the order in full."""
        self.post_message(self.Opened())

    def unmark(self, ids: Iterable[int]) -> None:
        """Take marks away."""
        for each in ids:
            self.marks.pop(each, None)
        self.refresh()

    def on_resize(self) -> None:
        """Fit the new size."""
        self.redraw()
        self.post_message(self.Moved())

    def on_mouse_scroll_down(self) -> None:
        """Go on with the wheel."""
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self) -> None:
        """Go back with the wheel."""
        self.action_move(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where a person clicks."""
        if event.y >= self._heading:
            self.cursor = self.first + event.y - self._heading
            self.action_move(0)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of the window, which are kept as they go to the terminal."""
        background = self.background_colors[1]
        lines = [self.render_line(y) for y in crop.line_range]
        for each in self.get_line_filters():
            lines = [line.apply_filter(each, background) for line in lines]
        return [line.crop(*crop.column_span) for line in lines]

    def render_line(self, y: int) -> Strip:
        """A line of the window; that of an order that is still being read is empty."""
        painting, place = self._painting, self.first + y - self._heading
        if painting is not None and y < self._heading:
            return painting.heading[y]
        if painting is None or place > self._last():
            return Strip.blank(self.size.width)
        row = self._row(place)
        marked = row is not None and row["id"] in self.marks
        return painting.line(row, at_cursor=place == self.cursor, marked=marked)

    def _last(self) -> int:
        """The last place that is known of."""
        if self.part is not None and self.part.is_last:
            return self.part.end - 1
        read = 0 if self.part is None else self.part.end
        return max(read, self.total or 0) - 1

    def _row(self, place: int) -> Row | None:
        if self.part is None or not self.part.start <= place < self.part.end:
            return None
        return self.part.rows[place - self.part.start]


def _changed(before: Part, after: Part) -> frozenset[Value]:
    """The orders that are not as they were, or were not there."""
    known = {row["id"]: _lasting(row) for row in before.rows}
    there = [number for number, row in enumerate(after.rows) if row["id"] in known]
    # What comes after the last known one may be old, and only now be within the part.
    last = there[-1] if there and before.start == after.start else 0
    return frozenset(
        row["id"]
        for number, row in enumerate(after.rows)
        if (_lasting(row) != known[row["id"]] if row["id"] in known else number < last)
    )


def _lasting(row: Row) -> Row:
    """The values that do not change by themselves as time goes by."""
    return {key: value for key, value in row.items() if key != "in_status"}
