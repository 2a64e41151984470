"""Changing orders through the live service: several requests at a time, told in order.

An order's entry in the history is written as soon as the service has taken the change.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from ordercli.base.errors import DatabaseError, OrdercliError, ServiceError
from ordercli.base.language import _
from ordercli.base.text import counted, grouped
from ordercli.domain.status import Outcome
from ordercli.operations.plan import as_planned, batches, results_of, states_of
from ordercli.operations.service_order import Ending, ServiceOrders
from ordercli.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.pool import AsyncResult

    from ordercli.operations.plan import Change, Plan, Result
    from ordercli.operations.service_order import ServiceEvent
    from ordercli.service.client import Client
    from ordercli.store.database import Database, Transactions

_AHEAD = 2
"""Orders for each job that are begun before the first of them is told."""

_MOST_UNKNOWN = 10
"""Orders in a row without an answer, after which no more are asked for."""


def applied(
    database: Database,
    client: Client,
    change: Change,
    plan: Plan,
    stopped: Callable[[], object],
    *,
    jobs: int,
    waiting: Callable[[int], None],
) -> Iterator[list[Result]]:
    """Change the orders of the plan through the service, and give their results as they end.

    ``waiting`` is called with the id of an order whose jobs have to end before it can be
    cancelled. It ends early when ``stopped`` says so: what was asked for by then is finished.
    Raises ServiceError and DatabaseError, which tell how many are done, where it can't go on.
    """
    run = _Run(database, change, plan, stopped)
    through = ServiceOrders(database, client, run.halted, waiting)
    with ThreadPool(jobs) as pool, database.writing_often() as begin:
        begun: deque[AsyncResult[Ending | None]] = deque()
        for looked, stored in run.looked_at():
            begun.append(pool.apply_async(run.ended, (through, looked, stored)))
            while begun and (len(begun) >= _AHEAD * jobs or begun[0].ready()):
                yield run.told(begun.popleft(), begin)
        while begun:
            yield run.told(begun.popleft(), begin)
    run.conclude()


@dataclass
class _Run:
    """One run: what is done of it, and what stops it."""

    database: Database
    change: Change
    plan: Plan
    stopped: Callable[[], object]
    failure: OrdercliError | None = None
    done: int = 0
    unknown_in_a_row: int = 0
    unrecorded: list[int] = field(default_factory=list)

    def halted(self) -> bool:
        """Whether nothing more is to be asked for."""
        return self.failure is not None or bool(self.stopped())

    def looked_at(self) -> Iterator[tuple[Result, str]]:
        """How the change would end for each order as it is now, and its stored status."""
        for batch in batches(self.plan.ids):
            try:
                found = self._states(batch)
            except DatabaseError as error:
                self.failure = self.failure or error
                return
            for looked, stored in found:
                if self.halted():
                    return
                yield as_planned(looked, self.plan), stored

    def ended(self, through: ServiceOrders, looked: Result, stored: str) -> Ending | None:
        """How it ended for one order, in a thread of its own; None where it stays as it is."""
        if self.halted():
            return None
        if looked.outcome is not Outcome.CHANGED:
            return Ending(looked)
        try:
            return through.change(self.change.transition, looked, stored)
        except ServiceError as error:
            self.failure = self.failure or error
            return None

    def told(self, begun: AsyncResult[Ending | None], begin: Transactions) -> list[Result]:
        """The result, recorded, once it is there; none for an order that stays as it is."""
        ending = begun.get()
        if ending is None:
            return []
        self.failure = self.failure or ending.error
        if ending.event and self.plan.recorded:
            self._record(ending.result.order_id, ending.event, begin)
        self._count(ending.result.outcome)
        return [ending.result]

    def conclude(self) -> None:
        """Raise what stopped the run, if anything did."""
        if self.failure is None:
            return
        told = _("{reason}: {done} of {orders} done, {others}").format(
            reason=self.failure.what,
            done=grouped(self.done),
            orders=counted(len(self.plan.ids), "order"),
            others=_("the others unchanged"),
        )
        if self.unrecorded:
            ids = ", ".join(map(str, self.unrecorded))
            told += _("; not in the history: {ids}").format(ids=ids)
        raise type(self.failure)(told, self.failure.advice)

    def _states(self, batch: Sequence[int]) -> list[tuple[Result, str]]:
        with self.database.reading() as connection:
            rows = states_of(connection, batch)
        stored = {row.id: row.status for row in rows}
        found = results_of(self.change.transition, batch, rows)
        return [(each, stored.get(each.order_id, "")) for each in found]

    def _count(self, outcome: Outcome) -> None:
        self.done += 1
        self.unknown_in_a_row = self.unknown_in_a_row + 1 if outcome is Outcome.UNKNOWN else 0
        if self.unknown_in_a_row >= _MOST_UNKNOWN:
            self.failure = self.failure or ServiceError(
                _("the service gives no answer, again and again"),
                _("look at the service, then repeat the command, which is safe"),
            )

    def _record(self, order_id: int, event: ServiceEvent, begin: Transactions) -> None:
        change = self.change
        row: dict[str, Any] = {
            "order_id": order_id,
            "event_date": change.clock(),
            "actor": change.actor,
            "reason": change.reason,
            "operation": change.operation,
            **event._asdict(),
        }
        try:
            with begin() as connection:
                connection.execute(insert(events).values(row))
        except DatabaseError as error:
            self.failure = self.failure or error
            self.unrecorded.append(order_id)
