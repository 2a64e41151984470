"""What is told of a change's results while they pass, and at the end."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ordercli.base.errors import ExitCode, InterruptedRunError
from ordercli.base.language import _, plural
from ordercli.base.text import counted, grouped
from ordercli.domain.status import Outcome
from ordercli.output.messages import note, tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ordercli.domain.status import Transition
    from ordercli.operations.plan import Result
    from ordercli.output.console import Console


_NOT_WELL = (Outcome.REFUSED, Outcome.NOT_FOUND, Outcome.UNKNOWN)


class Tally:
    """Counts results as they pass, and names on stderr each order that did not end well."""

    def __init__(self, transition: Transition, console: Console) -> None:
        self.transition = transition
        self.console = console
        self.outcomes: Counter[Outcome] = Counter()
        self.cut_short = 0
        self.changed: list[int] = []
        self.turned_back = 0

    def counted(self, results: Iterable[Result]) -> Iterator[Result]:
        """The results as they come."""
        for result in results:
            self.outcomes[result.outcome] += 1
            if result.outcome is Outcome.CHANGED:
                self.changed.append(result.order_id)
            self.cut_short += result.cut_short
            if result.outcome in _NOT_WELL:
                tell(self.console, _problem(result, self.transition))
            yield result

    def look_again(self, turned_back: Iterable[tuple[int, str]]) -> None:
        """Name orders that were changed and are no longer so, with the status that they have."""
        line = _("order {id} was {past}, but is {status} now; the service may have written it back")
        for order_id, status in turned_back:
            self.turned_back += 1
            past = _(self.transition.past)
            tell(self.console, line.format(id=order_id, past=past, status=_(status)))

    @property
    def exit_code(self) -> ExitCode:
        """How the run ends: nothing is certain where it is not for every order."""
        if self.outcomes[Outcome.UNKNOWN]:
            return ExitCode.FAILED
        refused = self.outcomes[Outcome.REFUSED] or self.outcomes[Outcome.NOT_FOUND]
        return ExitCode.PARTIAL if refused or self.turned_back else ExitCode.DONE

    def conclude(self, total: int, stopped: int, *, dry: bool) -> None:
        """Tell a person the numbers; raises InterruptedRunError where the run was cut short.

        ``stopped`` is then its exit code.
        """
        done = self.outcomes.total() - self.cut_short
        if done < total:
            raise InterruptedRunError(
                self._cut_line().format(
                    done=grouped(done),
                    orders=counted(total, "order"),
                    number=grouped(self.cut_short),
                ),
                _("repeat the command for the rest"),
                stopped,
            )
        if total > 1 and self.console.terminal:
            note(self.console, ", ".join(self._numbers(dry=dry)))

    def _cut_line(self) -> str:
        if self.cut_short:
            return _("stopped: {done} of {orders} done, {number} only paused, the others unchanged")
        return _("stopped: {done} of {orders} done, the others are unchanged")

    def _numbers(self, *, dry: bool) -> Iterator[str]:
        changed = self.outcomes[Outcome.CHANGED]
        would = plural("{orders} would be {past}", "{orders} would be {past}", changed)
        past = plural(self.transition.past, self.transition.past, changed)
        line = would if dry else _("{orders} were {past}")
        yield line.format(orders=counted(changed, "order"), past=past)
        if already := self.outcomes[Outcome.ALREADY]:
            yield _("{number} already").format(number=grouped(already))
        if refused := self.outcomes[Outcome.REFUSED]:
            yield plural("{number} refused", "{number} refused", refused).format(
                number=grouped(refused)
            )
        if missing := self.outcomes[Outcome.NOT_FOUND]:
            yield plural("{number} not found", "{number} not found", missing).format(
                number=grouped(missing)
            )
        if self.turned_back:
            yield plural("{number} turned back", "{number} turned back", self.turned_back).format(
                number=grouped(self.turned_back)
            )
        if unknown := self.outcomes[Outcome.UNKNOWN]:
            yield plural("{number} unknown", "{number} unknown", unknown).format(
                number=grouped(unknown)
            )


def _problem(result: Result, transition: Transition) -> str:
    """What did not end well for an order."""
    if result.reason is not None:
        return _("order {id}: {reason}").format(id=result.order_id, reason=result.reason)
    if result.outcome is Outcome.UNKNOWN:
        told = _("order {id} is unknown, the service gave no answer; it is safe to repeat")
        return told.format(id=result.order_id)
    if result.outcome is Outcome.NOT_FOUND:
        return _("no order {id}").format(id=result.order_id)
    if result.was is None:
        return _("order {id} changed after it was looked at, look again").format(id=result.order_id)
    return _("order {id} is {status}, it can't be {past}").format(
        id=result.order_id, status=_(result.was), past=_(transition.past)
    )
