"""The table that people look at: it fits the window, and is whole off a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from rich.bar import END_BLOCK_ELEMENTS, FULL_BLOCK
from rich.box import ASCII2, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from ordercli.base.language import _
from ordercli.base.values import Kind
from ordercli.domain.status import STATUS_NAMES, colour_of
from ordercli.output.formatting import human, mark, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.values import Row, Value
    from ordercli.domain.columns import Field
    from ordercli.output.console import Console
    from ordercli.output.formats import Layout

_UNLIMITED = 1_000_000
_MARKS = (("!", "⧗"), ("x", "✗"))
"""The marks of what expires soon and of what has expired, each plain and in Unicode."""

_BAR_CELLS = 8
_GIVING_WAY = ("label", "reason", "cause", "example")
"""The columns that are narrowed before all others."""


@dataclass(frozen=True)
class _Fit:
    """How much room a table takes: the narrowest label and user, and what else it spells out."""

    label: int = 20
    user: int = 100
    wrapped_titles: bool = False
    bars: bool = True
    words: bool = True
    clock_times: bool = True

    def narrowest(self, column: Field, width: int) -> int:
        """The fewest cells that the column may be narrowed to: only texts give way."""
        narrowest = dict.fromkeys((*_GIVING_WAY, "name"), self.label)
        narrowest |= dict.fromkeys(("user", "actor"), self.user)
        return min(width, narrowest.get(column.key, width))


_FITS = (
    _Fit(),
    _Fit(label=16, wrapped_titles=True),
    _Fit(label=16, wrapped_titles=True, bars=False),
    _Fit(label=10, user=16, wrapped_titles=True, bars=False),
    _Fit(label=10, user=16, wrapped_titles=True, bars=False, words=False),
    _Fit(label=8, user=8, wrapped_titles=True, bars=False, words=False, clock_times=False),
)
"""From a wide window to a narrow one. Ids, numbers and statuses are never cut."""


def table(rows: Sequence[Row], layout: Layout, console: Console) -> str:
    """The rows as a table for a terminal, which fits its width, or for a file, never cut.

    In a window too narrow for any table each row is a block, a line for each column.
    """
    columns = layout.columns
    for fit in _FITS:
        titles = [_heading(column, layout, fit) for column in columns]
        cells = [[_cell(each, row, layout, console, fit) for each in columns] for row in rows]
        widths = _widths(cells, columns, titles, console.width, fit)
        if widths is not None:
            break
    else:
        return "\n".join(_block(row, layout, console) for row in rows)
    drawing = empty_table(console, layout.header)
    for column, heading, width in zip(columns, titles, widths, strict=True):
        right = column.kind.numeric and column.kind is not Kind.PERCENT
        drawing.add_column(
            Text(heading), justify="right" if right else "left", no_wrap=True, width=width,
            overflow="ellipsis", vertical="bottom",
        )  # fmt: skip
    for number, (row, line) in enumerate(zip(rows, cells, strict=True), 1):
        if layout.summed and number == len(rows):
            drawing.add_section()
        drawing.add_row(*line, style="reverse" if _stands_out(row, layout) else None)
    return drawn(drawing, console)


def empty_table(console: Console, header: bool = True) -> Table:
    """An empty table, with lines of characters that the terminal's encoding has."""
    box = SIMPLE_HEAD if console.unicode else ASCII2
    return Table(box=box, show_header=header, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def drawn(table: Table, console: Console) -> str:
    """A Rich table as text, with colours where the console has them."""
    target = StringIO()
    RichConsole(
        file=target,
        width=console.width or _UNLIMITED,
        force_terminal=console.colour,
        color_system="standard" if console.colour else None,
        no_color=not console.colour,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    ).print(table)
    return "".join(f"{line.rstrip()}\n" for line in target.getvalue().splitlines())


def _heading(column: Field, layout: Layout, fit: _Fit) -> str:
    if not layout.header:
        return ""
    title = title_of(column, layout)
    return title.replace(" ", "\n") if fit.wrapped_titles else title


def _cell(column: Field, row: Row, layout: Layout, console: Console, fit: _Fit) -> Text:
    value = row[column.key]
    text = human(column.kind, value, utc=layout.utc)
    if column.key == "id" and _stands_out(row, layout):
        return Text(f"{dot(console)} {text}")
    if column.kind is Kind.BAR:
        return _bar(value, layout.bar if fit.bars else 0, console)
    if column.kind is Kind.STATUS and value in STATUS_NAMES:
        return status_cell(str(value), mark(row, layout.now), console, words=fit.words)
    if column.kind is Kind.MOMENT and not fit.clock_times:
        return Text(text[:10])
    if column.kind is Kind.PERCENT and isinstance(value, int) and fit.bars:
        return _progress_cell(value, text, console)
    return Text(text)


def _stands_out(row: Row, layout: Layout) -> bool:
    return bool(layout.changed) and row.get("id") in layout.changed


def dot(console: Console) -> str:
    """What stands before what has changed, where colours may be missing."""
    return "●" if console.unicode else "*"


def status_cell(name: str, mark_words: str, console: Console, *, words: bool = True) -> Text:
    """A status in its colour, with a mark and its ``mark_words`` where there are any."""
    cell = Text()
    cell.append(_(name), style=colour_of(name))
    if mark_words:
        symbol = _MARKS[mark_words == _("expired")][console.unicode]
        cell.append(f" {symbol} {mark_words}" if words else f" {symbol}", style="bold red")
    return cell


def _progress_cell(percent: int, text: str, console: Console) -> Text:
    full, empty = ("━", "╌") if console.unicode else ("#", ".")
    done = min(max(percent, 0), 100) * _BAR_CELLS // 100
    cell = Text()
    cell.append(full * done, style="green" if percent >= 100 else "cyan")
    cell.append(empty * (_BAR_CELLS - done), style="bright_black")
    return cell.append(" " + text.rjust(len(human(Kind.PERCENT, 100))))


def _bar(share: Value, width: int, console: Console) -> Text:
    """A bar of Rich's own blocks as long as a share of the width, in thousandths."""
    eighths = (share if isinstance(share, int) else 0) * width * 8 // 1000
    if not console.unicode:
        return Text("#" * (eighths // 8))
    return Text(FULL_BLOCK * (eighths // 8) + END_BLOCK_ELEMENTS[eighths % 8].strip(), "cyan")


def _widths(
    cells: Sequence[Sequence[Text]],
    columns: Sequence[Field],
    titles: Sequence[str],
    window: int | None,
    fit: _Fit,
) -> list[int] | None:
    """The width of each column, or None where they do not fit the window.

    A column is as wide as its widest cell, or as far narrower as is needed and may be.
    """
    widths = [
        max(*(cell_len(part) for part in ("", *heading.split("\n"))),
            *(line[index].cell_len for line in cells))
        for index, heading in enumerate(titles)
    ]  # fmt: skip
    if window is None:
        return widths
    excess = sum(widths) + 2 * (len(widths) - 1) - window
    order = sorted(range(len(columns)), key=lambda index: columns[index].key not in _GIVING_WAY)
    for index in order:
        given = max(min(excess, widths[index] - fit.narrowest(columns[index], widths[index])), 0)
        widths[index] -= given
        excess -= given
    return widths if excess <= 0 else None


def _block(row: Row, layout: Layout, console: Console) -> str:
    """One order with a line for each column."""
    lines = Table.grid(padding=(0, 2))
    titles = [title_of(column, layout) if layout.header else "" for column in layout.columns]
    first = max(cell_len(title) for title in titles)
    rest = max((console.width or _UNLIMITED) - first - 2, 1)
    lines.add_column(no_wrap=True, width=first)
    lines.add_column(no_wrap=True, overflow="ellipsis", max_width=rest)
    for column, title in zip(layout.columns, titles, strict=True):
        lines.add_row(Text(title), _cell(column, row, layout, console, _FITS[0]))
    return drawn(lines, console)
