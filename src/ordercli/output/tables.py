"""What people look at: the table, the text formats to paste, one order in full."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, Any

from rich.box import ASCII2, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console as RichConsole
from rich.table import Table
from rich.text import Text

from ordercli.base.language import _
from ordercli.base.text import grouped
from ordercli.base.values import Kind, human, read_moment
from ordercli.domain.columns import COLUMNS, STORED_STATUS, Field
from ordercli.domain.history import HISTORY_FIELDS
from ordercli.domain.status import colour_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ordercli.base.values import Row
    from ordercli.domain.order import Dataset, OrderDetail
    from ordercli.output.console import Console
    from ordercli.output.formats import Layout

_UNLIMITED = 1_000_000
_MARKS = (("!", "⧗"), ("x", "✗"))
"""Of what expires soon and of what has expired, each plain and as Unicode has it."""

_BAR_CELLS = 8
_HOUR_SECONDS = 3600


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
        return min(
            width,
            {"label": self.label, "reason": self.label, "user": self.user, "actor": self.user}.get(
                column.key, width
            ),
        )


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
    drawing = _empty_table(console, layout.header)
    for column, heading, width in zip(columns, titles, widths, strict=True):
        right = column.kind.numeric and column.kind is not Kind.PERCENT
        drawing.add_column(
            Text(heading), justify="right" if right else "left", no_wrap=True, width=width,
            overflow="ellipsis", vertical="bottom",
        )  # fmt: skip
    for row, line in zip(rows, cells, strict=True):
        drawing.add_row(*line, style="reverse" if _stands_out(row, layout) else None)
    return _drawn(drawing, console)


def text_table(rows: Iterable[Row], layout: Layout) -> str:
    """The rows in one of tabulate's formats, to paste elsewhere."""
    from tabulate import tabulate  # noqa: PLC0415 - slow to import, and only for these formats

    columns = layout.columns
    cells = [
        [_pasted(human(column.kind, row[column.key], utc=layout.utc), layout.style)
         for column in columns]
        for row in rows
    ]  # fmt: skip
    sides = ["right" if column.kind.numeric else "left" for column in columns]
    titles = [_title(column, layout) for column in columns] if layout.header else []
    drawn = tabulate(cells, titles, tablefmt=layout.style, disable_numparse=True, colalign=sides)
    return f"{drawn}\n"


def order_sheet(detail: OrderDetail, layout: Layout, console: Console) -> str:
    """One order in full: its fields, its datasets and its history."""
    fields = Table.grid(padding=(0, 2))
    for column in (*COLUMNS, STORED_STATUS):
        value = detail.values[column.key]
        shown = Text(human(column.kind, value, utc=layout.utc, seconds=True) or _("none"))
        if column.kind is Kind.STATUS:
            shown = _status_cell(str(value), mark(detail.values, layout.now), console)
        if column.kind is Kind.BYTES and isinstance(value, int) and value >= 1000:
            shown.append(_(" ({number} bytes)").format(number=grouped(value)))
        stands_out = column.key in layout.changed
        title = (
            f"{_dot(console)} {_title(column, layout)}" if stands_out else _title(column, layout)
        )
        fields.add_row(Text(title), shown, style="reverse" if stands_out else None)
    parts = [_drawn(fields, console), _datasets(detail.datasets, console)]
    return "\n".join([*parts, _history(detail.history, layout, console)])


def mark(row: Row, now: datetime) -> str:
    """Words for an order whose files expire within the hour or have expired; else nothing."""
    expires = read_moment(str(row.get("expiration")))
    if expires is None or row["status"] in ("expired", "removed"):
        return ""
    seconds = (expires - now).total_seconds()
    if seconds <= 0:
        return _("expired")
    left = _("{minutes} min left").format(minutes=int(seconds // 60))
    return left if seconds <= _HOUR_SECONDS else ""


def _title(column: Field, layout: Layout) -> str:
    title = _(column.title)
    return f"{title} (UTC)" if layout.utc and column.kind is Kind.MOMENT else title


def _empty_table(console: Console, header: bool = True) -> Table:
    box = SIMPLE_HEAD if console.unicode else ASCII2
    return Table(box=box, show_header=header, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))


def _drawn(table: Table, console: Console) -> str:
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


def _pasted(cell: str, style: str) -> str:
    return cell.replace("|", "\\|") if style in ("github", "pipe") else cell


def _heading(column: Field, layout: Layout, fit: _Fit) -> str:
    if not layout.header:
        return ""
    title = _title(column, layout)
    return title.replace(" ", "\n") if fit.wrapped_titles else title


def _cell(column: Field, row: Row, layout: Layout, console: Console, fit: _Fit) -> Text:
    value = row[column.key]
    text = human(column.kind, value, utc=layout.utc)
    if column.key == "id" and _stands_out(row, layout):
        return Text(f"{_dot(console)} {text}")
    if column.kind is Kind.STATUS:
        return _status_cell(str(value), mark(row, layout.now), console, words=fit.words)
    if column.kind is Kind.MOMENT and not fit.clock_times:
        return Text(text[:10])
    if column.kind is Kind.PERCENT and isinstance(value, int) and fit.bars:
        return _progress_cell(value, text, console)
    return Text(text)


def _stands_out(row: Row, layout: Layout) -> bool:
    return bool(layout.changed) and row.get("id") in layout.changed


def _dot(console: Console) -> str:
    return "●" if console.unicode else "*"


def _status_cell(name: str, mark_words: str, console: Console, *, words: bool = True) -> Text:
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
    order = sorted(range(len(columns)), key=lambda index: columns[index].key != "label")
    for index in order:
        given = max(min(excess, widths[index] - fit.narrowest(columns[index], widths[index])), 0)
        widths[index] -= given
        excess -= given
    return widths if excess <= 0 else None


def _block(row: Row, layout: Layout, console: Console) -> str:
    """One order with a line for each column."""
    lines = Table.grid(padding=(0, 2))
    titles = [_title(column, layout) if layout.header else "" for column in layout.columns]
    first = max(cell_len(title) for title in titles)
    rest = max((console.width or _UNLIMITED) - first - 2, 1)
    lines.add_column(no_wrap=True, width=first)
    lines.add_column(no_wrap=True, overflow="ellipsis", max_width=rest)
    for column, title in zip(layout.columns, titles, strict=True):
        lines.add_row(Text(title), _cell(column, row, layout, console, _FITS[0]))
    return _drawn(lines, console)


def _datasets(datasets: Sequence[Dataset], console: Console) -> str:
    if not datasets:
        return _("No datasets") + "\n"
    rows = [
        (human(Kind.NUMBER, each.id), human(Kind.TEXT, each.label),
         human(Kind.NUMBER, each.objects_count), human(Kind.NUMBER, each.files_count),
         human(Kind.BYTES, each.files_size))
        for each in datasets
    ]  # fmt: skip
    titles = (_("Id"), _("Dataset"), _("Objects count"), _("Files count"), _("Size"))
    return _small_table(titles, rows, console, right=(0, 2, 3, 4))


def _history(history: Sequence[Row] | None, layout: Layout, console: Console) -> str:
    if history is None:
        return _("No history is kept here; 'ordercli db init' adds it") + "\n"
    if not history:
        return _("No changes recorded") + "\n"
    fields = tuple(field for field in HISTORY_FIELDS if field.key != "order_id")
    return table(history, replace(layout, columns=fields), console)


def _small_table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], console: Console, right: Any = ()
) -> str:
    table = _empty_table(console)
    for index, heading in enumerate(titles):
        table.add_column(Text(heading), justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return _drawn(table, console)
