"""A list is read from any position in it, in both directions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, update

from harness.fill import add_order
from ordercli.domain.columns import COLUMN_KEYS, chosen_columns, chosen_sort
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.status import chosen
from ordercli.store.orders import read_positions
from ordercli.store.tables import dataset_tasks, events, orders

if TYPE_CHECKING:
    from ordercli.base.values import Value
    from ordercli.store.database import Database

_NOW = datetime(2026, 3, 10, tzinfo=UTC)
_STORED = ("PENDING", "RUNNING", "PAUSED", "DONE", "FAILED", "NEWER")
_HUGE = 2**63 - 1
_EVENT = {
    "action": "pause", "from_status": "RUNNING", "to_status": "PAUSED", "event_date": _NOW,
    "actor": "x", "operation": "one",
}  # fmt: skip


def fill(database: Database) -> None:
    """Add orders of which several have each value, or none, or one that no driver can hold."""
    with database.writing() as connection:
        for number in range(18):
            add_order(
                connection, number, owner=f"u{number % 5}", status=_STORED[number % 6],
                waiting_for_user=number % 5 == 0, files_in_error=number % 2,
                creation_date=f"2026-03-01T00:00:00.{number % 4}Z", percent_complete=number % 3,
                expiration_date=f"2026-04-{1 + number % 3:02}T00:00:00Z" if number % 4 else None,
                datasets=[("d", number % 3, _HUGE if number % 4 else number, 1)] * (number % 3),
            )  # fmt: skip
        connection.execute(
            insert(events),
            [_EVENT | {"order_id": number, "reason": f"r{number % 3}"} for number in range(9)],
        )
        connection.execute(update(orders).where(orders.c.id > 12).values(message="no more space"))
        connection.exec_driver_sql("UPDATE t_order SET expiration_date = 'infinity' WHERE id = 5")


def ids(database: Database, query: OrderQuery) -> list[Value]:
    """The ids of the orders of a query."""
    return [row["id"] for row, _position in read_positions(database, query)]


def test_a_list_goes_on_from_any_position(database: Database) -> None:
    fill(database)
    columns = chosen_columns("id", ())
    sorts = [f"-{key}" if number % 2 else key for number, key in enumerate(COLUMN_KEYS)]
    sorts += ["-expiration", "reason,-status,label", "-message,user", "-creation,-id", "-size"]
    for number, sort in enumerate(sorts):
        statuses = chosen(["!failed" if number % 2 else "failed,pending,waiting"])
        query = OrderQuery(Selection(statuses=statuses), columns, chosen_sort(sort), 100, _NOW)
        found = read_positions(database, query)
        whole, place = [row["id"] for row, _position in found], len(found) // 2
        there = replace(query, start=found[place][1])
        assert ids(database, replace(query, backwards=True, offset=1)) == whole[-2::-1], sort
        assert ids(database, replace(there, limit=2, offset=2)) == whole[place:][2:4], sort
        assert ids(database, replace(there, backwards=True)) == whole[place::-1], sort


def test_a_position_outlives_its_order(database: Database) -> None:
    fill(database)
    query = OrderQuery(Selection(), chosen_columns("id,status", ()), chosen_sort("-changed"), 100)
    found = read_positions(database, query)
    (row, position), whole = found[6], [row["id"] for row, _position in found]
    with database.writing() as connection:
        connection.execute(update(orders).where(orders.c.id == row["id"]).values(status_date=_NOW))
    assert ids(database, query)[0] == row["id"]
    assert ids(database, replace(query, start=position)) == whole[7:]
    with database.writing() as connection:
        tasks = dataset_tasks.c.order_id == whole[7]
        connection.execute(delete(dataset_tasks).where(tasks))
        connection.execute(delete(orders).where(orders.c.id == whole[7]))
    assert ids(database, replace(query, start=found[7][1])) == whole[8:]
    assert ids(database, replace(query, start=found[7][1], backwards=True)) == [
        *whole[:6][::-1], row["id"],
    ]  # fmt: skip
