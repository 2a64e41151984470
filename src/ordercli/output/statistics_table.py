"""Totals for people: a bar for each row, and the sum below."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.base.text import counted_part
from ordercli.base.values import Kind, number_in
from ordercli.domain.columns import Field
from ordercli.output.formats import TABLE, Layout
from ordercli.output.formatting import human, title_of
from ordercli.output.writers import drawn_rows, write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.values import Row
    from ordercli.domain.statistics import Group
    from ordercli.operations.statistics import Statistics
    from ordercli.output.console import Console

_BAR = Field("bar", "", Kind.BAR)
_WIDTH = 80
"""Of a chart, where there is no window."""

_NARROWEST = 8
_OTHER_LINES = 5
"""What a chart has besides its bars: titles, a rule, the last line, and the next prompt."""

_FEWEST = 5


def rows_of_a_chart(console: Console) -> int:
    """How many bars fit the window; off a terminal, as many as in a usual one."""
    return max(console.height - _OTHER_LINES, _FEWEST)


def write_statistics(
    statistics: Statistics, measured: Field, layout: Layout, console: Console
) -> None:
    """Write totals for people, with the sum of all, and bars for one of them in a table.

    The columns of the layout are the groups and what is summed up.
    """
    if statistics.rows:
        write_rows(
            *_summed_up(statistics, measured, layout), console,
            lambda _number: _last_line(len(statistics.rows), statistics.number),
        )  # fmt: skip


def drawn_statistics(
    statistics: Statistics, measured: Field, layout: Layout, console: Console
) -> str:
    """The same as text; nothing where there are no orders."""
    if not statistics.rows:
        return ""
    table = drawn_rows(*_summed_up(statistics, measured, layout), console)
    return table + _last_line(len(statistics.rows), statistics.number)


def _summed_up(statistics: Statistics, measured: Field, layout: Layout) -> tuple[list[Row], Layout]:
    """The rows, with the sum of all below, and their layout."""
    rows = statistics.rows
    if layout.style == TABLE:
        rows = _with_bars(rows, measured)
        layout = replace(layout, columns=(*layout.columns, _BAR))
    below: Row = {column.key: None for column in layout.columns}
    below |= {layout.columns[0].key: _("all"), **statistics.sum}
    return [*rows, below], replace(layout, summed=True)


def write_chart(
    statistics: Statistics, period: Group, measured: Field, layout: Layout, console: Console
) -> None:
    """Write a bar for each period, as wide as the window allows."""
    layout = replace(layout, columns=(period, measured, _BAR))
    cells = [
        [
            title_of(column, layout),
            *(human(column.kind, row[column.key]) for row in statistics.rows),
        ]
        for column in (period, measured)
    ]
    taken = sum(max(map(len, each)) for each in cells) + 2 * len(cells)
    width = max((console.width or _WIDTH) - taken, _NARROWEST)
    rows = _with_bars(statistics.rows, measured)
    write_rows(
        rows, replace(layout, bar=width), console,
        lambda number: _last_line(number, statistics.number),
    )  # fmt: skip


def _with_bars(rows: Sequence[Row], measured: Field) -> list[Row]:
    numbers = [max(number_in(row[measured.key]), 0) for row in rows]
    most = max(numbers, default=0)
    return [
        {**row, _BAR.key: number * 1000 // most if most > 0 else 0}
        for row, number in zip(rows, numbers, strict=True)
    ]


def _last_line(shown: int, in_all: int) -> str:
    return counted_part(shown, in_all, "group") + "\n"
