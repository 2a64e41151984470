"""The states of orders, and what else decides how a change ends for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ordercli.domain.change import Extent, State
from ordercli.store.conditions import conditions
from ordercli.store.exact_numbers import exact_sum
from ordercli.store.sql_functions import among
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from ordercli.domain.selection import Selection

_LABEL: Any = orders.c.label.type

LONGEST_LABEL: int = _LABEL.length
"""Characters that a label has at most."""


def states_of(connection: Connection, ids: Sequence[int]) -> list[State]:
    """The states of these orders, by ascending id; those that are not there have none."""
    return [State(*row) for row in connection.execute(_states(among(orders.c.id, ids)))]


def locked_states(connection: Connection, ids: Sequence[int]) -> list[State]:
    """As ``states_of``; nobody else changes these orders before the transaction has ended."""
    locking = _states(among(orders.c.id, ids)).with_for_update(key_share=True)
    return [State(*row) for row in connection.execute(locking)]


def chosen_states(
    connection: Connection, selection: Selection, number: int
) -> Iterator[list[State]]:
    """The states of all orders that the selection chooses, so many at a time, by ascending id."""
    query = _states(*conditions(selection))
    with connection.execute(query, execution_options={"yield_per": number}) as found:
        for part in found.partitions():
            yield [State(*row) for row in part]


def extent_of(connection: Connection, ids: Sequence[int]) -> Extent:
    """How much these orders are, as they are now."""
    users = select(func.count(orders.c.owner.distinct())).where(among(orders.c.id, ids))
    size = select(exact_sum(dataset_tasks.c.files_size)).where(among(dataset_tasks.c.order_id, ids))
    row = connection.execute(select(users.scalar_subquery(), size.scalar_subquery())).one()
    return Extent(len(ids), row[0], int(row[1]))


def owner_of(connection: Connection, order_id: int) -> str | None:
    """The user of an order; None where there is none."""
    owner = select(orders.c.owner).where(orders.c.id == order_id)
    return connection.execute(owner).scalar_one_or_none()


def order_with_label(connection: Connection, owner: str, label: str) -> int | None:
    """The id of the user's order with this label, of which there is one at most."""
    found = select(orders.c.id).where(orders.c.owner == owner, orders.c.label == label)
    return connection.execute(found).scalar()


def _states(*where: ColumnElement[bool]) -> Select[Any]:
    columns = (orders.c.id, orders.c.status, orders.c.waiting_for_user)
    return select(*columns).where(*where).order_by(orders.c.id)
