"""A change of orders: what is asked for, what it would do, and how it ends for each order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.language import _
from ordercli.domain.status import Outcome, displayed

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ordercli.domain.reversal import Reversal
    from ordercli.domain.status import Transition


@dataclass(frozen=True)
class Change:
    """One run of a command: what is done, by whom, and why; ``operation`` is the run's own id."""

    transition: Transition
    actor: str
    reason: str | None
    operation: str
    clock: Callable[[], datetime]


class State(NamedTuple):
    """What decides about an order: the two fields from which its status is displayed."""

    order_id: int
    stored: str
    waiting: bool

    @property
    def shown(self) -> str:
        """The displayed status."""
        return displayed(self.stored, waiting_for_user=self.waiting).name


class StateGroup(NamedTuple):
    """All orders of some that are in one state: their ids, ascending."""

    stored: str
    waiting: bool
    ids: Sequence[int]

    @property
    def shown(self) -> str:
        """The displayed status."""
        return displayed(self.stored, waiting_for_user=self.waiting).name

    def states(self) -> Iterator[State]:
        """The state of each of them."""
        return (State(each, self.stored, self.waiting) for each in self.ids)

    def only(self, chosen: Container[int]) -> StateGroup:
        """The same with those alone that are chosen."""
        return self._replace(ids=[each for each in self.ids if each in chosen])


class Event(NamedTuple):
    """What was done to an order, with its stored status before and after, for the history.

    It tells whether the order waited for its user as well, where that is known.
    """

    order_id: int
    action: str
    from_status: str
    to_status: str
    from_waiting: bool | None = None
    to_waiting: bool | None = None


class Result(NamedTuple):
    """How the change ended for one order.

    ``was`` is the status displayed before, None for no order. ``reason`` is what there is to say
    besides, in the reader's language. ``cut_short`` is true where somebody stopped the run in
    between, ``unsettled`` where a live service may still write back what it had read before.
    ``now`` is the status displayed after the change, where that was looked at.
    """

    order_id: int
    outcome: Outcome
    was: str | None = None
    reason: str | None = None
    cut_short: bool = False
    unsettled: bool = False
    now: str | None = None


class Extent(NamedTuple):
    """How much a choice of orders is: orders, users that they belong to, and bytes of files."""

    orders: int
    users: int
    size: int


@dataclass(frozen=True)
class Plan:
    """What a change would do: to which orders (ascending ids), how often with which outcome.

    ``shown`` has the displayed status of each order that would change: no other is changed,
    whatever becomes of it, and none that has another status by then. ``first`` has the first few
    of them. ``others`` counts, by outcome and displayed status, the orders that a filter chose and
    that would not change: their ids are left out. ``recorded`` tells whether there is a history to
    write to, ``of_service`` whether a live service made the orders. ``reversals`` are what leads
    each order back, of a change that takes another one back.
    """

    ids: Sequence[int]
    shown: Mapping[int, str]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    first: Sequence[int] = ()
    others: Counter[tuple[Outcome, str]] = field(default_factory=Counter)
    recorded: bool = True
    of_service: bool = False
    reversals: Mapping[int, Reversal] = field(default_factory=dict)

    @property
    def forgets_waiting(self) -> bool:
        """Whether nothing tells if some of the orders waited before, which are led back."""
        return any(self.reversals[each].forgets_waiting for each in self.shown if self.reversals)

    def transition_of(self, order_id: int, usual: Transition) -> Transition:
        """What is done to this order: the ``usual`` transition, or that which leads it back."""
        reversal = self.reversals.get(order_id)
        return (reversal and reversal.transition) or usual

    def by_transition(
        self, ids: Sequence[int], usual: Transition
    ) -> Iterable[tuple[Transition, Sequence[int]]]:
        """What is done to these orders, as ``transition_of`` has it: each with its ids."""
        if not self.reversals:
            return [(usual, ids)] if ids else []
        found: dict[Transition, list[int]] = {}
        for each in ids:
            found.setdefault(self.transition_of(each, usual), []).append(each)
        return found.items()


class GroupChange(NamedTuple):
    """What is done in one transaction to orders that are in one state."""

    transition: Transition
    before: StateGroup


def event_of(transition: Transition, before: State, after: State | None = None) -> Event:
    """What is to be recorded of an order that was changed; ``after`` is its state then.

    Without that, it is what the transition makes of it.
    """
    stored = after.stored if after else str(transition.becomes)
    waits = after.waiting if after else transition.waits_after(waiting=before.waiting)
    order_id, was, waited = before
    return Event(order_id, transition.action, was, stored, waited, waits)


def results_of(
    transition: Transition, ids: Sequence[int], groups: Iterable[StateGroup]
) -> list[Result]:
    """How the action would end for each of the ids, ascending, as the orders are now.

    The groups have no other orders; an id that is in none is not found.
    """
    found: list[Result] = []
    for group in groups:
        outcome, shown = transition.outcome(group.stored), group.shown
        found += [Result(each, outcome, shown) for each in group.ids]
    if len(found) < len(ids):
        missing = set(ids).difference(each.order_id for each in found)
        found += [Result(each, Outcome.NOT_FOUND) for each in missing]
    return sorted(found)


def as_planned(result: Result, plan: Plan) -> Result:
    """The result; refused where the order would change now from another status than was shown."""
    if result.outcome is not Outcome.CHANGED or plan.shown.get(result.order_id) == result.was:
        return result
    reason = _("it is {status} now, look again").format(status=_(str(result.was)))
    return Result(result.order_id, Outcome.REFUSED, result.was, reason)
