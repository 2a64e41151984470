"""Changes from the screen: planned, asked about and made by the engine of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ordercli.base.language import _, plural
from ordercli.base.text import counted, grouped, printable
from ordercli.domain.reversal import can_be_taken_back
from ordercli.domain.selection import Selection
from ordercli.domain.status import UNDO, Outcome
from ordercli.operations.change_run import Tally, run_change, turned_back
from ordercli.operations.plan import extent, first_orders, foresee, make_plan
from ordercli.operations.undo import find_operation
from ordercli.output.change_messages import (
    foreseen_line,
    is_problem,
    numbers_line,
    operation_line,
    problem_line,
    unrecorded,
    waiting_unknown,
)
from ordercli.output.change_question import (
    ORDER_KEYS,
    question_lines,
    question_of,
    words_to_type,
)
from ordercli.output.messages import warning_lines
from ordercli.output.prompts import means_yes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ordercli.domain.change import Change, Plan, Result
    from ordercli.domain.reversal import Reversal
    from ordercli.domain.status import Transition
    from ordercli.top.request import AskPassword, TopRequest

_MOST_LINES = 1000


@dataclass(frozen=True)
class Proposal:
    """What a change would do, and the lines that ask about it."""

    transition: Transition
    plan: Plan
    lines: Sequence[str]
    question: str
    words: str | None

    def agrees(self, answer: str) -> bool:
        """Whether this answer to the question means yes."""
        if self.words is not None:
            return answer == self.words
        return means_yes(answer)


@dataclass
class Run:
    """A run of a change that is under way, or has ended."""

    change: Change
    plan: Plan
    stop: bool = False
    tally: Tally = field(default_factory=Tally)
    problems: list[str] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    failure: str = ""

    def shown_problems(self) -> list[str]:
        """Each order that is not as it was asked for, safe to show."""
        return [printable(each) for each in self.problems]

    def progress(self) -> str:
        """How far it has come, and how that ended."""
        outcomes, orders = self.tally.outcomes, counted(len(self.plan.ids), "order")
        told = _("{action}: {done} of {orders} done").format(
            action=self.change.transition.action, done=grouped(outcomes.total()), orders=orders
        )
        return f"{told}; {numbers_line(self.change.transition, self.tally)}" if outcomes else told

    def line(self) -> str:
        """How it ended."""
        told = numbers_line(self.change.transition, self.tally)
        left = len(self.plan.ids) - self.tally.outcomes.total()
        if left > 0:
            told = _("{numbers}, {left} not tried").format(numbers=told, left=left)
        return told

    def can_be_undone(self) -> bool:
        """Whether the whole of it can be asked back."""
        through_service = self.plan.of_service
        return bool(self.changed and self.plan.recorded) and can_be_taken_back(
            self.change.transition.action, through_service=through_service
        )


def propose(
    request: TopRequest, transition: Transition, ids: Sequence[int], words: str
) -> Proposal:
    """What the change would do to these orders as they are now.

    ``words`` are the filters through which a person sees them. Raises DatabaseError as a plan does.
    """
    above = [_("filter of the page: {words}").format(words=words)] if words else []
    return _proposal(request, transition, Selection(ids=tuple(ids)), {}, above)


def propose_undo(request: TopRequest, operation: str) -> Proposal:
    """What it would take to put the orders of an operation back; raises PartialError for none."""
    undone = find_operation(request.database, operation)
    back = undone.reversals(through_service=request.changes.service)
    above = [operation_line(undone.last, utc=request.utc)]
    return _proposal(request, UNDO, Selection(ids=tuple(back)), back, above)


def foreseen(request: TopRequest, proposal: Proposal) -> str:
    """What a dry run would show: how it would end for each order, and the numbers of all.

    It is safe to show. Raises DatabaseError where the orders can't be looked at.
    """
    plan, transition, tally = proposal.plan, proposal.transition, Tally()
    lines: list[str] = []
    for results in foresee(request.database, transition, plan):
        tally.count(results)
        lines += [foreseen_line(each, transition) for each in results[: _MOST_LINES - len(lines)]]
    if more := len(plan.ids) - len(lines):
        told = plural("and {number} more", "and {number} more", more)
        lines.append(told.format(number=grouped(more)))
    return "\n".join(map(printable, [*lines, "", numbers_line(transition, tally, dry=True)]))


def carry_out(
    request: TopRequest, run: Run, took: Callable[[], None], ask_password: AskPassword
) -> Run:
    """Make the change, which nobody has to watch; ``took`` is told of each batch of results.

    Raises OrdercliError where it can't go on; the run then has what was done.
    """
    listener, warnings = _Listener(run, took), request.database.warnings
    warnings.clear()  # those of changes before have been shown
    try:
        with request.changes.changer(run.change, run.plan, ask_password) as changer:
            run.tally = run_change(changer.results(lambda: run.stop), [listener])
    finally:
        run.problems += warning_lines(warnings)
    if run.tally.unsettled:
        back = turned_back(
            request.database, run.plan, run.change.transition, run.tally.unsettled, request.limits,
            direct=False,
        )  # fmt: skip
        run.tally.turned_back = len(back)
        run.problems += [
            _("order {id} was changed, but is {status} now").format(
                id=each.order_id, status=_(each.shown)
            )
            for each in back
        ]
    if run.changed and not run.plan.recorded:
        run.problems.append(unrecorded())
    return run


def _proposal(
    request: TopRequest,
    transition: Transition,
    selection: Selection,
    back: Mapping[int, Reversal],
    above: Sequence[str],
) -> Proposal:
    database = request.database
    plan = make_plan(
        database, transition, selection, service=request.changes.service, reversals=back
    )  # fmt: skip
    lines: Sequence[str] = ()
    if plan.shown:
        first = first_orders(database, plan, ORDER_KEYS)
        place, much = request.changes.place, extent(database, plan)
        told = [*above, waiting_unknown()] if plan.forgets_waiting else above
        asked = question_lines(plan, transition, much, place, first, request.console)
        lines = (*told, *asked)
    words = words_to_type(plan, transition) if transition.typed else None
    return Proposal(transition, plan, lines, question_of(plan, transition), words)


class _Listener:
    """Takes the results of a run in as they come."""

    def __init__(self, run: Run, took: Callable[[], None]) -> None:
        self._run, self._took = run, took

    def take(self, results: Sequence[Result]) -> None:
        """The results of a batch."""
        run = self._run
        run.tally.count(results)
        run.changed += [each.order_id for each in results if each.outcome is Outcome.CHANGED]
        room = _MOST_LINES - len(run.problems)
        problems = [each for each in results if is_problem(each)][:room]
        run.problems += [problem_line(each, run.change.transition) for each in problems]
        self._took()

    def close(self) -> None:
        """Nothing to end."""
