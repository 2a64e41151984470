"""``ordercli pause``, ``resume`` and ``cancel``: one body, which other changes share."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from ordercli import settings
from ordercli.commands.confirming import confirm
from ordercli.commands.tally import Tally
from ordercli.console import Console, asked_secretly, note, progress, tell
from ordercli.errors import ExitCode, UsageError
from ordercli.formats import RESULT_FORMATS, format_named
from ordercli.language import _
from ordercli.options import DatabaseOptions, SelectionOptions, parse_ids, with_option_groups
from ordercli.signals import stoppable
from ordercli.status import CANCEL, PAUSE, RESUME, Outcome, Transition
from ordercli.text import counted, require_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from ordercli.database import Database
    from ordercli.filters import Selection
    from ordercli.plans import Change, Plan, Result
    from ordercli.service import Client

    Applied = Callable[[Change, Plan, Callable[[], object]], Iterator[list[Result]]]
    """A way to make a change: the results of each part of the plan, once it is done."""

_MOST_LINES = 20
"""Orders that a terminal lists one by one."""

_MOST_JOBS = 32

ReasonOption = Annotated[
    str | None, typer.Option("-m", "--reason", metavar="TEXT", help="Why; goes into the history.")
]
MostOption = Annotated[
    int | None,
    typer.Option("--max", min=0, metavar="N", help="Refuse to change more than N orders."),
]
DryRunOption = Annotated[
    bool, typer.Option("-n", "--dry-run", help="Show what would change; change nothing.")
]
YesOption = Annotated[bool, typer.Option("-y", "--yes", help="Ask for no confirmation.")]
JobsOption = Annotated[
    int,
    typer.Option(min=1, max=_MOST_JOBS, metavar="N", help="Requests to a live service at a time."),
]
ResultFormatOption = Annotated[
    str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")
]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="No result per order.")]


@dataclass(frozen=True)
class Wanted:
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
        reason: ReasonOption = None,
        most: MostOption = None,
        dry_run: DryRunOption = False,
        yes: YesOption = False,
        direct: Annotated[
            bool, typer.Option("--direct", help="Write into a live service's database as well.")
        ] = False,
        jobs: JobsOption = 4,
        style: ResultFormatOption = "text",
        quiet: QuietOption = False,
    ) -> None:
        as_json = is_json(style)
        wanted = Wanted(transition, reason, most, dry_run, yes, jobs, as_json, quiet, direct)
        make_change(wanted, ids, choice, where)

    action = transition.action
    example = f"Example: ordercli {action} 12 15 -m 'disk full'"
    change.__doc__ = f"{action.capitalize()} orders, named by id or chosen by filter.\n\n{example}"
    return change


def is_json(style: str) -> bool:
    """Whether results are written as JSON; raises UsageError on an unknown format."""
    return format_named(style, RESULT_FORMATS) == "json"


def make_change(
    wanted: Wanted, ids: list[str] | None, choice: SelectionOptions, where: DatabaseOptions
) -> None:
    """Look, ask, change, tell. Raises Exit where some orders did not end well."""
    from ordercli.database import Database
    from ordercli.plans import planned

    transition = wanted.transition
    asks = not (wanted.yes or wanted.dry_run) and (transition.asks or not ids)
    if asks and ids == ["-"]:
        raise UsageError(_("with - there is no one to ask"), _("add --yes, or -n to look first"))
    console = Console.of_process()
    change = new_change(transition, wanted.reason)
    selection = _selection(ids, choice)
    found = where.named()
    database = Database(found.database)
    plan = planned(
        database, transition, selection, direct=wanted.direct,
        service=found.service is not None, latest=not wanted.dry_run,
    )  # fmt: skip
    if not plan.ids:
        none = _("no order matches") if selection.ids is None else _("no ids given")
        tell(none)
    _check_number(plan, wanted.most)
    if asks and plan.outcomes[Outcome.CHANGED]:
        confirm(database, plan, transition)
    with _way(database, found.service, plan, wanted) as applied:
        _carry_out(database, partial(applied, change), plan, wanted, console)


def new_change(transition: Transition, reason: str | None) -> Change:
    """One run of a change, with a new operation id. Raises UsageError on a reason that is none."""
    from ordercli.plans import Change

    why = require_text(reason, "--reason") if reason else None
    return Change(transition, settings.actor(), why, str(uuid4()), settings.now)


@contextmanager
def logged_in(service: settings.Service) -> Iterator[Client]:
    """A client of the service, which a person may be asked a password for."""
    from ordercli.credentials import password_of, ready_token
    from ordercli.service import connected

    with connected(service, ready_token(), lambda: password_of(service, asked_secretly)) as client:
        yield client


@contextmanager
def _way(
    database: Database, service: settings.Service | None, plan: Plan, wanted: Wanted
) -> Iterator[Applied]:
    """What makes the change: the database itself, or the live service behind it."""
    if service is None or not plan.by_service or wanted.dry_run:
        from ordercli.changes import applied as applied_directly

        yield partial(applied_directly, database)
    elif not plan.changing:  # there is nothing to log in for
        yield partial(_unchanged, database)
    else:
        from ordercli.service_changes import applied

        with logged_in(service) as client:
            yield partial(applied, database, client, jobs=wanted.jobs, waiting=_told_once())


def _unchanged(
    database: Database, change: Change, plan: Plan, stopped: Callable[[], object]
) -> Iterator[list[Result]]:
    from ordercli.plans import foreseen

    return ([result] for result in foreseen(database, change.transition, plan))


def _told_once() -> Callable[[int], None]:
    """Tells a person, once in a run, what it waits for; any thread may call it."""
    untold = Lock()

    def tell_once(order_id: int) -> None:
        if untold.acquire(blocking=False):
            note(_("waiting until the jobs of order {id} have ended").format(id=order_id))

    return tell_once


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


def _carry_out(
    database: Database,
    applied: Callable[[Plan, Callable[[], object]], Iterator[list[Result]]],
    plan: Plan,
    wanted: Wanted,
    console: Console,
) -> None:
    """Make the change, write its results, and raise Exit where some orders did not end well."""
    from ordercli.plans import foreseen

    tally = Tally(wanted.transition)
    listed = not (wanted.quiet or _too_many(plan, wanted, console))
    stopping: AbstractContextManager[Callable[[], int]] = (
        nullcontext(lambda: 0) if wanted.dry_run else stoppable()
    )
    with (
        stopping as stopped,
        _bar(plan, wanted, shown=not (listed and console.terminal)) as done,
    ):
        if wanted.dry_run:
            results = foreseen(database, wanted.transition, plan)
        else:
            batches = applied(plan, stopped)
            results = (result for batch in batches for result in _advanced(batch, done))
        _write(tally.counted(results), wanted, console, listed=listed)
        if plan.beside_service and tally.changed and not wanted.dry_run:
            from ordercli.changes import turned_back

            tally.look_again(turned_back(database, wanted.transition, tally.changed))
    if tally.outcomes[Outcome.CHANGED] and not (plan.recorded or wanted.dry_run):
        tell_unrecorded()
    tally.conclude(len(plan.ids), console, stopped(), dry=wanted.dry_run)
    if tally.exit_code is not ExitCode.DONE:
        raise typer.Exit(tally.exit_code)


def _write(results: Iterator[Result], wanted: Wanted, console: Console, *, listed: bool) -> None:
    """Take all results, and write them where they are ``listed``."""
    from ordercli.render import write_results

    if listed:
        write_results(
            results, wanted.transition, console, as_json=wanted.as_json, dry=wanted.dry_run
        )
        return
    for _result in results:
        pass


def _bar(
    plan: Plan, wanted: Wanted, *, shown: bool
) -> AbstractContextManager[Callable[[int], None]]:
    """A progress bar; none where the results themselves show on the terminal."""
    if not shown:
        return nullcontext(lambda _: None)
    return progress(wanted.transition.action, lambda: len(plan.ids))


def tell_unrecorded() -> None:
    """Say that there is no history that what was changed could go into."""
    tell(
        _(
            "not recorded in a history: 'ordercli db init' makes one, "
            "'ordercli db grants --write' gives the right to it"
        )
    )


def _advanced(batch: list[Result], done: Callable[[int], None]) -> list[Result]:
    done(len(batch))
    return batch


def _too_many(plan: Plan, wanted: Wanted, console: Console) -> bool:
    """Whether a person would only see the end of the list."""
    return console.terminal and not wanted.as_json and len(plan.ids) > _MOST_LINES


pause = change_command(PAUSE)
resume = change_command(RESUME)
cancel = change_command(CANCEL)
