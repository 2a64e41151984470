"""What is told of a change: each result as it comes, and the numbers at the end."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ordercli.base.csv_json import json_text
from ordercli.base.errors import InterruptedRunError
from ordercli.base.language import _, plural
from ordercli.base.text import counted, grouped
from ordercli.base.values import Kind
from ordercli.domain.history import SHORT_OPERATION, action_word
from ordercli.domain.status import UNDO, Outcome
from ordercli.output.formatting import counted_statuses, human
from ordercli.output.messages import note, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ordercli.base.values import Row
    from ordercli.domain.change import Plan, Result, State
    from ordercli.domain.status import Transition
    from ordercli.operations.change_run import Tally
    from ordercli.output.console import Console

_PROBLEMS = (Outcome.REFUSED, Outcome.NOT_FOUND, Outcome.UNKNOWN)


def is_problem(result: Result) -> bool:
    """Whether the order is not as it was asked for."""
    return result.outcome in _PROBLEMS


class ResultLines:
    """Writes a line for each order that changed or had changed already; others are problems."""

    def __init__(self, console: Console, transition: Transition, *, dry: bool) -> None:
        self._console, self._transition, self._dry = console, transition, dry

    def take(self, results: Sequence[Result]) -> None:
        """Write the results of a batch."""
        lines = (_result_line(each, self._transition, dry=self._dry) for each in results)
        self._console.write([line for line in lines if line])

    def close(self) -> None:
        """Nothing to end: each line stands for itself."""


class ResultDocuments:
    """Writes a JSON array with an object for each order, which is whole however the run ends."""

    def __init__(self, console: Console, transition: Transition, *, dry: bool) -> None:
        self._console, self._transition, self._dry = console, transition, dry
        self._empty = True

    def take(self, results: Sequence[Result]) -> None:
        """Write the results of a batch."""
        pieces = []
        for each in results:
            document = _result_document(each, self._transition, dry=self._dry)
            pieces.append(("[\n  " if self._empty else ",\n  ") + json_text(document))
            self._empty = False
        self._console.write(pieces)

    def close(self) -> None:
        """End the array."""
        self._console.write(["[]\n" if self._empty else "\n]\n"])


class ProblemLines:
    """Names on stderr each order that was not changed, and says why."""

    def __init__(self, console: Console, transition: Transition) -> None:
        self._console, self._transition = console, transition

    def take(self, results: Sequence[Result]) -> None:
        """Name those orders of a batch."""
        for each in results:
            if is_problem(each):
                tell(self._console, problem_line(each, self._transition))

    def close(self) -> None:
        """Nothing to end: each line stands for itself."""


class ProgressBar:
    """Moves a bar on by the number of results."""

    def __init__(self, advance: Callable[[int], None]) -> None:
        self._advance = advance

    def take(self, results: Sequence[Result]) -> None:
        """Move it on by a batch."""
        self._advance(len(results))

    def close(self) -> None:
        """Nothing to end: the bar belongs to whoever made it."""


def others_line(plan: Plan, transition: Transition) -> str:
    """How many orders that a filter chose can't change, by status; empty where there are none."""
    total = plan.others.total()
    if not total:
        return ""
    past = plural(transition.past, transition.past, total)
    orders = counted(total, "other" if plan.shown else "order")
    refused: Counter[str] = Counter()
    for (outcome, status), number in plan.others.items():
        if outcome is Outcome.REFUSED:
            refused[status] += number
    if not refused:
        line = plural("{orders} is {past} already", "{orders} are {past} already", total)
        return line.format(orders=orders, past=past)
    parts = [counted_statuses(refused)]
    if already := total - refused.total():
        parts.append(_already(already, transition))
    line = plural("{orders} can't be {past}: {parts}", "{orders} can't be {past}: {parts}", total)
    return line.format(orders=orders, past=past, parts=", ".join(parts))


def tell_turned_back(console: Console, transition: Transition, state: State) -> None:
    """Name an order that was changed and is no longer so."""
    line = _("order {id} was {past}, but is {status} now; the service may have written it back")
    past = _(transition.past)
    tell(console, line.format(id=state.order_id, past=past, status=_(state.shown)))


def tell_undo(console: Console, operation: str) -> None:
    """Tell a person how to take back what was changed."""
    if console.terminal:
        command = f"ordercli undo {operation[:SHORT_OPERATION]}"
        note(console, _("undo with: {command}").format(command=command))


def operation_line(event: Row, *, utc: bool = False) -> str:
    """Which operation is to be taken back, by the last event of it."""
    line = _("operation {operation}: {action} by {actor}, {time}").format(
        operation=str(event["operation"])[:SHORT_OPERATION],
        action=action_word(str(event["action"])), actor=event["actor"],
        time=human(Kind.MOMENT, event["date"], utc=utc),
    )  # fmt: skip
    reason = event["reason"]
    return f"{line}, {reason}" if reason else line


def waiting_unknown() -> str:
    """That the history is older than its columns for who waited."""
    return _("the history does not tell whether these orders waited for their users")


def unrecorded() -> str:
    """That there is no history that what was changed could go into."""
    return _(
        "not recorded in a history: 'ordercli db init' makes one, "
        "'ordercli db grants --write' gives the right to it"
    )


def tell_end(
    console: Console, transition: Transition, tally: Tally, total: int, *, dry: bool
) -> None:
    """Tell a person the numbers; everybody where results could not be written.

    Raises OSError, which kept them from being written, after that.
    """
    numbers = numbers_line(transition, tally, dry=dry)
    if tally.output_error is None:
        if total > 1 and console.terminal:
            note(console, numbers)
        return
    with suppress(OSError):  # it may be stderr that fails
        gone = _("the reader of the output went away: {numbers}")
        failed = _("the output could not be written: {numbers}")
        line = gone if isinstance(tally.output_error, BrokenPipeError) else failed
        tell(console, line.format(numbers=numbers))
    raise tally.output_error


def interruption(tally: Tally, total: int, exit_code: int) -> InterruptedRunError | None:
    """The error that tells where a run of so many orders was cut short; None where it was not."""
    unknown = tally.outcomes[Outcome.UNKNOWN]
    done = tally.outcomes.total() - tally.cut_short - unknown
    if done + unknown >= total:
        return None
    line = _("stopped: {done} of {orders} done, the others are unchanged")
    if unknown:
        line = _("stopped: {done} of {orders} done, {number} unknown, the others unchanged")
    elif tally.cut_short:
        line = _("stopped: {done} of {orders} done, {number} only paused, the others unchanged")
    orders, number = counted(total, "order"), grouped(unknown or tally.cut_short)
    return InterruptedRunError(
        line.format(done=grouped(done), orders=orders, number=number),
        _("repeat the command for the rest"),
        exit_code,
    )


def numbers_line(transition: Transition, tally: Tally, *, dry: bool = False) -> str:
    """How many orders ended in which way, in a line."""
    return ", ".join(_numbers(transition, tally, dry=dry))


def _numbers(transition: Transition, tally: Tally, *, dry: bool) -> Iterator[str]:
    changed = tally.outcomes[Outcome.CHANGED]
    would = plural("{orders} would be {past}", "{orders} would be {past}", changed)
    past = plural(transition.past, transition.past, changed)
    were = plural("{orders} was {past}", "{orders} were {past}", changed)
    line = would if dry else were
    yield line.format(orders=counted(changed, "order"), past=past)
    if already := tally.outcomes[Outcome.ALREADY]:
        yield _already(already, transition)
    if refused := tally.outcomes[Outcome.REFUSED]:
        yield plural("{number} refused", "{number} refused", refused).format(
            number=grouped(refused)
        )
    if missing := tally.outcomes[Outcome.NOT_FOUND]:
        yield plural("{number} not found", "{number} not found", missing).format(
            number=grouped(missing)
        )
    if tally.turned_back:
        yield plural("{number} turned back", "{number} turned back", tally.turned_back).format(
            number=grouped(tally.turned_back)
        )
    if unknown := tally.outcomes[Outcome.UNKNOWN]:
        yield plural("{number} unknown", "{number} unknown", unknown).format(
            number=grouped(unknown)
        )


def _already(number: int, transition: Transition) -> str:
    past = plural(transition.past, transition.past, number)
    return _("{number} already {past}").format(number=grouped(number), past=past)


def foreseen_line(result: Result, transition: Transition) -> str:
    """How a change would end for an order, in a line."""
    if is_problem(result):
        return problem_line(result, transition)
    return _result_line(result, transition, dry=True).rstrip("\n")


def problem_line(result: Result, transition: Transition) -> str:
    """Why an order is not as it was asked for, in a line."""
    if result.reason is not None:
        return _("order {id}: {reason}").format(id=result.order_id, reason=result.reason)
    if result.outcome is Outcome.UNKNOWN:
        line = _("order {id} is unknown, the service gave no answer; it is safe to repeat")
        return line.format(id=result.order_id)
    if result.outcome is Outcome.NOT_FOUND:
        return _("no order {id}").format(id=result.order_id)
    return _("order {id} is {status}, it can't be {past}").format(
        id=result.order_id, status=_(str(result.was)), past=_(transition.past)
    )


def _result_document(result: Result, transition: Transition, *, dry: bool) -> dict[str, Any]:
    changed = result.outcome is Outcome.CHANGED
    after = None if result.outcome is Outcome.UNKNOWN else result.was
    return {
        "id": result.order_id,
        "outcome": result.outcome.value,
        "action": transition.action,
        "from": result.was,
        "to": (result.now or transition.shown_after(result.was or "")) if changed else after,
        "dry_run": dry,
    }


def _result_line(result: Result, transition: Transition, *, dry: bool) -> str:
    past = _(transition.past)
    if result.outcome is Outcome.ALREADY:
        return _("{id} already {past}").format(id=result.order_id, past=past) + "\n"
    if result.outcome is not Outcome.CHANGED:
        return ""
    if transition is UNDO:
        line = _("{id} would be {status} again") if dry else _("{id} is {status} again")
        return line.format(id=result.order_id, status=_(str(result.now))) + "\n"
    line = _("{id} would be {past} (is {status})") if dry else _("{id} {past} (was {status})")
    return line.format(id=result.order_id, past=past, status=_(str(result.was))) + "\n"
