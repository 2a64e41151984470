"""One run of a change: a changer makes it, a batch at a time, and whoever listens is told.

What a listener does with the results can neither stop the run nor lose it.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ordercli.base.errors import DatabaseError, ExitCode
from ordercli.base.language import _
from ordercli.domain.status import Outcome
from ordercli.operations.plan import batches
from ordercli.store.order_states import states_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ordercli.base.limits import Limits
    from ordercli.domain.change import Plan, Result, State, StateGroup
    from ordercli.domain.status import Transition
    from ordercli.store.database import Database


class Changer(Protocol):
    """Makes a change, and records it in the history."""

    def results(self, stopped: Callable[[], object]) -> Iterator[Sequence[Result]]:
        """The results of a batch after the other, each once it is certain and recorded.

        It ends early when ``stopped`` says so. Raises OrdercliError, which tells how many are
        done, where it can't go on.
        """


class Listener(Protocol):
    """Takes the results of a run as they come."""

    def take(self, results: Sequence[Result]) -> None:
        """The results of a batch; raises OSError where they can't be written."""

    def close(self) -> None:
        """No results come any more, also where the run failed; raises OSError as above."""


@dataclass
class Tally:
    """How a run ended: how many orders with which outcome, and what was not certain by then.

    ``unsettled`` are the orders that a live service may still write back. ``output_error`` is what
    kept the first listener that failed from writing.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    cut_short: int = 0
    unsettled: list[int] = field(default_factory=list)
    turned_back: int = 0
    output_error: OSError | None = None

    def count(self, results: Iterable[Result]) -> None:
        """Take the results of a batch in."""
        for result in results:
            self.outcomes[result.outcome] += 1
            self.cut_short += result.cut_short
            if result.unsettled:
                self.unsettled.append(result.order_id)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code: an unknown outcome counts more than a refusal."""
        if self.outcomes[Outcome.UNKNOWN]:
            return ExitCode.FAILED
        refused = self.outcomes[Outcome.REFUSED] or self.outcomes[Outcome.NOT_FOUND]
        return ExitCode.PARTIAL if refused or self.turned_back else ExitCode.DONE


def run_change(batches: Iterable[Sequence[Result]], listeners: Iterable[Listener]) -> Tally:
    """Go through all batches of a change, whatever becomes of the listeners; gives the numbers."""
    tally = Tally()
    listening = list(listeners)

    def tell(call: Callable[[Listener], None]) -> None:
        for listener in list(listening):
            try:
                call(listener)
            except OSError as error:
                listening.remove(listener)
                tally.output_error = tally.output_error or error

    try:
        for results in batches:
            tally.count(results)
            tell(lambda listener, results=results: listener.take(results))  # type: ignore[misc]
    finally:
        tell(lambda listener: listener.close())
    return tally


def turned_back(
    database: Database,
    plan: Plan,
    transition: Transition,
    changed: Sequence[int],
    limits: Limits,
    *,
    direct: bool,
) -> list[State]:
    """The states of the changed orders that have been changed back since.

    A live service may write a row back that it had read before the change: it is given time to.
    Not ``direct``, it made the change itself, and left whether the orders wait for their users.
    Raises DatabaseError where the orders can't be looked at again.
    """
    time.sleep(limits.settling_seconds)
    groups: list[StateGroup] = []
    try:
        with database.reading(latest=True) as connection:
            for ids in batches(changed, limits.batch_orders):
                groups += states_of(connection, ids)
    except DatabaseError as error:
        what = _("{reason}: the orders are changed, but were not looked at again")
        raise DatabaseError(
            what.format(reason=error.what), _("look for what the service may have turned back")
        ) from error
    return sorted(
        each
        for group in groups
        for each in group.states()
        if not plan.transition_of(each.order_id, transition).lasts(
            each.stored, waiting=direct and each.waiting
        )
    )
