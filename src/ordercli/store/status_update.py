"""Writing a new status into orders, and making sure that the database kept it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from ordercli.store.order_states import states_of
from ordercli.store.sql_functions import among
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ordercli.domain.change import State
    from ordercli.domain.status import Transition


def update_status(
    connection: Connection, transition: Transition, ids: Sequence[int], now: datetime
) -> dict[int, State | None]:
    """Write what the transition makes of these orders, whose rows are locked.

    Gives the states of those that have another status all the same, None for one that is gone: a
    trigger or a rule of the database skips an update, or makes something else of it.
    """
    values: dict[str, Any] = {"status": transition.becomes, "status_date": now}
    if transition.clears_waiting or transition.sets_waiting:
        values["waiting_for_user"] = transition.sets_waiting
    chosen = among(orders.c.id, ids)
    # An expression: SQLite would else read every order that an index on the status gives.
    allowed = orders.c.status.concat("").in_(transition.allowed_from)
    connection.execute(update(orders).values(values).where(chosen, allowed))
    count = select(func.count()).where(chosen, orders.c.status.concat("") == transition.becomes)
    if connection.execute(count).scalar_one() == len(ids):
        return {}
    found = {state.order_id: state for state in states_of(connection, ids)}
    kept = {each for each, state in found.items() if state.stored == transition.becomes}
    return {each: found.get(each) for each in ids if each not in kept}
