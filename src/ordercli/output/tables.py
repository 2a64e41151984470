"""The table that people look at: it fits the window, and is whole off a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from rich.box import ASCII2, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from ordercli.base.language import marked
from ordercli.base.values import Kind
from ordercli.domain.causes import FAILED_STATES
from ordercli.domain.columns import Field
from ordercli.domain.status import STATUS_NAMES
from ordercli.output.cells import (
    ALARM,
    DIM,
    PROGRESS_CELLS,
    bar_cell,
    dot,
    progress_cell,
    short_user,
    shortened,
    status_cell,
    terminal_colours,
)
from ordercli.output.formatting import human, short_moment, short_size, time_left, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ordercli.base.values import Row, Value
    from ordercli.output.console import Console
    from ordercli.output.formats import Layout

_UNLIMITED = 1_000_000
_LEFT = Field("left", marked("Left"), Kind.TEXT)
"""Beside the status, where the files of an order expire soon or have expired."""

_USERS = ("user", "actor")


@dataclass(frozen=True)
class _Fit:
    """What a table makes shorter: see ``_FITS``. Only texts are cut, to the fewest cells here."""

    text: int = 30
    user: int = 1000
    domains: bool = True
    titles: bool = False
    values: bool = False
    bars: bool = True
    tight: bool = False

    @property
    def gap(self) -> int:
        """The cells between two columns."""
        return 1 if self.tight else 2

    def floors(self, column: Field, width: int, cells: Sequence[Text]) -> tuple[int, int]:
        """To how few cells the column may be narrowed at first, and if need be."""
        if column.kind is not Kind.TEXT or column is _LEFT:
            return width, width
        if column.key not in _USERS:
            return width, min(width, self.text)
        if self.domains:
            return width, width
        names = max((cell_len(short_user(cell.plain)) for cell in cells), default=0)
        return min(width, names), min(width, names, self.user)


_FITS = (
    _Fit(),
    _Fit(titles=True, text=24),
    _Fit(titles=True, domains=False, text=28, user=20),
    _Fit(titles=True, domains=False, text=24, user=16, values=True),
    _Fit(titles=True, domains=False, text=22, user=14, values=True, bars=False),
    _Fit(titles=True, domains=False, text=8, user=8, values=True, bars=False, tight=True),
)
"""From a wide window to a narrow one. Ids, numbers and statuses are never cut."""


def table(rows: Sequence[Row], layout: Layout, console: Console) -> str:
    """The rows as a table for a terminal, which fits its width, or for a file, never cut.

    In a window too narrow for any table each row is a block, a line for each column.
    """
    fitted = fitted_table(rows, layout, console)
    if fitted is None:
        return "\n".join(_block(row, layout, console) for row in rows)
    drawing = fitted.empty()
    for number, row in enumerate(rows, 1):
        if layout.summed and number == len(rows):
            drawing.add_section()
        drawing.add_row(*fitted.cells(row), style=fitted.style(row))
    return drawn(drawing, console)


@dataclass(frozen=True)
class FittedTable:
    """A table whose columns fit the window with the rows it was made for."""

    layout: Layout
    console: Console
    fit: _Fit
    columns: tuple[Field, ...]
    titles: Sequence[str]
    widths: Sequence[int]

    def empty(self) -> Table:
        """The table without a row."""
        drawing = empty_table(self.console, self.layout.header, tight=self.fit.tight)
        for column, title, width in zip(self.columns, self.titles, self.widths, strict=True):
            drawing.add_column(
                Text(title), justify="right" if column.kind.numeric else "left", no_wrap=True,
                width=width, vertical="bottom",
            )  # fmt: skip
        return drawing

    def heading(self) -> list[str]:
        """The lines above the rows."""
        return drawn(self.empty(), self.console).splitlines()

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


def fitted_table(rows: Sequence[Row], layout: Layout, console: Console) -> FittedTable | None:
    """The widest table of these rows that fits the window, or None where it is too narrow."""
    columns = tuple(_columns(rows, layout))
    looks: dict[tuple[bool, ...], list[list[Text]]] = {}
    for fit in _FITS:
        titles = [_heading(column, layout, fit) for column in columns]
        look = fit.values, fit.bars, fit.tight
        if look not in looks:
            looks[look] = [[_cell(each, row, layout, console, fit) for each in columns]
                           for row in rows]  # fmt: skip
        cells = looks[look]
        widths = _widths(cells, columns, titles, console.width, fit)
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
            yield _LEFT


def _heading(column: Field, layout: Layout, fit: _Fit) -> str:
    if not layout.header:
        return ""
    short = fit.titles and not (column.kind is Kind.PERCENT and fit.bars)
    title = title_of(column, layout, short=short)
    return title.replace(" ", "\n") if fit.titles else title


def _cell(column: Field, row: Row, layout: Layout, console: Console, fit: _Fit) -> Text:
    if column is _LEFT:
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


def _widths(
    cells: Sequence[Sequence[Text]],
    columns: Sequence[Field],
    titles: Sequence[str],
    window: int | None,
    fit: _Fit,
) -> list[int] | None:
    """The width of each column, or None where they do not fit the window.

    A column is as wide as its widest cell, or as far narrower as is needed and may be: users lose
    their domains first, then the widest text gives way, and names come last.
    """
    titled = [max(map(cell_len, heading.split("\n"))) for heading in titles]
    below = [[line[index] for line in cells] for index in range(len(columns))]
    widths = [
        max(title, *(cell.cell_len for cell in column))
        for title, column in zip(titled, below, strict=True)
    ]
    if window is None:
        return widths
    room = window - fit.gap * (len(widths) - 1)
    floors = [fit.floors(*each) for each in zip(columns, widths, below, strict=True)]
    for lowest in zip(*floors, strict=True):
        _narrow(widths, [max(each) for each in zip(lowest, titled, strict=True)], room)
    return widths if sum(widths) <= room else None


def _narrow(widths: list[int], lowest: Sequence[int], room: int) -> None:
    """Narrow the widest column, time and again, until all fit the room or are at their lowest."""
    while sum(widths) > room:
        over = [index for index, width in enumerate(widths) if width > lowest[index]]
        if not over:
            return
        widths[max(over, key=lambda index: widths[index])] -= 1


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
        cell = _cell(column, row, layout, console, _FITS[0])
        lines.add_row(Text(title), shortened(column.key, cell, rest, console))
    return drawn(lines, console)
