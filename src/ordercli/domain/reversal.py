"""Taking an operation back: how each of its orders gets to what it was before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.domain.change import Result
from ordercli.domain.history import action_word
from ordercli.domain.status import (
    ACTIONS,
    CANCEL,
    KNOWN_STORED,
    PAUSE,
    RESUME,
    SERVICE_TRANSITIONS,
    UNDO,
    Outcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ordercli.domain.change import Event, State, StateGroup
    from ordercli.domain.status import Transition

_FOR_GOOD = {each.action for each in SERVICE_TRANSITIONS}


@dataclass(frozen=True)
class Reversal:
    """How one order gets back to what it was before an operation.

    ``event_id`` is the last event that the operation wrote of it, ``event`` all that it did.
    ``transition`` leads back, None where nothing does.
    """

    event_id: int
    event: Event
    transition: Transition | None
    through_service: bool

    @property
    def forgets_waiting(self) -> bool:
        """Whether it is not known if the order waited for its user, where that would be written."""
        return not self.through_service and self.event.from_waiting is None

    def result(self, state: State, newest_event: int | None) -> Result:
        """How taking it back ends for the order, which is in this state.

        ``newest_event`` is the last one of all that the history has of the order.
        """
        if self.transition is None:
            return Result(state.order_id, Outcome.REFUSED, state.shown, self._obstacle())
        outcome = self.transition.outcome(state.stored)
        as_before = self.transition.waits_after(waiting=state.waiting) == state.waiting
        if outcome is Outcome.ALREADY and as_before:
            return Result(state.order_id, outcome, state.shown)
        if newest_event != self.event_id or not self._left(state):
            reason = _("it was changed since, it is {status} now").format(status=_(state.shown))
            return Result(state.order_id, Outcome.REFUSED, state.shown, reason)
        now = self.transition.shown_after(state.shown)
        return Result(state.order_id, outcome, state.shown, now=now)

    def _left(self, state: State) -> bool:
        """Whether the order still is what the operation made of it."""
        waits = self.event.to_waiting
        # A service looks after that by itself, and neither pauses nor resumes because of it.
        same = self.through_service or waits is None or state.waiting == waits
        return state.stored == self.event.to_status and same

    def _obstacle(self) -> str:
        action = self.event.action
        word = action_word(action)
        if action not in _FOR_GOOD and self.through_service:
            return _("the service can't take back a {action}").format(action=word)
        return _("a {action} can't be taken back").format(action=word)


def can_be_taken_back(action: str, *, through_service: bool) -> bool:
    """Whether what an action did can be undone; a service can't bring back what is cancelled."""
    for_good = action in _FOR_GOOD or (through_service and action == CANCEL.action)
    return action in ACTIONS and not for_good


def reversal_of(event_id: int, event: Event, *, through_service: bool) -> Reversal:
    """How an order gets back to what it was before the event, of which this is the id.

    Through a service a pause is taken back by resuming and the other way round, nothing else is.
    """
    back = None
    if can_be_taken_back(event.action, through_service=through_service):
        back = _resumed_or_paused(event) if through_service else _rewritten(event)
    return Reversal(event_id, event, back, through_service)


def reversal_results(
    reversals: Mapping[int, Reversal],
    ids: Sequence[int],
    groups: Iterable[StateGroup],
    newest_events: Mapping[int, int],
) -> list[Result]:
    """How taking it back ends for each of the ids, ascending, as the orders are now.

    The groups have no other orders; an id that is in none is not found.
    """
    found = {
        state.order_id: reversals[state.order_id].result(state, newest_events.get(state.order_id))
        for group in groups
        for state in group.states()
    }
    return [found.get(each) or Result(each, Outcome.NOT_FOUND) for each in ids]


def _resumed_or_paused(event: Event) -> Transition | None:
    if event.to_status == PAUSE.becomes:
        return RESUME if event.from_status in PAUSE.allowed_from else None
    return PAUSE if event.from_status == PAUSE.becomes else None


def _rewritten(event: Event) -> Transition | None:
    known = event.from_status in KNOWN_STORED  # others can write to the history as well
    return _back(event.from_status, event.from_waiting, event.to_status) if known else None


@cache
def _back(before: str, waited: bool | None, after: str) -> Transition:
    """The transition from the status ``after`` to that ``before``, to waiting if it ``waited``."""
    return replace(
        UNDO, allowed_from=(after,), becomes=before, already=(before,),
        clears_waiting=waited is False, sets_waiting=waited is True,
    )  # fmt: skip
