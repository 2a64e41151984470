"""One order in full: its fields, its datasets and its history."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from ordercli.base.language import _, plural
from ordercli.base.text import grouped
from ordercli.base.values import Kind
from ordercli.domain.columns import COLUMNS, STORED_STATUS
from ordercli.domain.history import HISTORY_FIELDS
from ordercli.output.cells import ALARM, dot, status_cell
from ordercli.output.formatting import human, time_left, title_of
from ordercli.output.tables import drawn, empty_table, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ordercli.base.values import Row
    from ordercli.domain.order import Dataset, OrderDetail
    from ordercli.output.console import Console
    from ordercli.output.formats import Layout


def order_sheet(detail: OrderDetail, layout: Layout, console: Console) -> str:
    """One order in full: its fields, its datasets and its history."""
    fields = Table.grid(padding=(0, 2))
    for column in (*COLUMNS, STORED_STATUS):
        value = detail.values[column.key]
        shown = Text(human(column.kind, value, utc=layout.utc, seconds=True) or _("none"))
        if column.kind is Kind.STATUS:
            shown = status_cell(str(value), console)
            if left := time_left(detail.values, layout.now):
                title = _("Left")
                shown.append("  ").append(f"{title}: {left}", ALARM)
        if column.kind is Kind.BYTES and isinstance(value, int) and value >= 1000:
            shown.append(_(" ({number} bytes)").format(number=grouped(value)))
        stands_out = column.key in layout.changed
        title = (
            f"{dot(console)} {title_of(column, layout)}" if stands_out else title_of(column, layout)
        )
        fields.add_row(Text(title), shown, style="reverse" if stands_out else None)
    parts = [drawn(fields, console), _datasets(detail.datasets, console)]
    return "\n".join([*parts, _history(detail.history, layout, console) + _older(detail)])


def _datasets(datasets: Sequence[Dataset], console: Console) -> str:
    if not datasets:
        return _("No datasets") + "\n"
    rows = [
        (human(Kind.NUMBER, each.id), human(Kind.TEXT, each.label),
         human(Kind.NUMBER, each.objects_count), human(Kind.NUMBER, each.files_count),
         human(Kind.BYTES, each.files_size))
        for each in datasets
    ]  # fmt: skip
    titles = (_("Id"), _("Dataset"), _("Objects"), _("Files"), _("Size"))
    return _small_table(titles, rows, console, right=(0, 2, 3, 4))


def _history(history: Sequence[Row] | None, layout: Layout, console: Console) -> str:
    if history is None:
        return _("No history is kept here; 'ordercli db init' adds it") + "\n"
    if not history:
        return _("No changes recorded") + "\n"
    fields = tuple(field for field in HISTORY_FIELDS if field.key != "id")
    return table(history, replace(layout, columns=fields), console)


def _older(detail: OrderDetail) -> str:
    if not detail.older:
        return ""
    older = plural("and {number} older change: {command}", "and {number} older changes: {command}",
                   detail.older)  # fmt: skip
    command = f"ordercli history {detail.values['id']}"
    return older.format(number=grouped(detail.older), command=command) + "\n"


def _small_table(
    titles: Sequence[str], rows: Iterable[Sequence[str]], console: Console, right: Any = ()
) -> str:
    table = empty_table(console)
    for index, heading in enumerate(titles):
        table.add_column(Text(heading), justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return drawn(table, console)
