"""The use cases: what can be asked of the orders, and what comes back. Nothing here prints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from ordercli.base.errors import PartialError, nearest
from ordercli.base.language import _
from ordercli.base.values import Kind
from ordercli.domain.anomalies import Faults
from ordercli.domain.columns import COLUMNS, STORED_STATUS, Field
from ordercli.domain.status import displayed
from ordercli.store.conditions import Selection
from ordercli.store.database import estimates_matches, read_rows
from ordercli.store.events import HISTORY_FIELDS, history_of
from ordercli.store.order_query import OrderQuery, count_orders, frequent_users, order_rows
from ordercli.store.schema import history_is_readable
from ordercli.store.sql_functions import among
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from ordercli.base.values import Row, Value
    from ordercli.domain.status import Status
    from ordercli.store.database import Database

_MOST_USERS_COMPARED = 10_000
_DATASET_FIELDS = (
    Field("dataset_label", "Dataset", Kind.TEXT),
    Field("files_count", "Files count", Kind.NUMBER),
    Field("files_size", "Size", Kind.BYTES),
    Field("objects_count", "Objects count", Kind.NUMBER),
)


@dataclass(frozen=True)
class Dataset:
    """What an order holds of one dataset; the size is in bytes, and all three may be unknown.

    A value that can't be right may be a text where a number should be.
    """

    id: Value
    label: Value
    files_count: Value
    files_size: Value
    objects_count: Value


@dataclass(frozen=True)
class OrderDetail:
    """All there is to know of one order: every column, and its status as it is stored.

    ``history``, newest first, is None where none can be read. ``faults`` has what is wrong with it.
    """

    values: Row
    datasets: tuple[Dataset, ...]
    history: tuple[Row, ...] | None
    faults: Faults


def read_orders(
    database: Database, query: OrderQuery, faults: Faults | None = None
) -> Iterator[Row]:
    """The orders of the query, read as they are consumed: memory does not grow with their number.

    What is wrong with them is noted in ``faults``. Raises DatabaseError where the database can't
    answer.
    """
    with database.reading() as connection:
        rows = read_rows(connection, order_rows(_quickest(connection, query)), query.limit)
        yield from (faults or Faults()).mended(rows, query.columns)


def _quickest(connection: Connection, query: OrderQuery) -> OrderQuery:
    """The query, or the same read in another way where the database would not find that itself."""
    if estimates_matches(connection):
        return query
    frequent = frequent_users(query)
    if frequent is None or not connection.execute(frequent).scalar_one():
        return query
    return replace(query, users_by_index=False)


def count(database: Database, selection: Selection) -> int:
    """How many orders the selection chooses."""
    with database.reading() as connection:
        return int(connection.execute(count_orders(selection)).scalar_one())


def get(database: Database, order_id: int) -> OrderDetail:
    """The order with this id; raises PartialError where there is none."""
    query = OrderQuery(Selection(ids=(order_id,)), (*COLUMNS, STORED_STATUS), ())
    with database.reading() as connection:
        row = connection.execute(order_rows(query)).one_or_none()
        if row is None:
            raise PartialError(
                _("no order {id}").format(id=order_id),
                _("'ordercli list --all' shows the orders there are"),
            )
        faults = Faults()
        history = history_of(connection, order_id) if history_is_readable(connection) else None
        return OrderDetail(
            faults.mend(dict(row._mapping), query.columns, order_id),
            _datasets(connection, order_id, faults),
            history and tuple(faults.mended(history, HISTORY_FIELDS, "order_id")),
            faults,
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


def user_like(database: Database, user: str) -> str | None:
    """The user name nearest to one that nobody has; None where it exists or none is like it."""
    names = select(orders.c.owner).distinct().limit(_MOST_USERS_COMPARED)
    with database.reading() as connection:
        if connection.execute(select(orders.c.id).where(orders.c.owner == user).limit(1)).first():
            return None
        return nearest(user, connection.execute(names).scalars())


def _datasets(connection: Connection, order_id: int, faults: Faults) -> tuple[Dataset, ...]:
    task = dataset_tasks.c
    wanted = (task.id, task.dataset_label, task.files_count, task.files_size, task.objects_count)
    rows = connection.execute(select(*wanted).where(task.order_id == order_id).order_by(task.id))
    mended = (faults.mend(dict(row._mapping), _DATASET_FIELDS, order_id) for row in rows)
    return tuple(Dataset(*row.values()) for row in mended)
