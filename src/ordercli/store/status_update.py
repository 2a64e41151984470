"""Writing a new status into orders, and making sure that the database kept it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, union_all, update

from ordercli.store.order_states import states_of
from ordercli.store.sql_functions import among
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from ordercli.domain.change import GroupChange, State
    from ordercli.domain.status import Transition


def update_status(connection: Connection, changes: Sequence[GroupChange], now: datetime) -> None:
    """Write the new status into these orders, whose rows are locked.

    A trigger or a rule of the database may skip it, or make something else of it.
    """
    together: dict[Transition, list[int]] = {}
    for transition, before in changes:
        together.setdefault(transition, []).extend(before.ids)
    for transition, ids in together.items():
        values: dict[str, Any] = {"status": transition.becomes, "status_date": now}
        if transition.clears_waiting or transition.sets_waiting:
            values["waiting_for_user"] = transition.sets_waiting
        # An expression: SQLite would else read every order that an index on the status gives.
        allowed = orders.c.status.concat("").in_(transition.allowed_from)
        connection.execute(update(orders).values(values).where(among(orders.c.id, ids), allowed))


def changed_orders(change: GroupChange, *columns: Any) -> Select[Any]:
    """These columns of those orders that are stored now as the change makes them."""
    becomes = orders.c.status.concat("") == change.transition.becomes
    return select(*columns).where(among(orders.c.id, change.before.ids), becomes)


def count_changed(connection: Connection, changes: Sequence[GroupChange]) -> int:
    """How many orders are stored now as the changes make them."""
    changed = union_all(*(changed_orders(each, orders.c.id) for each in changes)).subquery()
    return connection.execute(select(func.count()).select_from(changed)).scalar_one()


def unchanged_states(
    connection: Connection, changes: Sequence[GroupChange]
) -> dict[int, State | None]:
    """The states of the orders that have another status all the same; None for one gone."""
    unchanged: dict[int, State | None] = {}
    for transition, before in changes:
        unchanged |= dict.fromkeys(before.ids)
        for group in states_of(connection, before.ids):
            for state in group.states():
                unchanged[state.order_id] = state
                if group.stored == transition.becomes:
                    del unchanged[state.order_id]
    return unchanged
