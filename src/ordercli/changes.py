"""Pausing, resuming and cancelling orders, while others write to the same rows.

A change is one guarded statement on rows that are locked first, in the order of their ids; its
history is written in the same transaction. Transactions are short: at most 500 orders each.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Text, insert, literal, select, update

from ordercli.errors import (
    ConnectionLostError,
    DatabaseError,
    ServerSilentError,
    TransientError,
)
from ordercli.expressions import among
from ordercli.filters import Selection, conditions
from ordercli.language import _
from ordercli.models import UtcTimestamp, events, orders
from ordercli.schema import history_is_writable, is_ours, require_tables
from ordercli.status import Outcome, Transition, displayed
from ordercli.text import counted, grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Set
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Insert, Select, Update

    from ordercli.database import Database, Transactions

_BATCH = 500
_PAUSES_SECONDS = (0.2, 0.4, 0.8)
_FEW = 5


@dataclass(frozen=True)
class Change:
    """One run of a command: what is done, by whom, and why; ``operation`` is the run's own id."""

    transition: Transition
    actor: str
    reason: str | None
    operation: str
    clock: Callable[[], datetime]


class Result(NamedTuple):
    """How the change ended for one order.

    ``was`` is the status displayed before; None for no order, and for one that was refused because
    it could only change after it was looked at.
    """

    order_id: int
    outcome: Outcome
    was: str | None = None


@dataclass(frozen=True)
class Plan:
    """What a change would do: to which orders (ascending ids), how often with which outcome.

    ``changing`` has the ids of the orders that would change: no other is changed, whatever becomes
    of it. ``first`` has the first few of them. ``recorded`` tells whether there is a history to
    write to.
    """

    ids: Sequence[int]
    changing: Set[int]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    first: Sequence[int] = ()
    recorded: bool = True


def planned(
    database: Database,
    transition: Transition,
    choice: Selection,
    *,
    direct: bool,
    latest: bool = True,
) -> Plan:
    """What the change would do to the chosen orders as they are now; nothing is changed.

    With ``latest`` it looks where it will be written. Raises DatabaseError on a live service's
    database unless ``direct``.
    """
    ids: list[int] = []
    changing: set[int] = set()
    outcomes: Counter[Outcome] = Counter()
    with database.reading(latest=latest) as connection:
        require_tables(connection)
        if not (direct or is_ours(connection)):
            raise _service_refusal(transition)
        for result in _present(connection, transition, choice):
            ids.append(result.order_id)
            outcomes[result.outcome] += 1
            if result.outcome is Outcome.CHANGED:
                changing.add(result.order_id)
        first = list(islice((each for each in ids if each in changing), _FEW))
        return Plan(ids, changing, outcomes, first, history_is_writable(connection))


def foreseen(database: Database, transition: Transition, ids: Sequence[int]) -> Iterator[Result]:
    """How the change would end for each order as it is now; nothing is changed."""
    with database.reading() as connection:
        yield from _present(connection, transition, Selection(ids=tuple(ids)))


def applied(
    database: Database, change: Change, plan: Plan, stopped: Callable[[], object]
) -> Iterator[list[Result]]:
    """Change the orders of the plan, and give the results of each batch once it is committed.

    It ends early, between two batches, when ``stopped`` says so. Raises DatabaseError, which
    tells how many are done, where the database fails for good.
    """
    done = 0
    with database.writing_often() as begin:
        for batch in _batches(plan.ids):
            if stopped():
                return
            try:
                results = _persistently(begin, change, batch, plan)
            except DatabaseError as error:
                raise _partly_done(error, batch, done, len(plan.ids)) from error
            done += len(batch)
            yield results


def _present(connection: Connection, transition: Transition, choice: Selection) -> Iterator[Result]:
    """How it would end for each chosen order, by ascending id; ids that nothing has included."""
    if choice.ids is None:
        wanted = _states(conditions(choice))
        with connection.execute(wanted, execution_options={"yield_per": _BATCH}) as rows:
            yield from (_result(transition, row) for row in rows)
        return
    for batch in _batches(sorted(set(choice.ids))):
        rows = connection.execute(_states([among(orders.c.id, batch)]))
        yield from _results(transition, batch, rows)


def _persistently(
    begin: Transactions, change: Change, batch: Sequence[int], plan: Plan
) -> list[Result]:
    """Change one batch, again after a deadlock, a lock held too long or a lost connection.

    A server that does not answer is not tried again.

    Raises ConnectionLostError where any try may have been committed without an answer.
    """
    tried: dict[int, Result] = {}
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
    tried: dict[int, Result],
) -> list[Result]:
    """Change one batch in the transaction at hand.

    ``tried`` has the results of the try before, whose answer may have been lost: where the events
    of this operation tell that it was committed, they stand. It gets the results of this one.
    """
    locked = _states([among(orders.c.id, batch)]).with_for_update(key_share=True)
    found = _results(change.transition, batch, connection.execute(locked))
    mine = _recorded(connection, change, batch) if tried and plan.recorded else set()
    results = [
        tried[each.order_id] if each.order_id in mine else _as_planned(each, plan) for each in found
    ]
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
    tried.update((each.order_id, each) for each in results)
    return results


def _as_planned(result: Result, plan: Plan) -> Result:
    """The result; refused where the order would change now, but would not have when looked at."""
    if result.outcome is Outcome.CHANGED and result.order_id not in plan.changing:
        return Result(result.order_id, Outcome.REFUSED)
    return result


def _states(where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    columns = (orders.c.id, orders.c.status, orders.c.waiting_for_user)
    return select(*columns).where(*where).order_by(orders.c.id)


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


def _results(transition: Transition, batch: Sequence[int], rows: Iterable[Any]) -> Iterator[Result]:
    """A result for each id of the batch, the missing ones included."""
    found = {row[0]: row for row in rows}
    for order_id in batch:
        row = found.get(order_id)
        yield Result(order_id, Outcome.NOT_FOUND) if row is None else _result(transition, row)


def _result(transition: Transition, row: Any) -> Result:
    order_id, stored, waiting = row
    return Result(order_id, *_verdict(transition, stored, waiting))


@cache
def _verdict(transition: Transition, stored: str, waiting: bool) -> tuple[Outcome, str]:
    was = displayed(stored, waiting_for_user=waiting).name
    return transition.outcome(stored), was


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def _service_refusal(transition: Transition) -> DatabaseError:
    return DatabaseError(
        _("a live service made this database, and its jobs would not {action}").format(
            action=transition.action
        ),
        _("--direct writes the status here all the same; nothing was changed"),
    )


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
