"""The table that people look at: it fits the window, and is whole off a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from io import StringIO
from typing import TYPE_CHECKING

from rich.box import ASCII2, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from ordercli.base.values import Kind
from ordercli.domain.causes import FAILED_STATES
from ordercli.domain.status import STATUS_NAMES
from ordercli.output.cells import (
    ALARM,
    DIM,
    PROGRESS_CELLS,
    bar_cell,
    dot,
    progress_cell,
    shortened,
    status_cell,
    terminal_colours,
)
from ordercli.output.formatting import human, short_moment, short_size, time_left, title_of
from ordercli.output.table_widths import FITS, LEFT, Fit, fitted_widths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ordercli.base.values import Row, Value
    from ordercli.domain.columns import Field
    from ordercli.output.console import Console
    from ordercli.output.formats import Layout

_UNLIMITED = 1_000_000
_ROWS_OF_A_PART = 500


def table(rows: Sequence[Row], layout: Layout, console: Console) -> str:
    """The rows as a table for a terminal, which fits its width, or for a file, never cut."""
    return "".join(table_parts(rows, layout, console))


def table_parts(rows: Sequence[Row], layout: Layout, console: Console) -> Iterator[str]:
    """The same in parts, each made when it is asked for: a long one takes its time.

    In a window too narrow for any table each row is a block, a line for each column.
    """
    columns = tuple(_columns(rows, layout))
    fits: Sequence[Fit] = FITS
    # Fitted with the longest of all, the columns of the parts stay below each other.
    longest = [max(rows, key=partial(_length, each.key)) for each in columns if each is not LEFT]
    most = len(rows) if console.width is None else _ROWS_OF_A_PART
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        fitted = fitted_table([*part, *longest], layout, console, columns, fits)
        if fitted is None:
            fits = ()
            yield ("\n" if start else "") + "\n".join(_block(row, layout, console) for row in part)
            continue
        fits = fits[fits.index(fitted.fit) :]
        ends = layout.summed and start + most >= len(rows)
        yield fitted.drawn(part, headed=start == 0, summed=ends)


def _length(key: str, row: Row) -> int:
    return len(str(row[key]))


@dataclass(frozen=True)
class FittedTable:
    """A table whose columns fit the window with the rows it was made for."""

    layout: Layout
    console: Console
    fit: Fit
    columns: tuple[Field, ...]
    titles: Sequence[str]
    widths: Sequence[int]

    def drawn(self, rows: Sequence[Row], *, headed: bool = True, summed: bool = False) -> str:
        """Rows with their heading, and where they are summed up, with the last one set apart."""
        drawing = self._empty(header=headed and self.layout.header)
        for number, row in enumerate(rows, 1):
            if summed and number == len(rows):
                drawing.add_section()
            drawing.add_row(*self.cells(row), style=self.style(row))
        return drawn(drawing, self.console)

    def _empty(self, *, header: bool) -> Table:
        drawing = empty_table(self.console, header, tight=self.fit.tight)
        for column, title, width in zip(self.columns, self.titles, self.widths, strict=True):
            drawing.add_column(
                Text(title), justify="right" if column.kind.numeric else "left", no_wrap=True,
                width=width, vertical="bottom",
            )  # fmt: skip
        return drawing

    def heading(self) -> list[str]:
        """The lines above the rows."""
        return self.drawn(()).splitlines()

    def cells(self, row: Row) -> list[Text]:
        """The cells of a row, none wider than its column."""
        return [
            shortened(
                column.key, _cell(column, row, self.layout, self.console, self.fit), width,
                self.console,
            )
            for column, width in zip(self.columns, self.widths, strict=True)
        ]  # fmt: skip

    def style(self, row: Row) -> str:
        """The style of a whole row."""
        return "reverse" if _stands_out(row, self.layout) else ""

    def line(self, row: Row) -> Text:
        """A row as one line, as it is in the whole table."""
        line = Text(style=self.style(row), end="")
        between = " " * self.fit.gap
        for column, cell, width in zip(self.columns, self.cells(row), self.widths, strict=True):
            blank = " " * (width - cell.cell_len)
            parts = (blank, cell) if column.kind.numeric else (cell, blank)
            for part in (between if line else "", *parts):
                line.append(part)
        return line


def fitted_table(
    rows: Sequence[Row],
    layout: Layout,
    console: Console,
    columns: Sequence[Field] = (),
    fits: Sequence[Fit] = FITS,
) -> FittedTable | None:
    """The widest table of these rows that fits the window, or None where it is too narrow.

    ``columns`` and ``fits`` are those of the table that the rows are a part of.
    """
    columns = tuple(columns or _columns(rows, layout))
    looks: dict[tuple[bool, ...], list[list[Text]]] = {}
    for fit in fits:
        titles = [_heading(column, layout, fit) for column in columns]
        look = fit.values, fit.bars, fit.tight
        if look not in looks:
            looks[look] = [[_cell(each, row, layout, console, fit) for each in columns]
                           for row in rows]  # fmt: skip
        cells = looks[look]
        widths = fitted_widths(cells, columns, titles, console.width, fit)
        if widths is not None:
            return FittedTable(layout, console, fit, columns, titles, widths)
    return None


def empty_table(console: Console, header: bool = True, *, tight: bool = False) -> Table:
    """An empty table, with lines of characters that the terminal's encoding has."""
    box = SIMPLE_HEAD if console.unicode else ASCII2
    padding = (0, 0 if tight else 1, 0, 0)
    return Table(
        box=box, show_header=header, show_edge=False, pad_edge=False, padding=padding,
        header_style="bold", border_style=DIM,
    )  # fmt: skip


def drawn(table: Table, console: Console) -> str:
    """A Rich table as text, with colours where the console has them."""
    target = StringIO()
    RichConsole(
        file=target,
        width=console.width or _UNLIMITED,
        force_terminal=console.colour,
        color_system=terminal_colours() if console.colour else None,
        no_color=not console.colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    ).print(table)
    return "".join(f"{line.rstrip()}\n" for line in target.getvalue().splitlines())


def _columns(rows: Sequence[Row], layout: Layout) -> Iterator[Field]:
    """The columns of a table, and where the status is shown, how long files are left."""
    for column in layout.columns:
        yield column
        if column.key == "status" and any(time_left(row, layout.now) for row in rows):
            yield LEFT


def _heading(column: Field, layout: Layout, fit: Fit) -> str:
    if not layout.header:
        return ""
    short = fit.titles and not (column.kind is Kind.PERCENT and fit.bars)
    title = title_of(column, layout, short=short)
    return title.replace(" ", "\n") if fit.titles else title


def _cell(column: Field, row: Row, layout: Layout, console: Console, fit: Fit) -> Text:
    if column is LEFT:
        return Text.assemble((time_left(row, layout.now, short=fit.values), ALARM))
    value = row[column.key]
    if column.kind is Kind.BAR:
        return bar_cell(value, layout.bar if fit.bars else min(layout.bar, PROGRESS_CELLS), console)
    if column.kind is Kind.STATUS and value in STATUS_NAMES:
        return status_cell(str(value), console, short=fit.values)
    if column.kind is Kind.PERCENT and isinstance(value, int) and fit.bars:
        return progress_cell(value, row, console)
    text = human(column.kind, value, utc=layout.utc)
    if column.key == "id" and _stands_out(row, layout):
        text = f"{dot(console)} {text}"
    if column.key == "state" and value in FAILED_STATES:
        return Text(text, ALARM)
    return Text(_shorter(column.kind, value, text, layout) if fit.values else text)


def _shorter(kind: Kind, value: Value, text: str, layout: Layout) -> str:
    """A value as a narrow window has it; a percentage stands below its sign."""
    if kind is Kind.PERCENT and value is not None:
        return str(value)
    if kind is Kind.BYTES and isinstance(value, int):
        return short_size(value)
    if kind is Kind.MOMENT and value is not None:
        return short_moment(text, layout.now, utc=layout.utc)
    return text


def _stands_out(row: Row, layout: Layout) -> bool:
    return bool(layout.changed) and row.get("id") in layout.changed


def _block(row: Row, layout: Layout, console: Console) -> str:
    """One order with a line for each column."""
    lines = Table.grid(padding=(0, 2))
    columns = tuple(_columns([row], layout))
    titles = [title_of(column, layout) if layout.header else "" for column in columns]
    first = max(cell_len(title) for title in titles)
    rest = max((console.width or _UNLIMITED) - first - 2, 1)
    lines.add_column(no_wrap=True, width=first)
    lines.add_column(no_wrap=True, max_width=rest)
    for column, title in zip(columns, titles, strict=True):
        cell = _cell(column, row, layout, console, FITS[0])
        lines.add_row(Text(title), shortened(column.key, cell, rest, console))
    return drawn(lines, console)
