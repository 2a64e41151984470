"""Orders in files, loaded as ``db load`` does, and what became of them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from harness.program import Clock
from ordercli.base.errors import FileError
from ordercli.domain.columns import COLUMNS
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.operations.load import load
from ordercli.store.order_query import order_rows
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from ordercli.store.database import Database


def loaded(database: Database, content: str | bytes, *, update: bool = False) -> list[int]:
    """Load a file, and give the sizes of its batches."""
    batches: list[int] = []
    encoded = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    with database.writing() as connection:
        number = load(
            connection, io.BytesIO(encoded), "orders.file", update=update, advance=batches.append
        )
    assert number == sum(batches)
    return batches


def refusal(database: Database, content: str | bytes, *, update: bool = False) -> str:
    """Load a file that can't be loaded, and give what is said of it."""
    before = all_orders(database)
    with pytest.raises(FileError) as caught:
        loaded(database, content, update=update)
    assert all_orders(database) == before
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.advice
    return message


def all_orders(database: Database) -> list[dict[str, Any]]:
    with database.reading() as connection:
        rows = connection.execute(order_rows(OrderQuery(Selection(), COLUMNS, (), now=Clock().now)))
        return [dict(row._mapping) for row in rows]


def one_order(database: Database) -> dict[str, Any]:
    (row,) = all_orders(database)
    return row


def datasets(database: Database) -> list[tuple[Any, ...]]:
    """The datasets: id, order, label, files, size, objects."""
    with database.reading() as connection:
        return [
            tuple(row)
            for row in connection.execute(select(dataset_tasks).order_by(dataset_tasks.c.id))
        ]


def stored(database: Database) -> list[tuple[str, bool]]:
    with database.reading() as connection:
        columns = select(orders.c.status, orders.c.waiting_for_user).order_by(orders.c.id)
        return [tuple(row) for row in connection.execute(columns)]


def an_order(**fields: Any) -> dict[str, Any]:
    order = {
        "id": 1,
        "owner": "lea@example.org",
        "label": "one",
        "creationDate": "2026-01-09T08:15:30Z",
        "status": "DONE",
    }
    return order | fields


def lines(*found: dict[str, Any]) -> str:
    return "".join(json.dumps(order) + "\n" for order in found)


def csv_row(**cells: str) -> str:
    """A header and one row of CSV; an order that can be loaded but for the cells given."""
    row = {
        "id": "1",
        "user": "lea@example.org",
        "label": "one",
        "creation": "2026-01-09T08:15:30Z",
        "status": "done",
    } | cells
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"
