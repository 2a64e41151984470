"""The use cases: what can be asked of the orders, and what comes back. Nothing here prints."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ordercli.base.errors import PartialError, nearest
from ordercli.base.language import _
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.columns import COLUMNS, STORED_STATUS
from ordercli.domain.history import HISTORY_FIELDS
from ordercli.domain.order import DATASET_FIELDS, Dataset, OrderDetail
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.status import displayed
from ordercli.store import sqlite
from ordercli.store.conditions import conditions
from ordercli.store.database import read_rows
from ordercli.store.events import history_of
from ordercli.store.order_query import (
    count_by_status,
    count_orders,
    hidden_fields,
    labelled,
    order_rows,
)
from ordercli.store.schema import history_is_readable
from ordercli.store.sorting import position
from ordercli.store.sql_functions import among
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from ordercli.base.values import Row
    from ordercli.domain.columns import Column
    from ordercli.domain.selection import Position
    from ordercli.domain.status import Status
    from ordercli.store.database import Database
    from ordercli.store.order_query import OrderSource

_EVENTS_SHOWN = 50
_MOST_USERS_COMPARED = 10_000


def read_orders(
    database: Database, query: OrderQuery, anomalies: Anomalies | None = None
) -> Generator[Row, None, None]:
    """The orders of the query, read as they are consumed: memory does not grow with their number.

    What is wrong with them is noted in ``anomalies``. Raises DatabaseError where the database can't
    answer, or does not give all of them: see ``require_all``.
    """
    query = replace(query, profile=database.profile)
    with database.reading() as connection:
        statement = order_rows(query, hidden=hidden_fields(connection, query))
        rows = read_rows(connection, statement, query.limit)
        number = 0
        for row in (anomalies or Anomalies()).mend_all(rows, query.columns):
            yield row
            number += 1
        require_all(connection, query, number)


def read_positions(database: Database, query: OrderQuery) -> list[tuple[Row, Position]]:
    """The orders of a limited query, each with its position, from which reading can go on."""
    query = replace(query, profile=database.profile)

    def selected(columns: Sequence[Column], source: OrderSource) -> list[ColumnElement[Any]]:
        return [*labelled(columns, source), *position(query.sort, source)]

    keys, mend = [column.key for column in query.columns], Anomalies().mend
    with database.reading() as connection:
        rows = connection.execute(order_rows(query, selected, hidden_fields(connection, query)))
        return [
            (mend(dict(zip(keys, row, strict=False)), query.columns, None), tuple(row[len(keys):]))
            for row in rows
        ]  # fmt: skip


def require_all(connection: Connection, query: OrderQuery, number: int) -> None:
    """Raise sqlite3.DatabaseError where a query gave fewer orders than a SQLite file counts.

    A damaged page can hide the orders that it leads to, of which SQLite itself says nothing.
    """
    if connection.dialect.name == "sqlite" and query.limit is None:
        counted = connection.execute(count_orders(query.selection)).scalar_one()
        if counted != number:
            raise sqlite.damaged()


def count(database: Database, selection: Selection) -> int:
    """How many orders the selection chooses."""
    with database.reading() as connection:
        return int(connection.execute(count_orders(selection)).scalar_one())


def status_counts(database: Database, selection: Selection) -> dict[str, int]:
    """How many of the orders that the selection chooses have each displayed status, if any."""
    with database.reading() as connection:
        rows = connection.execute(count_by_status(selection))
        return {str(row.status): int(row.orders) for row in rows}


def get(database: Database, order_id: int, now: datetime) -> OrderDetail:
    """The order with this id, as of ``now``; raises PartialError where there is none."""
    query = OrderQuery(Selection(ids=(order_id,)), (*COLUMNS, STORED_STATUS), ())
    query = replace(query, now=now, profile=database.profile)
    anomalies = Anomalies()
    with database.reading() as connection:
        # First, for the answer what there is comes along with it.
        datasets = _datasets(connection, order_id, anomalies)
        statement = order_rows(query, hidden=hidden_fields(connection, query))
        row = connection.execute(statement).one_or_none()
        if row is None:
            raise PartialError(
                _("no order {id}").format(id=order_id),
                _("'ordercli list --all' shows the orders there are"),
            )
        history, older = None, 0
        if history_is_readable(connection):
            history, older = history_of(connection, order_id, _EVENTS_SHOWN)
        return OrderDetail(
            anomalies.mend(dict(row._mapping), query.columns, order_id),
            datasets,
            history and tuple(anomalies.mend_all(history, HISTORY_FIELDS)),
            older,
            anomalies,
        )


def statuses_of(database: Database, ids: Sequence[int]) -> dict[int, Status]:
    """The displayed status of each of these orders that there is."""
    wanted = select(orders.c.id, orders.c.status, orders.c.waiting_for_user)
    with database.reading() as connection:
        rows = connection.execute(wanted.where(among(orders.c.id, ids)))
        return {
            order_id: displayed(stored, waiting_for_user=waiting)
            for order_id, stored, waiting in rows
        }


def finds_some(connection: Connection, selection: Selection) -> bool:
    """Whether the selection chooses any order."""
    some = select(orders.c.id).where(*conditions(selection)).limit(1)
    return connection.execute(some).first() is not None


def users_like(connection: Connection, users: Sequence[str]) -> dict[str, str]:
    """For each name that nobody has, that of the user which is nearest to it, if one is like it.

    The database is asked once, however many names there are.
    """
    compared = select(orders.c.owner).distinct().limit(_MOST_USERS_COMPARED).subquery()
    asked = select(compared).union(_present(users))
    there = set(connection.execute(asked).scalars())
    near = {user: nearest(user, there) for user in users if user not in there}
    return {user: like for user, like in near.items() if like is not None}


def _present(users: Sequence[str]) -> Select[Any]:
    """Those of the users who have orders: they may lie beyond the names that are compared."""
    return select(orders.c.owner).distinct().where(orders.c.owner.in_(users))


def _datasets(connection: Connection, order_id: int, anomalies: Anomalies) -> tuple[Dataset, ...]:
    task = dataset_tasks.c
    wanted = (task.id, task.dataset_label, task.files_count, task.files_size, task.objects_count)
    of_order = orders.outerjoin(dataset_tasks, task.order_id == orders.c.id)
    statement = select(*wanted).select_from(of_order).where(orders.c.id == order_id)
    rows = connection.execute(statement.order_by(task.id))
    mended = (
        anomalies.mend(dict(row._mapping), DATASET_FIELDS, order_id)
        for row in rows
        if row.id is not None
    )
    return tuple(Dataset(*row.values()) for row in mended)
