"""Orders of a file go into the tables, in batches; the one that is in the way is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ordercli.base.errors import DatabaseError, FileError
from ordercli.base.language import _, marked, plural
from ordercli.base.values import LARGEST_INTEGER
from ordercli.store.inventory import SINCE_1_12, inventory_of
from ordercli.store.sql_functions import among
from ordercli.store.tables import data_files, dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column, Connection

_IN_THE_WAY = marked("a trigger, a rule or a policy is in the way; nothing was loaded")


@dataclass(frozen=True)
class Record:
    """One order of a file: the values of its row and of its datasets' rows, by column name.

    ``place`` says where it is, for messages. The id of a dataset is None where the file has none.
    """

    place: str
    order: dict[str, Any]
    datasets: list[dict[str, Any]]


class DatasetIds:
    """Gives the next free ids to the datasets that have none.

    Which are free shows only at the end of the file: until then they have ids below all others.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        lowest = connection.scalar(select(func.min(dataset_tasks.c.id)))
        self._below: int = min(lowest or 0, 0)
        self._given = 0

    def give(self, batch: Iterable[Record]) -> None:
        """Give each dataset without an id one for the time being."""
        for record in batch:
            for dataset in record.datasets:
                if dataset["id"] is None:
                    self._given += 1
                    dataset["id"] = self._below - self._given

    def settle(self, source: str) -> None:
        """Move the datasets to ids above all others; raises FileError where none are left."""
        if not self._given:
            return
        highest = self._connection.scalar(select(func.max(dataset_tasks.c.id)))
        highest = max(highest or 0, 0)
        if highest + self._given > LARGEST_INTEGER:
            raise FileError(
                _("{source}: no ids for its datasets are left after {highest}").format(
                    source=source, highest=highest
                ),
                _("give each dataset an id"),
            )
        moved = dataset_tasks.update().where(dataset_tasks.c.id < self._below)
        self._connection.execute(moved.values(id=highest + self._below - dataset_tasks.c.id))


def insert_records(connection: Connection, batch: list[Record], *, update: bool) -> None:
    """Insert the records; with ``update`` in place of the orders that have the same ids.

    Raises FileError, with the place of the record, where a row is in the way of one of its rows,
    and DatabaseError where the database itself did not let all of them in.
    """
    if update:
        _delete(connection, [record.order["id"] for record in batch])
    try:
        with connection.begin_nested():
            _insert(connection, batch)
    except IntegrityError:
        for record in batch:
            _check(connection, record, update=update)
            _insert(connection, [record])
    _require_all(connection, orders.c.id, [record.order["id"] for record in batch])
    datasets = [dataset["id"] for record in batch for dataset in record.datasets]
    _require_all(connection, dataset_tasks.c.id, datasets)


def insert_rows(
    connection: Connection, order_rows: list[dict[str, Any]], dataset_rows: list[dict[str, Any]]
) -> None:
    """Insert rows of orders and of their datasets, by column name.

    Raises DatabaseError where an order has a value for a column that the table lacks.
    """
    there = inventory_of(connection)
    for absent in (name for name in SINCE_1_12 if not there.has(orders.name, name)):
        values = {row.pop(absent, None) for row in order_rows}
        if values - {None}:
            raise DatabaseError(
                _("t_order has no column {name} yet").format(name=absent),
                _("add it with 'ordercli db init'; nothing was loaded"),
            )
    connection.execute(orders.insert(), order_rows)
    if dataset_rows:
        connection.execute(dataset_tasks.insert(), dataset_rows)


def insert_files(connection: Connection, file_rows: list[dict[str, Any]]) -> None:
    """Insert rows of orders' files, by column name."""
    if file_rows:
        connection.execute(data_files.insert(), file_rows)


def _delete(connection: Connection, ids: list[int]) -> None:
    connection.execute(dataset_tasks.delete().where(dataset_tasks.c.order_id.in_(ids)))
    connection.execute(orders.delete().where(orders.c.id.in_(ids)))


def _insert(connection: Connection, batch: list[Record]) -> None:
    datasets = [dataset for record in batch for dataset in record.datasets]
    insert_rows(connection, [record.order for record in batch], datasets)


def _require_all(connection: Connection, column: Column[int], ids: list[int]) -> None:
    """Raise DatabaseError unless the table has all these rows."""
    stored = select(func.count()).select_from(column.table).where(among(column, ids))
    missing = len(ids) - connection.scalars(stored).one() if ids else 0
    if missing:
        raise DatabaseError(
            plural(
                "{table}: the database did not take {number} row",
                "{table}: the database did not take {number} rows", missing,
            ).format(table=column.table.name, number=missing),
            _(_IN_THE_WAY),
        )  # fmt: skip


def _check(connection: Connection, record: Record, *, update: bool) -> None:
    """Raise FileError where a row of the record is in the way of one that is there."""
    _check_order(connection, record, update=update)
    given: set[int] = set()
    for dataset in record.datasets:
        number = dataset["id"]
        if number in given:
            raise FileError(
                _("{place}: dataset {id} occurs twice").format(place=record.place, id=number),
                _("correct its id"),
            )
        given.add(number)
        holder = select(dataset_tasks.c.order_id).where(dataset_tasks.c.id == number)
        row = connection.execute(holder).first()
        if row is not None:
            raise FileError(
                _("{place}: dataset {id} belongs to order {order}").format(
                    place=record.place, id=number, order=row.order_id
                ),
                _("correct its id, or leave it out to get a free one"),
            )


def _check_order(connection: Connection, record: Record, *, update: bool) -> None:
    number, owner, label = (record.order[name] for name in ("id", "owner", "label"))
    if connection.scalar(select(orders.c.id).where(orders.c.id == number)) is not None:
        raise FileError(
            _("{place}: order {id} exists already, in the database or above in the file").format(
                place=record.place, id=number
            ),
            _(_IN_THE_WAY) if update else _("--update replaces what the database has"),
        )
    same = select(orders.c.id).where(orders.c.owner == owner, orders.c.label == label)
    other = connection.scalar(same)
    if other is not None:
        raise FileError(
            _("{place}: order {id} of {user} has the label '{label}' already").format(
                place=record.place, id=other, user=owner, label=label
            ),
            _("a user's labels differ: change one of them"),
        )
