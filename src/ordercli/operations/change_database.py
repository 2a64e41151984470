"""Pausing, resuming and cancelling orders, while others write to the same rows.

A change is one guarded statement on rows that are locked first, in the order of their ids; its
history is written in the same transaction. Transactions are short.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, insert, literal, select, update

from ordercli.base.errors import (
    ConnectionLostError,
    DatabaseError,
    ServerSilentError,
    TransientError,
)
from ordercli.base.language import _
from ordercli.base.text import counted, grouped
from ordercli.domain.status import Outcome, displayed
from ordercli.operations import plan as plans
from ordercli.operations.plan import as_planned, batches, results_of, states, states_of
from ordercli.store.column_types import UtcTimestamp
from ordercli.store.sql_functions import among
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Insert, Update

    from ordercli.domain.status import Transition
    from ordercli.operations.plan import Change, Plan, Result
    from ordercli.store.database import Database, Transactions

_PAUSES_SECONDS = (0.2, 0.4, 0.8)
_SETTLING_SECONDS = 1.2
"""The service goes over its orders once a second."""
_SQLITE_BATCH = 10_000
"""More than on a server: every commit waits for the disk, and no service waits for the rows.

They are locked for about a tenth of a second.
"""


def applied(
    database: Database, change: Change, plan: Plan, stopped: Callable[[], object]
) -> Iterator[list[Result]]:
    """Change the orders of the plan, and give the results of each batch once it is committed.

    It ends early, between two batches, when ``stopped`` says so. Raises DatabaseError, which
    tells how many are done, where the database fails for good.
    """
    done = 0
    with database.writing_often() as begin:
        for batch in batches(plan.ids, most_at_once(database)):
            if stopped():
                return
            try:
                results = _persistently(begin, change, batch, plan)
            except DatabaseError as error:
                raise _partly_done(error, batch, done, len(plan.ids)) from error
            done += len(batch)
            yield results


def turned_back(
    database: Database, transition: Transition, changed: Sequence[int]
) -> Iterator[tuple[int, str]]:
    """Of the orders that were changed, those that were turned back, with their displayed status.

    A live service may write a row back that it had read before the change: it is given time to.
    Raises DatabaseError where the orders can't be looked at again.
    """
    time.sleep(_SETTLING_SECONDS)
    try:
        with database.reading(latest=True) as connection:
            for batch in batches(changed):
                for order_id, stored, waiting in states_of(connection, batch):
                    if not transition.lasts(stored, waiting=waiting):
                        yield order_id, displayed(stored, waiting_for_user=waiting).name
    except DatabaseError as error:
        what = _("{reason}: the orders are changed, but were not looked at again")
        raise DatabaseError(
            what.format(reason=error.what), _("look for what the service may have turned back")
        ) from error


def most_at_once(database: Database) -> int:
    """How many orders one transaction changes at most."""
    return plans.BATCH if database.path is None else _SQLITE_BATCH


def _persistently(
    begin: Transactions, change: Change, batch: Sequence[int], plan: Plan
) -> list[Result]:
    """Change one batch, again after a deadlock, a lock held too long or a lost connection.

    A server that does not answer is not tried again.

    Raises ConnectionLostError where any try may have been committed without an answer.
    """
    tried: list[Result] = []
    lost = False
    pauses = iter(_PAUSES_SECONDS)
    while True:
        try:
            with begin() as connection:
                return _change(connection, change, batch, plan, tried)
        except DatabaseError as error:
            lost = lost or isinstance(error, ConnectionLostError)
            again = isinstance(error, TransientError) and not isinstance(error, ServerSilentError)
            pause = next(pauses, None) if again else None
            if pause is None:
                raise (ConnectionLostError(error.what) if lost else error) from error
        time.sleep(pause)


def _change(
    connection: Connection,
    change: Change,
    batch: Sequence[int],
    plan: Plan,
    tried: list[Result],
) -> list[Result]:
    """Change one batch in the transaction at hand.

    ``tried`` has the results of the try before, whose answer may have been lost: where the events
    of this operation tell that it was committed, they stand. It gets the results of this one.
    """
    locked = states([among(orders.c.id, batch)]).with_for_update(key_share=True)
    results = [
        as_planned(each, plan)
        for each in results_of(change.transition, batch, connection.execute(locked).all())
    ]
    mine = _recorded(connection, change, batch) if tried and plan.recorded else set()
    if mine:
        told = {each.order_id: each for each in tried}
        results = [told[each.order_id] if each.order_id in mine else each for each in results]
    changing = [
        each.order_id
        for each in results
        if each.outcome is Outcome.CHANGED and each.order_id not in mine
    ]
    if changing:
        now = change.clock()
        still_allowed = (
            among(orders.c.id, changing),
            # An expression: SQLite would else read every order that an index on the status gives.
            orders.c.status.concat("").in_(change.transition.allowed_from),
        )
        if plan.recorded:
            connection.execute(_events(change, now, still_allowed))
        connection.execute(_update(change.transition, now).where(*still_allowed))
    tried[:] = results
    return results


def _update(transition: Transition, now: datetime) -> Update:
    values: dict[str, Any] = {"status": transition.becomes, "status_date": now}
    if transition.clears_waiting:
        values["waiting_for_user"] = False
    return update(orders).values(values)


def _events(change: Change, now: datetime, where: Sequence[ColumnElement[bool]]) -> Insert:
    """One event for each of the rows, with the status that it still has."""
    values = {
        "order_id": orders.c.id,
        "action": literal(change.transition.action),
        "from_status": orders.c.status,
        "to_status": literal(change.transition.becomes),
        "event_date": literal(now, UtcTimestamp),
        "actor": literal(change.actor),
        "reason": literal(change.reason, Text),
        "operation": literal(change.operation),
    }
    rows = select(*values.values()).where(*where).order_by(orders.c.id)
    return insert(events).from_select(list(values), rows)


def _recorded(connection: Connection, change: Change, batch: Sequence[int]) -> set[int]:
    """The orders of the batch that this operation has changed already."""
    mine = select(events.c.order_id).where(
        events.c.operation == change.operation, among(events.c.order_id, batch)
    )
    return set(connection.execute(mine).scalars())


def _partly_done(
    error: DatabaseError, batch: Sequence[int], done: int, total: int
) -> DatabaseError:
    others = _("the others unchanged")
    if isinstance(error, ConnectionLostError):
        unknown = _("orders {first} to {last} are unknown")
        others = unknown.format(first=batch[0], last=batch[-1])
    what = _("{reason}: {done} of {orders} done, {others}").format(
        reason=error.what, done=grouped(done), orders=counted(total, "order"), others=others
    )
    return DatabaseError(what, _("repeat the command, which is safe"))
