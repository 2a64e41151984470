"""How a change of one order through the live service ends.

The order's row decides, read where it is written: just before the service is asked, and after it.
What the service answers tells only why an order is not as it was asked for.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.errors import DatabaseError, ServiceError
from ordercli.base.language import _
from ordercli.domain.change import Result, event_of
from ordercli.domain.status import CANCEL, PAUSE, RESUME, RETRY, Outcome
from ordercli.operations.transactions import read_persistently
from ordercli.service.answers import UNAVAILABLE, Answer, Verdict, unreachable
from ordercli.store.order_states import state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.base.limits import Limits
    from ordercli.domain.change import Event, State
    from ordercli.domain.status import Transition
    from ordercli.service.client import Client
    from ordercli.store.database import Database

_BLINK_SECONDS = 0.1
_UNCERTAIN = (Verdict.ACCEPTED, Verdict.LOST, Verdict.STRANGE)

_NOT_SEEN = (Verdict.LOST, Verdict.STRANGE, Verdict.UNSENT)


@dataclass(frozen=True)
class Ending:
    """How it ended for one order, what is to be recorded of it, and what stops the whole run."""

    result: Result
    event: Event | None = None
    error: ServiceError | None = None


class _Step(NamedTuple):
    """What came of one action; ``after`` is the order's state then, None where it is gone.

    ``waits`` is true where it was refused only until the order's jobs have ended.
    """

    outcome: Outcome
    after: State | None
    reason: str | None = None
    of_state: bool = False
    waits: bool = False
    cut_short: bool = False


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

    def state(self, order_id: int) -> State | None:
        """The order's state on the server that is written to; None where there is no such order.

        Raises DatabaseError where that can't be read, after a few tries.
        """
        return read_persistently(
            self.database,
            self.limits.retry_pauses_seconds,
            lambda connection: state_of(connection, order_id),
        )

    def change(self, transition: Transition, before: State) -> Ending:
        """Carry out the action on an order that was just looked at, and tell how that ended.

        Raises ServiceError where nothing was sent, or the login is refused.
        """
        if transition is CANCEL:
            return self._cancel(before)
        if transition is RESUME:
            step = self._ask_once_stopped(RESUME, before)
        else:
            step = self._ask(transition, before)
        return _ending(transition, before, step)

    def _cancel(self, before: State) -> Ending:
        """Cancel an order; one that is to run is paused first, twice where its pause is lost."""
        state, paused = before, None
        for _try in range(2):
            if state.stored in PAUSE.allowed_from:
                step = self._ask(PAUSE, state)
                if step.outcome is Outcome.CHANGED:
                    paused = _event(PAUSE, state, step)
                elif step.outcome is not Outcome.ALREADY and not step.of_state:
                    return _only_paused(before, step, paused)
            try:
                step = self._ask_once_stopped(CANCEL, before)
            except ServiceError as error:
                if paused is None:
                    raise
                ending = _only_paused(before, _Step(Outcome.REFUSED, None, error.what), paused)
                return Ending(ending.result, paused, error)
            if step.outcome is not Outcome.REFUSED or not _runs(step.after):
                break
            step = step._replace(reason=_("it runs again"))
            if step.after is not None:
                state = step.after
        if step.outcome is Outcome.CHANGED:
            return _ending(CANCEL, before, step)
        return _only_paused(before, step, paused)

    def _ask_once_stopped(self, transition: Transition, before: State) -> _Step:
        """Ask for what a service only does, or should only do, once the order's jobs have ended."""
        end = time.monotonic() + self.limits.jobs_seconds
        pause, longest = self.limits.jobs_pauses_seconds
        while True:
            step = self._jobs(transition, before) or self._ask(transition, before)
            if not step.waits:
                return step
            if time.monotonic() >= end:
                seconds = round(self.limits.jobs_seconds)
                reason = _("its jobs have not ended in {seconds} seconds").format(seconds=seconds)
                return step._replace(reason=reason)
            self.waiting(before.order_id)
            if not self._sleep(min(pause, max(end - time.monotonic(), 0))):
                reason = _("stopped before its jobs had ended")
                return step._replace(reason=reason, cut_short=True)
            pause = min(2 * pause, longest)

    def _jobs(self, transition: Transition, before: State) -> _Step | None:
        """Why a paused order's jobs do not count as ended; None where they do.

        Since 1.6 its link to resume says so. Older services give no links, and look themselves.
        """
        now = self.state(before.order_id)
        if now is None or now.stored != PAUSE.becomes:
            runs = transition is CANCEL and _runs(now)
            return _Step(Outcome.REFUSED, now) if runs else None
        for pause in (*self.limits.retry_pauses_seconds, 0):
            view = self.client.look(before.order_id, stopped=self.stopped)
            if view.answer.verdict not in _NOT_SEEN or not self._sleep(pause):
                break
        if view.answer.verdict is Verdict.REFUSED:
            return _Step(Outcome.REFUSED, now, view.answer.reason)
        return _Step(Outcome.REFUSED, now, waits=True) if view.jobs_may_run else None

    def _ask(self, transition: Transition, before: State) -> _Step:
        """Ask for the action, and look what came of it."""
        answer, lost = self._send(transition, before.order_id)
        uncertain = lost or answer.verdict in _UNCERTAIN
        try:
            after = self._look(transition, before.order_id, patient=uncertain)
        except DatabaseError as error:
            if not uncertain:
                return _Step(Outcome.REFUSED, before, answer.reason, answer.of_state)
            reason = _("the service was asked, but what came of it can't be read: {reason}")
            return _Step(Outcome.UNKNOWN, None, reason.format(reason=error.what))
        return _judge(transition, answer, before, after, lost=lost)

    def _send(self, transition: Transition, order_id: int) -> tuple[Answer, bool]:
        """The answer, and whether one before it was lost: a few tries, where they do no harm.

        An order that is paused, resumed, cancelled or gone already is refused, and stays as it is.
        """
        lost = False
        answer = Answer(Verdict.UNSENT)
        again = (Verdict.UNSENT,) if transition is RETRY else (Verdict.UNSENT, Verdict.LOST)
        for pause in (*self.limits.retry_pauses_seconds, 0):
            try:
                answer = self.client.send(transition.action, order_id, stopped=self.stopped)
            except ServiceError:
                if not lost:
                    raise
                answer = Answer(Verdict.LOST)
                break
            lost = lost or answer.verdict is Verdict.LOST
            if answer.verdict not in again or not self._sleep(pause):
                break
        if answer.verdict is Verdict.UNSENT and not lost:
            raise unreachable(self.client.service)
        return answer, lost

    def _look(self, transition: Transition, order_id: int, *, patient: bool) -> State | None:
        """The order's state, once it is as the action leaves it; soon where not ``patient``."""
        after = self.state(order_id)
        for pause in self.limits.retry_pauses_seconds if patient else ():
            if transition.leaves(after and after.stored):
                break
            time.sleep(pause)
            after = self.state(order_id)
        return after

    def _sleep(self, seconds: float) -> bool:
        """Wait; False as soon as somebody asked to stop."""
        end = time.monotonic() + seconds
        while not self.stopped() and (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _BLINK_SECONDS))
        return not self.stopped()


def _judge(
    transition: Transition, answer: Answer, before: State, after: State | None, *, lost: bool
) -> _Step:
    """What an action came to; ``lost`` tells whether an answer to it did not arrive."""
    if lost or answer.verdict in _UNCERTAIN:
        if transition.leaves(after and after.stored):
            return _Step(Outcome.CHANGED, after)
    elif answer.verdict is Verdict.REFUSED and after and after.stored in transition.already:
        return _Step(Outcome.ALREADY, after)
    if answer.verdict in _UNCERTAIN:
        return _disagreement(transition, answer, before, after)
    if answer.verdict is Verdict.NOT_FOUND:
        return _Step(Outcome.NOT_FOUND, after, answer.reason)
    # Refused for the jobs, it was not carried out before: there would be none any more.
    if lost and not answer.jobs_still_run:
        return _Step(Outcome.UNKNOWN, after)
    by_status = answer.of_state and after and transition.outcome(after.stored)
    reason = None if by_status and by_status is not Outcome.CHANGED else answer.reason
    # Services differ in what they answer until the jobs of a paused order have ended.
    is_paused = after is not None and after.stored == PAUSE.becomes
    waits = answer.jobs_still_run or (answer.of_state and is_paused and transition is not PAUSE)
    return _Step(Outcome.REFUSED, after, reason, answer.of_state, waits)


def _disagreement(
    transition: Transition, answer: Answer, before: State, after: State | None
) -> _Step:
    """What it came to where the order's row does not say that the action was carried out."""
    if answer.verdict is Verdict.ACCEPTED and transition is RETRY:  # its status follows later
        return _Step(Outcome.CHANGED, after)
    if answer.verdict is Verdict.ACCEPTED and before.stored == "PENDING" and _runs(after):
        return _Step(Outcome.REFUSED, after, _("the service wrote its pause back, it runs again"))
    if transition is RETRY:
        reason: str | None = _(
            "whether it is retried is unknown, {reason}; look before you repeat it"
        ).format(reason=answer.reason)
    elif answer.verdict is Verdict.ACCEPTED:
        reason = _("the service says that it did it, but the order is {status}")
        reason = reason.format(status=_("no longer there") if after is None else _(after.shown))
    elif answer.status == UNAVAILABLE:
        reason = _("unknown, {reason}; it is safe to repeat").format(reason=answer.reason)
    else:
        reason = answer.reason if answer.verdict is Verdict.STRANGE else None
    return _Step(Outcome.UNKNOWN, after, reason)


def _runs(state: State | None) -> bool:
    """Whether the order is, or will be, processed."""
    return state is not None and state.stored in PAUSE.allowed_from


def _shown(state: State | None) -> str:
    return _("no longer there") if state is None else _(state.shown)


def _ending(transition: Transition, before: State, step: _Step) -> Ending:
    order_id = before.order_id
    changed = step.outcome is Outcome.CHANGED
    if step.outcome is Outcome.NOT_FOUND:
        return Ending(Result(order_id, step.outcome, reason=step.reason))
    refused = step.outcome is Outcome.REFUSED
    was = step.after.shown if refused and step.after else before.shown
    now = step.after.shown if changed and step.after else None
    unsettled = changed and transition is PAUSE and before.stored == "PENDING"
    result = Result(order_id, step.outcome, was, step.reason, step.cut_short, unsettled, now)
    return Ending(result, _event(transition, before, step) if changed else None)


def _event(transition: Transition, before: State, step: _Step) -> Event:
    return event_of(transition, before, step.after)


def _only_paused(before: State, step: _Step, paused: Event | None) -> Ending:
    """How it ended for an order that was not cancelled, but perhaps paused by this run."""
    ending = _ending(CANCEL, before, step)
    is_paused = step.after is None or step.after.stored == PAUSE.becomes
    if paused is None or not is_paused:
        return Ending(ending.result, paused)
    reason = _("it is paused, not cancelled: {reason}")
    if step.outcome is Outcome.UNKNOWN:
        reason = _("it is paused, whether it is cancelled is unknown: {reason}")
    why = step.reason or _("the service gives no answer")
    told = ending.result._replace(was=before.shown, reason=reason.format(reason=why))
    return Ending(told, paused)
