"""The table of orders: a window on a long list, of which a part is at hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ordercli.base.language import _
from ordercli.output.formats import TABLE, Layout
from ordercli.output.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events

    from ordercli.base.values import Row, Value
    from ordercli.top.reading import Part
    from ordercli.top.request import TopRequest

_MARGIN = 2
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
        self.changed: frozenset[Value] = frozenset()
        self._cursor_id: int | None = None
        self._heading = 2
        self._lines: list[Strip] | None = None
        self._table_key: tuple[object, ...] = ()
        self._table_lines: list[Text] = []

    @property
    def shown(self) -> int:
        """How many orders fit the window."""
        return max(self.size.height - self._heading, 1)

    @property
    def current(self) -> Row | None:
        """The order at the cursor, if it has been read."""
        return self._row(self.cursor)

    def chosen_ids(self) -> tuple[int, ...]:
        """The orders that are marked, or the one at the cursor."""
        if self.marks:
            return tuple(self.marks)
        return () if self.current is None else (int(str(self.current["id"])),)

    def show(self, part: Part, *, fresh: bool) -> None:
        """Show a part; the cursor stays at its order, in the same line of the window.

        With ``fresh`` it is another list than before, which begins at its first order.
        """
        if fresh:
            self.cursor = self.first = 0
            self._cursor_id = None
        before, self.part = self.part, part
        self.changed = frozenset() if fresh or before is None else _changed(before, part)
        places = {row["id"]: part.start + number for number, row in enumerate(part.rows)}
        moved = places.get(self._cursor_id, self.cursor) - self.cursor
        self.cursor += moved
        self.first += moved
        self.redraw()

    def forget_changes(self) -> None:
        """Let nothing stand out any more."""
        if self.changed:
            self.changed = frozenset()
            self.redraw()

    def redraw(self) -> None:
        """Draw it anew, with the cursor in the window."""
        last = self._last()
        self.cursor = max(min(self.cursor, last), 0)
        self.first = min(max(self.first, self.cursor - self.shown + 1), self.cursor)
        self.first = max(min(self.first, last - self.shown + 1), 0)
        row = self.current
        self._cursor_id = None if row is None else int(str(row["id"]))
        self._lines = None
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
        self.redraw()

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

    def render_line(self, y: int) -> Strip:
        """A line of the window."""
        if self._lines is None:
            self._lines = self._drawn()
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)

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

    def _drawn(self) -> list[Strip]:
        """All lines of the window; those of orders that are still being read are empty."""
        if self.part is None:
            return []
        if self._drawing() != self._table_key:
            lines = self._table()
            if lines is None:  # the heading is another than was thought: now it is known
                self.redraw()
                lines = self._table() or []
            self._table_lines = [Text.from_ansi(line) for line in lines]
            self._table_key = self._drawing()
        return [self._strip(number, line) for number, line in enumerate(self._table_lines)]

    def _drawing(self) -> tuple[object, ...]:
        """What the table depends on; the cursor and the marks are laid over it."""
        part = self.part and (self.part.read, self.part.start, self.part.view)
        return part, self.first, self.shown, self._last(), self.size, self.changed

    def _table(self) -> list[str] | None:
        places = range(self.first, min(self.first + self.shown, self._last() + 1))
        rows = [row for row in map(self._row, places) if row is not None]
        if self.part is None or not rows:
            return [_("no order matches")] if self.part and not self.part.rows else [""]
        layout = Layout(
            TABLE, self.part.view.columns, self.part.read, utc=self._request.utc,
            changed=self.changed,
        )  # fmt: skip
        console = replace(self._request.console, width=max(self.size.width - _MARGIN, 1))
        lines = table(rows, layout, console).splitlines()
        heading = len(lines) - len(rows)
        if heading > self.size.height // 2:
            return [_("the window is too small for a table")]
        if heading != self._heading:
            self._heading = heading
            return None
        missing = [""] * sum(self._row(place) is None for place in places)
        above = self._row(self.first) is None
        return [*lines[:heading], *(missing if above else ()), *lines[heading:]]

    def _strip(self, number: int, line: Text) -> Strip:
        """A line of the table behind the signs of cursor and mark."""
        place = self.first + number - self._heading
        row = self._row(place) if number >= self._heading else None
        at_cursor = number >= self._heading and place == self.cursor
        marked = row is not None and row["id"] in self.marks
        sign = ">" if at_cursor else " "
        text = Text(sign + ("*" if marked else " "), "bold" if marked else "")
        text.append_text(line)
        strip = Strip(text.render(self.app.console)).adjust_cell_length(self.size.width)
        return strip.apply_style(Style(reverse=True)) if at_cursor else strip


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
