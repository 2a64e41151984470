"""A change that was asked for on the command line: planned, confirmed, made and told."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import typer

from ordercli.base import settings
from ordercli.base.errors import ExitCode, UsageError
from ordercli.base.language import _
from ordercli.base.text import require_text
from ordercli.cli.options import database_of
from ordercli.cli.order_ids import parse_ids
from ordercli.cli.signals import stoppable
from ordercli.domain.history import action_word
from ordercli.domain.status import Outcome
from ordercli.output.messages import folded, note, pass_on, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ordercli.base.values import Row
    from ordercli.cli.invocation import Invocation
    from ordercli.cli.options import DatabaseOptions, SelectionOptions
    from ordercli.domain.change import Change, Plan, Result
    from ordercli.domain.reversal import Reversal
    from ordercli.domain.selection import Selection
    from ordercli.domain.status import Transition
    from ordercli.operations.change_run import Changer, Listener, Tally
    from ordercli.store.database import Database

_MOST_LINES = 20
"""Orders that a terminal lists one by one."""


@dataclass(frozen=True)
class ChangeRequest:
    """What was asked for, and how its results are to be written."""

    transition: Transition
    reason: str | None
    most: int | None
    dry_run: bool
    yes: bool
    jobs: int
    as_json: bool
    quiet: bool
    direct: bool = False


@dataclass(frozen=True)
class Target:
    """Where the orders are, and which of them are meant.

    ``service`` is the live service that the profile names. ``reversals`` lead the orders of an
    operation back, whose last event ``undone`` is.
    """

    database: Database
    service: settings.Service | None
    selection: Selection
    reversals: Mapping[int, Reversal] = field(default_factory=dict)
    undone: Row | None = None


def make_change(
    run: Invocation,
    request: ChangeRequest,
    ids: list[str] | None,
    choice: SelectionOptions,
    where: DatabaseOptions,
) -> None:
    """Change the orders that are named or chosen; raises Exit where some did not end well."""
    asks = not (request.yes or request.dry_run) and (request.transition.asks or not ids)
    if asks and ids == ["-"]:
        raise UsageError(_("with - there is no one to ask"), _("add --yes, or -n to look first"))
    run.console.check_output()
    selection = chosen_selection(run, ids, choice)
    found = where.named_for_change()
    carry_out(run, request, Target(database_of(found, run.limits), found.service, selection), asks)


def carry_out(run: Invocation, request: ChangeRequest, target: Target, asks: bool) -> None:
    """Look, ask if need be, change, tell; raises Exit where some orders did not end well."""
    from ordercli.operations.no_match import why_no_order
    from ordercli.operations.plan import make_plan, require_at_most

    change = new_change(run, request.transition, request.reason)
    database, selection = target.database, target.selection
    plan = make_plan(
        database, request.transition, selection, direct=request.direct,
        service=target.service is not None, latest=not request.dry_run, reversals=target.reversals,
    )  # fmt: skip
    if not (plan.ids or plan.others or request.quiet):  # a job of cron would send that by mail
        by_filter = selection.ids is None
        tell(run.console, why_no_order(database, selection) if by_filter else _("no ids given"))
    require_at_most(plan, request.most)
    if request.dry_run or (asks and plan.shown):
        _tell_meaning(run, target, plan)
    if asks and plan.shown:
        _confirm(run, database, plan, request, target.service)
    with ExitStack() as stack:
        changer = stack.enter_context(
            changer_of(run, request, database, target.service, change, plan)
        )
        stack.callback(pass_on, run.console, database.warnings)
        tally, exit_code = _execute(run, request, database, plan, changer)
    _tell_end(run, request, plan, tally, exit_code, change.operation)


def _tell_meaning(run: Invocation, target: Target, plan: Plan) -> None:
    """Tell a person what stands behind the name of a selection or of an operation."""
    from ordercli.output import change_messages as messages

    undone = [] if target.undone is None else [messages.operation_line(target.undone)]
    for meaning in (*run.selections, *undone):
        for line in folded(meaning, run.console.question_width):
            note(run.console, line)
    if plan.forgets_waiting:
        tell(run.console, messages.waiting_unknown())


def new_change(run: Invocation, transition: Transition, reason: str | None) -> Change:
    """One run of a change, with a new operation id. Raises UsageError on a reason that is none."""
    from ordercli.domain.change import Change

    why = require_text(reason, "--reason") if reason else None
    return Change(transition, settings.actor(), why, run.new_operation(), run.clock)


def chosen_selection(run: Invocation, ids: list[str] | None, choice: SelectionOptions) -> Selection:
    """The orders that ids or filters name; raises UsageError where both do, or neither."""
    from ordercli.domain.selection import Selection

    if ids and choice.given:
        raise UsageError(_("ids and filters exclude each other"), _("give one or the other"))
    if ids:
        return Selection(ids=parse_ids(ids, run.console.stdin))
    if not choice.given:
        raise UsageError(
            _("no orders are named"), _("give ids, - to read them, or a filter such as -u")
        )
    return choice.selection(run.clock())


def _confirm(
    run: Invocation,
    database: Database,
    plan: Plan,
    request: ChangeRequest,
    service: settings.Service | None,
) -> None:
    """Ask a person; no transaction is open meanwhile."""
    from ordercli.operations.plan import extent, first_orders
    from ordercli.output.change_question import ORDER_KEYS, confirm, require_person

    require_person(run.console, plan, request.transition)
    place = database.place
    if service and not request.direct:
        place = _("{project} at {host}").format(project=service.project, host=service.host)
    first = first_orders(database, plan, ORDER_KEYS)
    confirm(run.console, plan, request.transition, extent(database, plan), place, first)


@contextmanager
def changer_of(
    run: Invocation,
    request: ChangeRequest,
    database: Database,
    service: settings.Service | None,
    change: Change,
    plan: Plan,
) -> Iterator[Changer | None]:
    """What makes the change: the database itself or the live service; None where nothing is."""
    if request.dry_run:
        yield None
        return
    from ordercli.cli.commands.login import logged_in
    from ordercli.operations.changers import changer_of

    with changer_of(
        database, service, change, plan, run.limits, direct=request.direct, jobs=request.jobs,
        log_in=partial(logged_in, run), waiting=_tell_once(run),
    ) as changer:  # fmt: skip
        yield changer


def _tell_once(run: Invocation) -> Callable[[int], None]:
    """A function that tells a person what is waited for, once in a run; any thread may call it."""
    untold = Lock()

    def waits(order_id: int) -> None:
        if untold.acquire(blocking=False):
            line = _("waiting until the jobs of order {id} have ended")
            note(run.console, line.format(id=order_id))

    return waits


def _execute(
    run: Invocation, request: ChangeRequest, database: Database, plan: Plan, changer: Changer | None
) -> tuple[Tally, int]:
    """Make the change and tell its results; gives the numbers, and the exit code if stopped."""
    from ordercli.operations.change_run import run_change, turned_back
    from ordercli.operations.plan import foresee
    from ordercli.output import change_messages as messages

    console, transition, dry = run.console, request.transition, request.dry_run
    with _stop(dry=dry) as stopped, _listeners(run, request, plan) as listeners:
        results: Iterable[Sequence[Result]] = (
            foresee(database, transition, plan) if changer is None else changer.results(stopped)
        )
        tally = run_change(results, listeners)
        if tally.unsettled:
            for state in turned_back(
                database, plan, transition, tally.unsettled, run.limits, direct=request.direct
            ):
                tally.turned_back += 1
                messages.tell_turned_back(console, transition, state)
    return tally, stopped()


def _tell_end(
    run: Invocation,
    request: ChangeRequest,
    plan: Plan,
    tally: Tally,
    exit_code: int,
    operation: str,
) -> None:
    """Tell how the change ended; raises Exit where some orders did not end well."""
    from ordercli.domain.reversal import can_be_taken_back
    from ordercli.output import change_messages as messages

    console, transition, dry = run.console, request.transition, request.dry_run
    through_service = plan.of_service and not request.direct
    changed = tally.outcomes[Outcome.CHANGED] and not dry
    takes_back = can_be_taken_back(transition.action, through_service=through_service)
    if changed and not plan.recorded:
        tell(console, messages.unrecorded())
    if plan.others and not request.quiet:
        tell(console, messages.others_line(plan, transition))
    interruption = messages.interruption(tally, len(plan.ids), exit_code)
    if not interruption:
        messages.tell_end(console, transition, tally, len(plan.ids), dry=dry)
    if changed and plan.recorded and takes_back:
        messages.tell_undo(console, operation)
    if interruption:
        raise interruption
    if tally.exit_code is not ExitCode.DONE:
        raise typer.Exit(tally.exit_code)


def _stop(*, dry: bool) -> AbstractContextManager[Callable[[], int]]:
    """A function that tells whether somebody asked to stop; a dry run just stops."""
    return nullcontext(lambda: 0) if dry else stoppable()


@contextmanager
def _listeners(run: Invocation, request: ChangeRequest, plan: Plan) -> Iterator[list[Listener]]:
    """Who is told of the results: lines or JSON, those with problems, a bar."""
    from ordercli.output import change_messages as messages
    from ordercli.output.progress import progress

    console, transition = run.console, request.transition
    many = console.terminal and not request.as_json and len(plan.ids) > _MOST_LINES
    listed = not (request.quiet or many)
    found: list[Listener] = [messages.ProblemLines(console, transition)]
    if listed:
        kind = messages.ResultDocuments if request.as_json else messages.ResultLines
        found.append(kind(console, transition, dry=request.dry_run))
    if listed and console.terminal:
        yield found
        return
    with progress(console, action_word(transition.action), lambda: len(plan.ids)) as advance:
        yield [*found, messages.ProgressBar(advance)]
