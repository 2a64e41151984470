"""The lines of a part of a long list, each made when it is first seen, and kept."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from ordercli.base.language import _
from ordercli.output.formats import TABLE, Layout
from ordercli.output.table_widths import FITS
from ordercli.output.tables import FittedTable, fitted_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.values import Row, Value
    from ordercli.top.reading import Part
    from ordercli.top.request import TopRequest

_MARGIN = 2
_RICH = Console()
"""Looks up names of styles; it writes nothing."""

_AT_CURSOR = Style(reverse=True)


class Painting:
    """A part as a table that fits a window; ``heading`` is what stands above its orders.

    The columns fit all orders of the part, so that they stay where they are as one scrolls.
    """

    def __init__(
        self, part: Part, changed: frozenset[Value], size: tuple[int, int], request: TopRequest
    ) -> None:
        self.part, self.changed, self.size = part, changed, size
        self._request = request
        self._blank = Strip.blank(size[0])
        self._strips: dict[tuple[Value, bool, bool], Strip] = {}
        layout = Layout(TABLE, part.view.columns, part.read, utc=request.utc, changed=changed)
        width = max(size[0] - _MARGIN, 1)
        fitted = _fitted(part.rows, layout, request, width) if part.rows else None
        heading = [_("no order matches")] if fitted is None else fitted.heading()
        if part.rows and (fitted is None or len(heading) > size[1] // 2):
            fitted, heading = None, [_("the window is too small for a table")]
        self._fitted: FittedTable | None = fitted
        self.heading = [self._strip(Text("  "), Text.from_ansi(line)) for line in heading]

    def fitted_to(self, size: tuple[int, int]) -> Painting:
        """The same for a window of another size."""
        return Painting(self.part, self.changed, size, self._request)

    def settled(self) -> Painting:
        """The same, with nothing that stands out; all columns stay where they are."""
        settled = copy(self)
        settled.changed = frozenset()
        settled._strips = {}
        if self._fitted is not None:
            layout = replace(self._fitted.layout, changed=frozenset())
            settled._fitted = replace(self._fitted, layout=layout)
        return settled

    def line(self, row: Row | None, *, at_cursor: bool, marked: bool) -> Strip:
        """An order behind the signs of cursor and mark; one that is still being read is empty."""
        if self._fitted is None:
            return self._blank
        key = (None if row is None else row["id"], at_cursor, marked)
        strip = self._strips.get(key)
        if strip is None:
            signs = (">" if at_cursor else " ") + ("*" if marked else " ")
            line = Text() if row is None else self._fitted.line(row)
            strip = self._strip(Text(signs, "bold" if marked else ""), line, plain=at_cursor)
            if at_cursor:
                strip = strip.apply_style(_AT_CURSOR)
            self._strips[key] = strip
        return strip

    def _strip(self, signs: Text, line: Text, *, plain: bool = False) -> Strip:
        """A line of the window; a ``plain`` one has no colours, which reversed would be blocks."""
        segments = [*signs.render(_RICH), *line.render(_RICH)]
        if plain or not self._request.console.colour:
            segments = list(Segment.remove_color(segments))
        return Strip(segments).adjust_cell_length(self.size[0])


def _fitted(
    rows: Sequence[Row], layout: Layout, request: TopRequest, width: int
) -> FittedTable | None:
    """The table with as many columns as fit the window, ids and statuses at least; None for none.

    An order with a number beyond all reason would else hide all others.
    """
    console = replace(request.console, width=width)
    fitted = fitted_table(rows, layout, console)
    spared = [each for each in layout.columns if each.key not in ("id", "status")]
    while fitted is None and spared:
        left_out = spared.pop()
        layout = replace(layout, columns=tuple(c for c in layout.columns if c is not left_out))
        fitted = fitted_table(rows, layout, console, fits=FITS[-1:])
    return fitted
