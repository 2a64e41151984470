"""The lines of a part of a long list, each made when it is first seen, and kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from ordercli.base.language import _
from ordercli.output.formats import TABLE, Layout
from ordercli.output.tables import FittedTable, fitted_table

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from rich.console import Console as RichConsole

    from ordercli.base.values import Row, Value
    from ordercli.top.reading import Part
    from ordercli.top.request import TopRequest

_MARGIN = 2
_AT_CURSOR = Style(reverse=True)


class Painting:
    """A part as a table that fits a window; ``heading`` is what stands above its orders.

    The columns fit all orders of the part, so that they stay where they are as one scrolls.
    """

    def __init__(
        self,
        part: Part,
        changed: AbstractSet[Value],
        size: tuple[int, int],
        request: TopRequest,
        rich: RichConsole,
    ) -> None:
        self.part, self.changed, self.size = part, changed, size
        self._rich = rich
        self._coloured = request.console.colour
        width, height = size
        self._blank = Strip.blank(width)
        self._strips: dict[tuple[Value, bool, bool], Strip] = {}
        layout = Layout(
            TABLE, part.view.columns, part.read, utc=request.utc, changed=frozenset(changed)
        )  # fmt: skip
        console = replace(request.console, width=max(width - _MARGIN, 1))
        fitted = fitted_table(part.rows, layout, console) if part.rows else None
        heading = [_("no order matches")] if fitted is None else fitted.heading()
        if part.rows and (fitted is None or len(heading) > height // 2):
            fitted, heading = None, [_("the window is too small for a table")]
        self._fitted: FittedTable | None = fitted
        self.heading = [self._strip(Text("  "), Text.from_ansi(line)) for line in heading]

    def line(self, row: Row | None, *, at_cursor: bool, marked: bool) -> Strip:
        """An order behind the signs of cursor and mark; one that is still being read is empty."""
        if self._fitted is None:
            return self._blank
        key = (None if row is None else row["id"], at_cursor, marked)
        strip = self._strips.get(key)
        if strip is None:
            signs = (">" if at_cursor else " ") + ("*" if marked else " ")
            line = Text() if row is None else self._fitted.line(row)
            strip = self._strip(Text(signs, "bold" if marked else ""), line)
            if at_cursor:
                strip = strip.apply_style(_AT_CURSOR)
            self._strips[key] = strip
        return strip

    def _strip(self, signs: Text, line: Text) -> Strip:
        segments = [*signs.render(self._rich), *line.render(self._rich)]
        if not self._coloured:
            segments = list(Segment.remove_color(segments))
        return Strip(segments).adjust_cell_length(self.size[0])
