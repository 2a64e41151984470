"""Results in the format that was asked for, as they come."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Any

from ordercli.base.csv_json import CsvDialect, headed, json_array, json_text, picked, tsv_line
from ordercli.base.language import _
from ordercli.output.formats import IDS, TABLE, Layout, is_for_people
from ordercli.output.pager import page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ordercli.base.values import Row
    from ordercli.domain.order import OrderDetail
    from ordercli.operations.restart import Restartable
    from ordercli.output.console import Console


def write_rows(
    rows: Iterable[Row], layout: Layout, console: Console, last_line: Callable[[int], str]
) -> int:
    """Write the rows to stdout and give their number.

    Only formats made for people, which need the widths of all cells, hold more than one row.
    A table is drawn while it is read: its first page does not wait for the last one.
    ``last_line`` makes the line below a table on a terminal, for which the table does not wait.
    """
    counter = _Counter(rows)
    if not is_for_people(layout.style):
        console.write(_machine_pieces(counter, layout))
        return counter.number
    found = list(counter)
    if layout.style != TABLE:
        console.show(drawn_rows(found, layout, console))
    elif found:
        _show_table(found, layout, console, last_line)
    return len(found)


def _show_table(
    rows: Sequence[Row], layout: Layout, console: Console, last_line: Callable[[int], str]
) -> None:
    from ordercli.output.tables import table_parts  # noqa: PLC0415 - Rich is slow to import

    parts = table_parts(rows, layout, console)
    first = next(parts)
    paged = len(rows) >= console.height or _is_paged(first, layout, console)
    if layout.paged and console.terminal and paged:
        page(chain([first], parts, [last_line(len(rows))]), console)
        return
    for part in chain([first], parts):
        console.show(part)
    if console.terminal:  # the table does not wait for the line
        console.show(last_line(len(rows)))


def _show(text: str, layout: Layout, console: Console) -> None:
    """Show what is for people, through the pager where it is taller than the window."""
    if layout.style == TABLE and _is_paged(text, layout, console):
        page([text], console)
    else:
        console.show(text)


def _is_paged(text: str, layout: Layout, console: Console) -> bool:
    return layout.paged and console.terminal and console.is_too_long(text)


def drawn_rows(rows: Sequence[Row], layout: Layout, console: Console) -> str:
    """The rows in a format made for people; nothing for none."""
    if not rows:
        return ""
    if layout.style == TABLE:
        from ordercli.output.tables import table  # noqa: PLC0415 - Rich is slow to import

        return table(rows, layout, console)
    from ordercli.output.text_tables import text_table  # noqa: PLC0415 - so is tabulate

    return text_table(rows, layout)


def write_order(detail: OrderDetail, layout: Layout, console: Console) -> None:
    """Write one order in full, as JSON or for people."""
    if layout.style == "json":
        console.write([json_text(_document(detail), indent=2) + "\n"])
        return
    _show(drawn_order(detail, layout, console), layout, console)


def write_orders(details: Sequence[OrderDetail], layout: Layout, console: Console) -> None:
    """Write several orders in full: as a JSON array, or one below the other for people."""
    if layout.style == "json":
        console.write(json_array(map(_document, details)))
        return
    sheets = [drawn_order(detail, layout, console) for detail in details]
    _show("\n".join(sheets), layout, console)


def drawn_order(detail: OrderDetail, layout: Layout, console: Console) -> str:
    """One order in full, for people."""
    from ordercli.output.order_sheet import order_sheet  # noqa: PLC0415 - Rich is slow to import

    return order_sheet(detail, layout, console)


def write_restart(order: Restartable, made: int | None, console: Console, *, as_json: bool) -> None:
    """Write how a restart ended: as JSON, with the id of the new order, or for people."""
    if as_json:
        document = {
            "id": order.order_id,
            "outcome": "changed",
            "action": "restart",
            "from": order.was,
            "to": order.was,
            "dry_run": False,
            "new_id": made,
        }
        console.write(json_array([document]))
        return
    line = _("{id} restarted (was {status}), the new order is {new}")
    later = _("{id} restarted (was {status}), the new order is not there yet")
    told = later if made is None else line
    console.write([told.format(id=order.order_id, status=_(order.was), new=made) + "\n"])


def _machine_pieces(rows: Iterable[Row], layout: Layout) -> Iterable[str]:
    keys = [column.key for column in layout.columns]
    if layout.style == IDS:
        return (f"{row['id']}\n" for row in rows)
    if layout.style == "json":
        return json_array(picked(row, keys) for row in rows)
    if layout.style == "jsonl":
        return (json_text(picked(row, keys)) + "\n" for row in rows)
    line = CsvDialect().line if layout.style == "csv" else tsv_line
    lines = (line([row[key] for key in keys]) for row in rows)
    return headed(line(keys), lines) if layout.header else lines


def _document(detail: OrderDetail) -> dict[str, Any]:
    datasets = [asdict(dataset) for dataset in detail.datasets]
    return {
        **detail.values,
        "datasets": datasets,
        "history": detail.history,
        "older_events": detail.older,
    }


class _Counter:
    """The rows, counted as they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.number += 1
            yield row
