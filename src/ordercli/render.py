"""Results in the format that was asked for, as they come."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ordercli.columns import Column, column_named
from ordercli.formats import (
    MACHINE_FORMATS,
    TABLE,
    CsvDialect,
    headed,
    json_array,
    json_text,
    picked,
    tsv_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from ordercli.console import Console
    from ordercli.orders import OrderDetail, Row

IDS = "ids"
"""The format of ``--quiet``: an id a line."""

_ID = column_named("id")
_NEEDED_BY_TABLE = (column_named("status"), column_named("expiration"))


@dataclass(frozen=True)
class Layout:
    """How orders are written: ``now`` decides what expires soon, ``utc`` is for people."""

    style: str
    columns: tuple[Column, ...]
    now: datetime
    header: bool = True
    utc: bool = False

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns to write: people always get the id, for what they do next."""
        if self.style in (*MACHINE_FORMATS, IDS) or _ID in self.columns:
            return self.columns
        return (_ID, *self.columns)

    @property
    def needed_columns(self) -> tuple[Column, ...]:
        """The columns to read: a table also marks what expires."""
        extra = _NEEDED_BY_TABLE if self.style == TABLE else ()
        return tuple(dict.fromkeys((*self.shown_columns, *extra)))


def write_orders(rows: Iterable[Row], layout: Layout, console: Console) -> int:
    """Write the orders to stdout and give their number.

    Only formats made for people, which need the widths of all cells, hold more than one row.
    """
    counter = _Counter(rows)
    if layout.style in (*MACHINE_FORMATS, IDS):
        console.write(_machine_pieces(counter, layout))
    else:
        from ordercli import tables  # noqa: PLC0415 - Rich is slow to import

        found = list(counter)
        if found and layout.style == TABLE:
            console.show(tables.orders_table(found, layout, console))
        elif found:
            console.show(tables.text_table(found, layout))
    return counter.number


def write_order(detail: OrderDetail, layout: Layout, console: Console) -> None:
    """Write one order in full, as JSON or for people."""
    if layout.style == "json":
        console.write([json_text(_document(detail), indent=2) + "\n"])
        return
    from ordercli import tables  # noqa: PLC0415 - as above

    console.show(tables.order_sheet(detail, layout, console))


def _machine_pieces(rows: Iterable[Row], layout: Layout) -> Iterable[str]:
    keys = [column.key for column in layout.columns]
    if layout.style == IDS:
        return (f"{row['id']}\n" for row in rows)
    if layout.style == "json":
        return json_array(picked(row, keys) for row in rows)
    if layout.style == "jsonl":
        return (json_text(picked(row, keys)) + "\n" for row in rows)
    line = CsvDialect().line if layout.style == "csv" else tsv_line
    lines = (line(row[key] for key in keys) for row in rows)
    return headed(line(keys), lines) if layout.header else lines


def _document(detail: OrderDetail) -> dict[str, Any]:
    history = None if detail.history is None else [asdict(entry) for entry in detail.history]
    datasets = [asdict(dataset) for dataset in detail.datasets]
    return {**detail.values, "datasets": datasets, "history": history}


class _Counter:
    """The rows, counted as they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.number += 1
            yield row
