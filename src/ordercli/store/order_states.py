"""The states of orders, and what else decides how a change ends for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ordercli.domain.change import Extent, State, StateGroup
from ordercli.store.conditions import conditions
from ordercli.store.exact_numbers import exact_sum
from ordercli.store.sql_functions import among, id_list
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from ordercli.domain.selection import Selection

_LABEL: Any = orders.c.label.type

LONGEST_LABEL: int = _LABEL.length
"""Characters that a label has at most."""


def state_of(connection: Connection, order_id: int) -> State | None:
    """The state of this order; None where there is none."""
    row = connection.execute(_states(orders.c.id == order_id)).one_or_none()
    return State(*row) if row else None


def states_of(
    connection: Connection, ids: Sequence[int], *, locked: bool = False
) -> list[StateGroup]:
    """The states of these orders, each with its orders; those that are not there have none.

    ``locked``, nobody else changes these orders before the transaction has ended.
    """
    found: Any = _states(among(orders.c.id, ids))
    if locked:
        found = found.order_by(orders.c.id).with_for_update(key_share=True)
    state = found.subquery().c
    fields = state.status, state.waiting_for_user
    groups = select(*fields, id_list(state.id)).group_by(*fields)
    return [_group(*row) for row in connection.execute(groups)]


def chosen_states(
    connection: Connection, selection: Selection, changeable: Sequence[str]
) -> Iterator[tuple[StateGroup, int]]:
    """The states of all orders that the selection chooses, and how many orders are in each.

    The ids are those of orders with a ``changeable`` stored status only: memory does not grow with
    the number of others. The state of the order with the lowest id comes first.
    """
    order: Any = orders.c
    ids = id_list(order.id).filter(order.status.in_(changeable))
    found = select(order.status, order.waiting_for_user, ids, func.count())
    # By the status first, SQLite would take an index on it, past one that suits the selection.
    groups = found.group_by(order.waiting_for_user, order.status).order_by(func.min(order.id))
    for *group, number in connection.execute(groups.where(*conditions(selection))):
        yield _group(*group), number


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
    return select(orders.c.id, orders.c.status, orders.c.waiting_for_user).where(*where)


def _group(stored: str, waiting: bool, ids: Sequence[int] | None) -> StateGroup:
    return StateGroup(stored, waiting, sorted(ids or ()))
