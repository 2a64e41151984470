"""Changing orders through the live service: several requests at a time, told in order.

An order's entry in the history is written as soon as its row says that it is changed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from multiprocessing.pool import ThreadPool
from typing import TYPE_CHECKING

from ordercli.base.errors import (
    CommitInterruptedError,
    DatabaseError,
    OrdercliError,
    ServiceError,
)
from ordercli.base.language import _
from ordercli.base.text import counted, grouped
from ordercli.domain.change import as_planned
from ordercli.domain.status import UNDO, Outcome
from ordercli.operations.service_order import Ending, ServiceOrders
from ordercli.operations.transactions import (
    read_persistently,
    recorded_after_all,
    write_persistently,
)
from ordercli.operations.undo import verdicts
from ordercli.store.events import record, recorded_orders
from ordercli.store.order_states import states_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.pool import AsyncResult

    from sqlalchemy import Connection

    from ordercli.base.limits import Limits
    from ordercli.domain.change import Change, Event, Plan, Result, State
    from ordercli.service.client import Client
    from ordercli.store.database import Database, Transactions

_AHEAD = 2
"""Orders for each job that are begun before the first of them is told."""

_MOST_UNKNOWN = 10
"""Orders in a row without an answer, after which no more are asked for."""


@dataclass(frozen=True)
class ServiceChanger:
    """Changes the orders of a plan through the live service, a few at a time.

    ``waiting`` is called with the id of an order whose jobs have to end before it can be
    cancelled; any thread may call it.
    """

    database: Database
    client: Client
    change: Change
    plan: Plan
    jobs: int
    waiting: Callable[[int], None]
    limits: Limits

    def results(self, stopped: Callable[[], object]) -> Iterator[Sequence[Result]]:
        """The result of an order after the other, once it is recorded; see ``change_run``.

        What was asked for when ``stopped`` says so is finished. Raises ServiceError and
        DatabaseError, which tell how many are done, where it can't go on.
        """
        run = _Run(self, stopped)
        with ThreadPool(self.jobs) as pool, self.database.writing_often() as begin:
            begun: deque[AsyncResult[Ending | None]] = deque()
            for order_id in self.plan.ids:
                if run.is_over():
                    break
                begun.append(pool.apply_async(run.end, (order_id,)))
                while begun and (len(begun) >= _AHEAD * self.jobs or begun[0].ready()):
                    yield run.conclude(begun.popleft(), begin)
            while begun:
                yield run.conclude(begun.popleft(), begin)
        run.check()


@dataclass
class _Run:
    """One run: what is done of it, and what stops it."""

    changer: ServiceChanger
    stopped: Callable[[], object]
    failure: OrdercliError | None = None
    done: int = 0
    unknown_in_a_row: int = 0
    unrecorded: list[int] = field(default_factory=list)

    def is_over(self) -> bool:
        """Whether nothing more is to be asked for."""
        return self.failure is not None or bool(self.stopped())

    def end(self, order_id: int) -> Ending | None:
        """How it ended for one order, in a thread of its own; None where it stays as it is."""
        if self.is_over():
            return None
        changer = self.changer
        through = ServiceOrders(
            changer.database, changer.client, changer.limits, self.is_over, changer.waiting
        )
        try:
            state, looked = self._look(order_id)
            if state is None or looked.outcome is not Outcome.CHANGED:
                return Ending(looked)
            transition = changer.plan.transition_of(order_id, changer.change.transition)
            ending = through.change(transition, state)
        except (DatabaseError, ServiceError) as error:
            self.failure = self.failure or error
            return None
        # An order that nothing was done to when somebody stopped the run is one of the others.
        return None if ending.result.cut_short and ending.event is None else ending

    def _look(self, order_id: int) -> tuple[State | None, Result]:
        """The order's state, and how the change would end for it now."""
        changer, plan = self.changer, self.changer.plan

        def look(connection: Connection) -> tuple[State | None, Result]:
            groups = states_of(connection, [order_id])
            transition = changer.change.transition
            (result,) = verdicts(connection, transition, plan.reversals, [order_id], groups)
            state = next((each for group in groups for each in group.states()), None)
            return state, as_planned(result, plan)

        return read_persistently(changer.database, changer.limits.retry_pauses_seconds, look)

    def conclude(self, begun: AsyncResult[Ending | None], begin: Transactions) -> Sequence[Result]:
        """The result, recorded, once it is there; none for an order that stays as it is."""
        ending = begun.get()
        if ending is None:
            return ()
        self.failure = self.failure or ending.error
        if ending.event and self.changer.plan.recorded:
            self._record(ending.event, begin)
        self._count(ending.result.outcome)
        return [ending.result]

    def check(self) -> None:
        """Raise what stopped the run, if anything did."""
        if self.failure is None:
            return
        what = _("{reason}: {done} of {orders} done, {others}").format(
            reason=self.failure.what,
            done=grouped(self.done),
            orders=counted(len(self.changer.plan.ids), "order"),
            others=_("the others unchanged"),
        )
        if self.unrecorded:
            ids = ", ".join(map(str, self.unrecorded))
            what += _("; not in the history: {ids}").format(ids=ids)
        raise type(self.failure)(what, self.failure.advice)

    def _count(self, outcome: Outcome) -> None:
        self.done += 1
        self.unknown_in_a_row = self.unknown_in_a_row + 1 if outcome is Outcome.UNKNOWN else 0
        if self.unknown_in_a_row >= _MOST_UNKNOWN:
            self.failure = self.failure or ServiceError(
                _("the service has not answered, several times over"),
                _("look at the service, then repeat the command, which is safe"),
            )

    def _record(self, event: Event, begin: Transactions) -> None:
        change = self.changer.change
        if change.transition is UNDO:  # the service only knows how to pause and to resume
            event = event._replace(action=UNDO.action)

        def write(connection: Connection, lost: bool) -> None:
            if not (lost and recorded_orders(connection, change.operation, [event.order_id])):
                record(connection, change, event, change.clock())

        try:
            write_persistently(begin, self.changer.limits.retry_pauses_seconds, write)
        except DatabaseError as error:
            stopped = isinstance(error, CommitInterruptedError)
            if stopped and recorded_after_all(self.changer.database, change, [event.order_id]):
                return
            self.failure = self.failure or error
            self.unrecorded.append(event.order_id)
