"""``ordercli pause``, ``resume`` and ``cancel``: one body."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from ordercli import settings
from ordercli.console import Console, answered_yes, can_ask, note, progress, stoppable
from ordercli.errors import ExitCode, InterruptedRunError, UsageError, unknown_name
from ordercli.options import DatabaseOptions, SelectionOptions, parse_ids, with_option_groups
from ordercli.status import Outcome, Transition
from ordercli.text import counted, require_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ordercli.changes import Change, Plan, Result
    from ordercli.database import Database
    from ordercli.filters import Selection

_FORMATS = ("text", "json")
_MOST_LINES = 20
"""Orders that a terminal lists one by one."""


def change_command(transition: Transition) -> Callable[..., None]:
    """The command that makes this change."""

    @with_option_groups
    def change(
        choice: SelectionOptions,
        where: DatabaseOptions,
        ids: Annotated[
            list[str] | None,
            typer.Argument(metavar="[ID]...", help="Ids of orders; - reads them from stdin."),
        ] = None,
        reason: Annotated[
            str | None,
            typer.Option("-m", "--reason", metavar="TEXT", help="Why; goes into the history."),
        ] = None,
        most: Annotated[
            int | None,
            typer.Option("--max", min=0, metavar="N", help="Refuse to change more than N orders."),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("-n", "--dry-run", help="Show what would change; change nothing.")
        ] = False,
        yes: Annotated[bool, typer.Option("-y", "--yes", help="Ask for no confirmation.")] = False,
        direct: Annotated[
            bool, typer.Option("--direct", help="Write into a live service's database as well.")
        ] = False,
        style: Annotated[
            str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")
        ] = "text",
        quiet: Annotated[bool, typer.Option("-q", "--quiet", help="No result per order.")] = False,
    ) -> None:
        from ordercli.changes import planned

        if style.lower() not in _FORMATS:
            raise unknown_name("format", style, _FORMATS)
        asks = not (yes or dry_run) and (transition.asks or not ids)
        if asks and ids == ["-"]:
            raise UsageError("with - there is no one to ask", "add --yes, or -n to look first")
        console = Console.of_process()
        wanted = _Wanted(transition, reason, style.lower() == "json", quiet, dry_run)
        selection = _selection(ids, choice)
        database = where.open()
        plan = planned(database, transition, selection, direct=direct)
        if not plan.ids:
            note(
                "ordercli: no order matches" if selection.ids is None else "ordercli: no ids given"
            )
        _check_number(plan, most)
        if asks and plan.outcomes[Outcome.CHANGED]:
            _ask(database, plan, transition)
        _carry_out(database, plan, wanted, console)

    return change


@dataclass(frozen=True)
class _Wanted:
    """What was asked for, and how its results are to be written."""

    transition: Transition
    reason: str | None
    as_json: bool
    quiet: bool
    dry_run: bool

    def change(self) -> Change:
        """One run of the change, with a new operation id."""
        from ordercli.changes import Change

        reason = self.reason or None
        if reason is not None:
            require_text(reason.replace("\0", ""), "--reason")
        return Change(self.transition, settings.actor(), reason, str(uuid4()), settings.now)


def _selection(ids: list[str] | None, choice: SelectionOptions) -> Selection:
    from ordercli.filters import Selection

    if ids and choice.given:
        raise UsageError("ids and filters exclude each other", "give one or the other")
    if ids:
        return Selection(ids=parse_ids(ids))
    if not choice.given:
        raise UsageError("no orders are named", "give ids, - to read them, or a filter such as -u")
    return choice.selection(settings.now())


def _check_number(plan: Plan, most: int | None) -> None:
    changing = plan.outcomes[Outcome.CHANGED]
    if most is not None and changing > most:
        raise UsageError(
            f"{counted(changing, 'order')} would change, more than --max {most}",
            "choose fewer or raise it; nothing was changed",
        )


def _ask(database: Database, plan: Plan, transition: Transition) -> None:
    """Ask a person about the orders that would change; raises UsageError unless the answer is yes.

    No transaction is open meanwhile.
    """
    number = counted(plan.outcomes[Outcome.CHANGED], "order")
    if not can_ask():
        raise UsageError(
            f"{transition.action} needs a confirmation for {number}, and there is no one to ask",
            "add --yes, or -n to look first; nothing was changed",
        )
    for line in _first_orders(database, plan):
        note(line)
    if not answered_yes(f"{transition.action.capitalize()} {number}?"):
        raise UsageError("not confirmed", "nothing was changed")


def _first_orders(database: Database, plan: Plan) -> Iterator[str]:
    from ordercli.columns import column_named
    from ordercli.filters import Selection
    from ordercli.orders import read_orders
    from ordercli.query import OrderQuery

    columns = tuple(column_named(key) for key in ("id", "status", "user", "label"))
    query = OrderQuery(Selection(ids=tuple(plan.first)), columns, (), len(plan.first))
    for row in read_orders(database, query):
        yield "  ".join(["", *(str(row[column.key]) for column in columns)])
    more = plan.outcomes[Outcome.CHANGED] - len(plan.first)
    if more > 0:
        yield f"  and {more:,} more"


def _carry_out(database: Database, plan: Plan, wanted: _Wanted, console: Console) -> None:
    """Make the change, write its results, and raise Exit where some orders did not end well."""
    from ordercli.changes import applied, foreseen
    from ordercli.render import write_results

    tally = _Tally(wanted.transition)
    with stoppable() as stopped, progress(wanted.transition.action, lambda: len(plan.ids)) as done:
        if wanted.dry_run:
            results = iter(foreseen(database, wanted.transition, plan.ids))
        else:
            batches = applied(database, wanted.change(), plan, stopped)
            results = (result for batch in batches for result in _advanced(batch, done))
        counted_results = tally.counted(results)
        if wanted.quiet or _too_many(plan, wanted, console):
            for _ in counted_results:
                pass
        else:
            write_results(
                counted_results, wanted.transition, console,
                as_json=wanted.as_json, dry=wanted.dry_run,
            )  # fmt: skip
    tally.conclude(len(plan.ids), console, dry=wanted.dry_run)
    if tally.outcomes[Outcome.CHANGED] and not (plan.recorded or wanted.dry_run):
        note("ordercli: not recorded, there is no history here; 'ordercli db init' makes it")
    if tally.outcomes[Outcome.REFUSED] or tally.outcomes[Outcome.NOT_FOUND]:
        raise typer.Exit(ExitCode.PARTIAL)


def _advanced(batch: list[Result], done: Callable[[int], None]) -> list[Result]:
    done(len(batch))
    return batch


def _too_many(plan: Plan, wanted: _Wanted, console: Console) -> bool:
    """Whether a person would only see the end of the list."""
    return console.terminal and not wanted.as_json and len(plan.ids) > _MOST_LINES


class _Tally:
    """Counts results as they pass, and names on stderr each order that was refused or not found."""

    def __init__(self, transition: Transition) -> None:
        self.transition = transition
        self.outcomes: Counter[Outcome] = Counter()

    def counted(self, results: Iterable[Result]) -> Iterator[Result]:
        for result in results:
            self.outcomes[result.outcome] += 1
            if result.outcome is Outcome.REFUSED:
                past = self.transition.past
                note(f"ordercli: order {result.order_id} is {result.was}, it can't be {past}")
            elif result.outcome is Outcome.NOT_FOUND:
                note(f"ordercli: no order {result.order_id}")
            yield result

    def conclude(self, total: int, console: Console, *, dry: bool) -> None:
        """Tell a person the numbers; raises InterruptedRunError where the run was cut short."""
        done = self.outcomes.total()
        if done < total:
            raise InterruptedRunError(
                f"stopped: {done:,} of {counted(total, 'order')} done, the others are unchanged",
                "repeat the command for the rest",
            )
        if total > 1 and console.terminal:
            changed = counted(self.outcomes[Outcome.CHANGED], "order")
            others = [f"{self.outcomes[each]:,} {each}" for each in Outcome
                      if each is not Outcome.CHANGED and self.outcomes[each]]  # fmt: skip
            verb = "would be" if dry else "were"
            note(", ".join([f"{changed} {verb} {self.transition.past}", *others]))
