"""How a change of one order through the live service ends.

The service's answer decides. Where none came, or it refuses, the database tells how the order is
now: what is not known for certain is never told as done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.errors import DatabaseError, ServiceError
from ordercli.base.language import _
from ordercli.domain.change import Event, Result
from ordercli.domain.status import CANCEL, PAUSE, REMOVE, RETRY, Outcome
from ordercli.service.answers import JOBS_STILL_RUN, Answer, Verdict, unreachable
from ordercli.store.order_states import states_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.base.limits import Limits
    from ordercli.domain.status import Transition
    from ordercli.service.client import Client
    from ordercli.store.database import Database

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.5, 10.0
_BLINK_SECONDS = 0.1


@dataclass(frozen=True)
class Ending:
    """How it ended for one order, what is to be recorded of it, and what stops the whole run."""

    result: Result
    event: Event | None = None
    error: ServiceError | None = None


class _State(NamedTuple):
    """An order in the database; ``stored`` is None where there is none, empty where unreadable."""

    stored: str | None
    shown: str | None

    def is_after(self, transition: Transition) -> bool:
        """Whether it is as the action leaves it."""
        if self.stored is None:
            return transition is REMOVE
        return self.stored in (transition.becomes, *transition.already)

    @property
    def can_be_paused(self) -> bool:
        return self.stored in PAUSE.allowed_from


class _Step(NamedTuple):
    """One action asked for, until there was an answer or no more tries."""

    outcome: Outcome
    answer: Answer
    state: _State


_NOT_READ = _State("", None)


@dataclass(frozen=True)
class ServiceOrders:
    """Orders that are changed one by one through the service, by several threads at once.

    ``stopped`` tells whether somebody asked to stop, ``waiting`` is called with the id of an order
    whose jobs have to end first.
    """

    database: Database
    client: Client
    limits: Limits
    stopped: Callable[[], object]
    waiting: Callable[[int], None]

    def change(self, transition: Transition, looked: Result, stored: str) -> Ending:
        """Carry out the action on an order that was just looked at, and tell how that ended.

        ``stored`` is its status. Raises ServiceError where nothing was sent, or the login is
        refused.
        """
        if transition is CANCEL:
            return self._cancelled(looked, stored)
        step = self._asked(transition, looked.order_id)
        event = _event(transition, looked, stored) if step.outcome is Outcome.CHANGED else None
        return Ending(_result(transition, looked, step), event)

    def _cancelled(self, looked: Result, stored: str) -> Ending:
        """Cancel an order, which the service only does to one that is paused or has ended."""
        if stored not in PAUSE.allowed_from:
            return self._deleted(looked, stored, None)
        step = self._asked(PAUSE, looked.order_id)
        ended_meanwhile = step.outcome is Outcome.REFUSED and step.answer.of_state
        if step.outcome in (Outcome.CHANGED, Outcome.ALREADY) or ended_meanwhile:
            changed = step.outcome is Outcome.CHANGED
            return self._deleted(looked, stored, _event(PAUSE, looked, stored) if changed else None)
        return Ending(_result(CANCEL, looked, step))

    def _deleted(self, looked: Result, stored: str, paused: Event | None) -> Ending:
        """Cancel an order that needs no pause any more, once its jobs have ended.

        ``paused`` is the pause of this run, which stays where the cancel does not come about.
        """
        end = time.monotonic() + self.limits.jobs_seconds
        pause = _FIRST_WAIT_SECONDS
        may_have_jobs = stored in (*PAUSE.allowed_from, PAUSE.becomes)
        while True:
            try:
                step = may_have_jobs and self._waiting_for_jobs(looked.order_id)
                step = step or self._asked(CANCEL, looked.order_id)
            except ServiceError as error:
                if paused is None:
                    raise
                return Ending(_only_paused(looked, error.what), paused, error)
            if step.outcome is Outcome.CHANGED:
                return Ending(_result(CANCEL, looked, step), _event(CANCEL, looked, stored))
            if not _must_wait(step, paused):
                result = _result(CANCEL, looked, step)
                if paused and step.state.stored == PAUSE.becomes:
                    result = _only_paused(looked, step.answer.reason, result.outcome)
                return Ending(result, paused)
            if time.monotonic() >= end:
                return Ending(
                    _only_paused(looked, _too_long(step, self.limits.jobs_seconds)), paused
                )
            self.waiting(looked.order_id)
            if not self._slept(min(pause, max(end - time.monotonic(), 0))):
                reason = _("stopped before its jobs had ended")
                return Ending(_only_paused(looked, reason, cut_short=True), paused)
            pause = min(2 * pause, _LONGEST_WAIT_SECONDS)

    def _waiting_for_jobs(self, order_id: int) -> _Step | None:
        """The refusal of a cancel that came too early; None where it can be asked for.

        A service since 1.6 would take it while the jobs run, and lose data.
        """
        view = self.client.look(order_id, stopped=self.stopped)
        if view.answer.verdict is Verdict.REFUSED:
            return _Step(Outcome.REFUSED, view.answer, self._state(order_id))
        if not view.jobs_may_run:
            return None
        return _Step(Outcome.REFUSED, JOBS_STILL_RUN, self._state(order_id))

    def _asked(self, transition: Transition, order_id: int) -> _Step:
        """Ask until there is an answer, a few times at most: asking twice does no harm.

        An order that is paused, resumed or gone already is refused, and stays as it is.
        """
        lost = False
        answer = Answer(Verdict.UNSENT)
        # A second retry would retry a second time.
        pauses = () if transition is RETRY else self.limits.retry_pauses_seconds
        for pause in (*pauses, 0):
            try:
                answer = self.client.send(transition.action, order_id, stopped=self.stopped)
            except ServiceError:
                if not lost:
                    raise
                answer = Answer(Verdict.LOST)
                break
            lost = lost or answer.verdict in (Verdict.LOST, Verdict.STRANGE)
            if answer.verdict not in (Verdict.LOST, Verdict.UNSENT) or not self._slept(pause):
                break
        if answer.verdict is Verdict.UNSENT and not lost:
            raise unreachable(self.client.service)
        return self._told(transition, order_id, answer, lost=lost)

    def _told(self, transition: Transition, order_id: int, answer: Answer, *, lost: bool) -> _Step:
        """What the answer means; ``lost`` tells whether an earlier one did not arrive."""
        if answer.verdict is Verdict.ACCEPTED:
            return _Step(Outcome.CHANGED, answer, _NOT_READ)
        state = self._state(order_id)
        if state.is_after(transition) and (lost or answer.verdict is Verdict.REFUSED):
            return _Step(Outcome.CHANGED if lost else Outcome.ALREADY, answer, state)
        if answer.verdict is Verdict.NOT_FOUND:
            return _Step(Outcome.NOT_FOUND, answer, state)
        # Refused for the jobs, it was not carried out before: there would be none any more.
        uncertain = lost and not answer.jobs_still_run
        return _Step(Outcome.UNKNOWN if uncertain else Outcome.REFUSED, answer, state)

    def _state(self, order_id: int) -> _State:
        try:
            with self.database.reading(latest=True) as connection:
                states = states_of(connection, [order_id])
        except DatabaseError:
            return _NOT_READ
        return _State(states[0].stored, states[0].shown) if states else _State(None, None)

    def _slept(self, seconds: float) -> bool:
        """Wait; False as soon as somebody asked to stop."""
        end = time.monotonic() + seconds
        while not self.stopped() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _BLINK_SECONDS))
        return not self.stopped()


def _event(transition: Transition, looked: Result, stored: str) -> Event:
    return Event(looked.order_id, transition.action, stored, transition.becomes or stored)


def _result(transition: Transition, looked: Result, step: _Step) -> Result:
    order_id = looked.order_id
    if step.outcome is Outcome.NOT_FOUND:
        return Result(order_id, step.outcome, reason=_("the service knows no such order"))
    if step.outcome is Outcome.UNKNOWN and transition is RETRY:
        unknown = _("whether it is retried is unknown, {reason}; look before you repeat it")
        told = unknown.format(reason=step.answer.reason)
        return Result(order_id, step.outcome, looked.was, told)
    if step.outcome is not Outcome.REFUSED:
        return Result(order_id, step.outcome, looked.was)
    stored, shown = step.state
    told_by_status = step.answer.of_state and transition.outcome(stored) is Outcome.REFUSED
    reason = None if told_by_status and shown else step.answer.reason
    return Result(order_id, step.outcome, shown or looked.was, reason)


def _only_paused(
    looked: Result, reason: str, outcome: Outcome = Outcome.REFUSED, *, cut_short: bool = False
) -> Result:
    """The result for an order that this run has paused, and not cancelled."""
    told = _("it is paused, not cancelled: {reason}").format(reason=reason)
    return Result(looked.order_id, outcome, looked.was, told, cut_short)


def _must_wait(step: _Step, paused: Event | None) -> bool:
    """Whether a cancel was refused only for the jobs of the order, or for a pause to come."""
    if step.outcome is not Outcome.REFUSED:
        return False
    to_come = step.state.stored == PAUSE.becomes or (paused and step.state.can_be_paused)
    return step.answer.jobs_still_run or (step.answer.of_state and bool(to_come))


def _too_long(step: _Step, seconds: float) -> str:
    if step.state.can_be_paused:
        return _("it runs again, or its pause did not come about")
    return _("its jobs have not ended in {seconds} seconds").format(seconds=round(seconds))
