"""``ordercli pause``, ``resume`` and ``cancel``: one body."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from ordercli import settings
from ordercli.console import Console, answered_yes, can_ask, note, progress, tell
from ordercli.errors import ExitCode, InterruptedRunError, UsageError
from ordercli.formats import RESULT_FORMATS, format_named
from ordercli.language import _, plural
from ordercli.options import DatabaseOptions, SelectionOptions, parse_ids, with_option_groups
from ordercli.signals import stoppable
from ordercli.status import CANCEL, PAUSE, RESUME, Outcome, Transition
from ordercli.text import counted, grouped, require_text
from ordercli.values import human

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from ordercli.changes import Change, Plan, Result
    from ordercli.database import Database
    from ordercli.filters import Selection

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

        as_json = format_named(style, RESULT_FORMATS) == "json"
        asks = not (yes or dry_run) and (transition.asks or not ids)
        if asks and ids == ["-"]:
            raise UsageError(
                _("with - there is no one to ask"), _("add --yes, or -n to look first")
            )
        console = Console.of_process()
        why = require_text(reason, "--reason") if reason else None
        wanted = _Wanted(transition, why, as_json, quiet, dry_run)
        selection = _selection(ids, choice)
        database = where.open()
        plan = planned(database, transition, selection, direct=direct, latest=not dry_run)
        if not plan.ids:
            none = _("no order matches") if selection.ids is None else _("no ids given")
            tell(none)
        _check_number(plan, most)
        if asks and plan.outcomes[Outcome.CHANGED]:
            _ask(database, plan, transition)
        _carry_out(database, plan, wanted, console)

    action = transition.action
    example = f"Example: ordercli {action} 12 15 -m 'disk full'"
    change.__doc__ = f"{action.capitalize()} orders, named by id or chosen by filter.\n\n{example}"
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

        return Change(self.transition, settings.actor(), self.reason, str(uuid4()), settings.now)


def _selection(ids: list[str] | None, choice: SelectionOptions) -> Selection:
    from ordercli.filters import Selection

    if ids and choice.given:
        raise UsageError(_("ids and filters exclude each other"), _("give one or the other"))
    if ids:
        return Selection(ids=parse_ids(ids))
    if not choice.given:
        raise UsageError(
            _("no orders are named"), _("give ids, - to read them, or a filter such as -u")
        )
    return choice.selection(settings.now())


def _check_number(plan: Plan, most: int | None) -> None:
    changing = plan.outcomes[Outcome.CHANGED]
    if most is not None and changing > most:
        raise UsageError(
            _("{orders} would change, more than --max {most}").format(
                orders=counted(changing, "order"), most=most
            ),
            _("choose fewer or raise it; nothing was changed"),
        )


def _ask(database: Database, plan: Plan, transition: Transition) -> None:
    """Ask a person about the orders that would change; raises UsageError unless the answer is yes.

    No transaction is open meanwhile.
    """
    number = counted(plan.outcomes[Outcome.CHANGED], "order")
    if not can_ask():
        raise UsageError(
            _("{action} needs a confirmation for {orders}, and there is no one to ask").format(
                action=transition.action, orders=number
            ),
            _("add --yes, or -n to look first; nothing was changed"),
        )
    for line in _first_orders(database, plan, transition):
        note(line)
    if not answered_yes(_(transition.question).format(orders=number)):
        raise UsageError(_("not confirmed"), _("nothing was changed"))


def _first_orders(database: Database, plan: Plan, transition: Transition) -> Iterator[str]:
    """The first few orders that would change, and how many others there are."""
    from ordercli.columns import column_named
    from ordercli.filters import Selection
    from ordercli.orders import read_orders
    from ordercli.query import OrderQuery

    columns = tuple(column_named(key) for key in ("id", "status", "user", "label"))
    query = OrderQuery(Selection(ids=tuple(plan.first)), columns, (), len(plan.first))
    for row in read_orders(database, query):
        yield "  ".join(["", *(human(each.kind, row[each.key]) for each in columns)])
    more = plan.outcomes[Outcome.CHANGED] - len(plan.first)
    if more > 0:
        yield "  " + plural("and {number} more", "and {number} more", more).format(
            number=grouped(more)
        )
    for number, message in _besides(plan):
        past = plural(transition.past, transition.past, number)
        yield "  " + message.format(number=grouped(number), past=past)


def _besides(plan: Plan) -> Iterator[tuple[int, str]]:
    """How many orders would not change, and what is to be said of them."""
    if already := plan.outcomes[Outcome.ALREADY]:
        yield already, _("besides, {number} already {past}")
    if refused := plan.outcomes[Outcome.REFUSED]:
        yield (
            refused,
            plural(
                "besides, {number} can't be {past} as they are",
                "besides, {number} can't be {past} as they are",
                refused,
            ),
        )
    if missing := plan.outcomes[Outcome.NOT_FOUND]:
        yield missing, plural("besides, {number} not found", "besides, {number} not found", missing)


def _carry_out(database: Database, plan: Plan, wanted: _Wanted, console: Console) -> None:
    """Make the change, write its results, and raise Exit where some orders did not end well."""
    from ordercli.changes import applied, foreseen
    from ordercli.render import write_results

    tally = _Tally(wanted.transition)
    stopping: AbstractContextManager[Callable[[], int]] = (
        nullcontext(lambda: 0) if wanted.dry_run else stoppable()
    )
    with (
        stopping as stopped,
        progress(wanted.transition.action, lambda: len(plan.ids)) as done,
    ):
        if wanted.dry_run:
            results = iter(foreseen(database, wanted.transition, plan.ids))
        else:
            batches = applied(database, wanted.change(), plan, stopped)
            results = (result for batch in batches for result in _advanced(batch, done))
        counted_results = tally.counted(results)
        if wanted.quiet or _too_many(plan, wanted, console):
            for _result in counted_results:
                pass
        else:
            write_results(
                counted_results, wanted.transition, console,
                as_json=wanted.as_json, dry=wanted.dry_run,
            )  # fmt: skip
    if tally.outcomes[Outcome.CHANGED] and not (plan.recorded or wanted.dry_run):
        tell(
            _(
                "not recorded in a history: 'ordercli db init' makes one, "
                "'ordercli db grants --write' gives the right to it"
            )
        )
    tally.conclude(len(plan.ids), console, stopped(), dry=wanted.dry_run)
    if tally.outcomes[Outcome.REFUSED] or tally.outcomes[Outcome.NOT_FOUND]:
        raise typer.Exit(ExitCode.PARTIAL)


def _advanced(batch: list[Result], done: Callable[[int], None]) -> list[Result]:
    done(len(batch))
    return batch


def _too_many(plan: Plan, wanted: _Wanted, console: Console) -> bool:
    """Whether a person would only see the end of the list."""
    return console.terminal and not wanted.as_json and len(plan.ids) > _MOST_LINES


def _refusal(result: Result, transition: Transition) -> str:
    if result.was is None:
        return _("order {id} changed after it was looked at, look again").format(id=result.order_id)
    return _("order {id} is {status}, it can't be {past}").format(
        id=result.order_id, status=_(result.was), past=_(transition.past)
    )


class _Tally:
    """Counts results as they pass, and names on stderr each order that was refused or not found."""

    def __init__(self, transition: Transition) -> None:
        self.transition = transition
        self.outcomes: Counter[Outcome] = Counter()

    def counted(self, results: Iterable[Result]) -> Iterator[Result]:
        for result in results:
            self.outcomes[result.outcome] += 1
            if result.outcome is Outcome.REFUSED:
                tell(_refusal(result, self.transition))
            elif result.outcome is Outcome.NOT_FOUND:
                tell(_("no order {id}").format(id=result.order_id))
            yield result

    def conclude(self, total: int, console: Console, stopped: int, *, dry: bool) -> None:
        """Tell a person the numbers; raises InterruptedRunError where the run was cut short.

        ``stopped`` is then its exit code.
        """
        done = self.outcomes.total()
        if done < total:
            raise InterruptedRunError(
                _("stopped: {done} of {orders} done, the others are unchanged").format(
                    done=grouped(done), orders=counted(total, "order")
                ),
                _("repeat the command for the rest"),
                stopped,
            )
        if total > 1 and console.terminal:
            note(", ".join(self._numbers(dry=dry)))

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


pause = change_command(PAUSE)
resume = change_command(RESUME)
cancel = change_command(CANCEL)
