"""A plan is carried out: by the database or by a live service, with its results as they come."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import typer

from ordercli.base.errors import ExitCode
from ordercli.base.language import _
from ordercli.cli.commands.tally import Tally
from ordercli.cli.signals import stoppable
from ordercli.domain.status import Outcome
from ordercli.output.messages import note, tell
from ordercli.output.progress import progress
from ordercli.output.prompts import asked_secretly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from ordercli.base import settings
    from ordercli.domain.status import Transition
    from ordercli.operations.plan import Change, Plan, Result
    from ordercli.output.console import Console
    from ordercli.service.client import Client
    from ordercli.store.database import Database

    Applied = Callable[[Change, Plan, Callable[[], object]], Iterator[list[Result]]]
    """A way to make a change: the results of each part of the plan, once it is done."""

_MOST_LINES = 20
"""Orders that a terminal lists one by one."""


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


@contextmanager
def logged_in(service: settings.Service, console: Console) -> Iterator[Client]:
    """A client of the service, which a person may be asked a password for."""
    from ordercli.service.client import connected
    from ordercli.service.credentials import password_of, ready_token

    def password() -> str:
        return password_of(service, partial(asked_secretly, console))

    tell_waiting = partial(note, console)
    with connected(service, ready_token(), password, tell=tell_waiting) as client:
        yield client


@contextmanager
def way(
    database: Database,
    service: settings.Service | None,
    plan: Plan,
    wanted: Wanted,
    console: Console,
) -> Iterator[Applied]:
    """What makes the change: the database itself, or the live service behind it."""
    if service is None or not plan.of_service or wanted.direct or wanted.dry_run:
        from ordercli.operations.change_database import applied as applied_directly

        yield partial(applied_directly, database)
    elif not plan.changing:  # there is nothing to log in for
        yield partial(_unchanged, database)
    else:
        from ordercli.operations.change_service import applied

        with logged_in(service, console) as client:
            yield partial(applied, database, client, jobs=wanted.jobs, waiting=_told_once(console))


def _unchanged(
    database: Database, change: Change, plan: Plan, stopped: Callable[[], object]
) -> Iterator[list[Result]]:
    from ordercli.operations.plan import foreseen

    return ([result] for result in foreseen(database, change.transition, plan))


def _told_once(console: Console) -> Callable[[int], None]:
    """Tells a person, once in a run, what it waits for; any thread may call it."""
    untold = Lock()

    def tell_once(order_id: int) -> None:
        if untold.acquire(blocking=False):
            note(console, _("waiting until the jobs of order {id} have ended").format(id=order_id))

    return tell_once


def carry_out(
    database: Database,
    applied: Callable[[Plan, Callable[[], object]], Iterator[list[Result]]],
    plan: Plan,
    wanted: Wanted,
    console: Console,
) -> None:
    """Make the change, write its results, and raise Exit where some orders did not end well."""
    from ordercli.operations.plan import foreseen

    tally = Tally(wanted.transition, console)
    listed = not (wanted.quiet or _too_many(plan, wanted, console))
    stopping: AbstractContextManager[Callable[[], int]] = (
        nullcontext(lambda: 0) if wanted.dry_run else stoppable()
    )
    with (
        stopping as stopped,
        _bar(plan, wanted, console, shown=not (listed and console.terminal)) as done,
    ):
        if wanted.dry_run:
            results = foreseen(database, wanted.transition, plan)
        else:
            batches = applied(plan, stopped)
            results = (result for batch in batches for result in _advanced(batch, done))
        _write(tally.counted(results), wanted, console, listed=listed)
        if plan.of_service and wanted.direct and tally.changed and not wanted.dry_run:
            from ordercli.operations.change_database import turned_back

            tally.look_again(turned_back(database, wanted.transition, tally.changed))
    if tally.outcomes[Outcome.CHANGED] and not (plan.recorded or wanted.dry_run):
        tell_unrecorded(console)
    tally.conclude(len(plan.ids), stopped(), dry=wanted.dry_run)
    if tally.exit_code is not ExitCode.DONE:
        raise typer.Exit(tally.exit_code)


def _write(results: Iterator[Result], wanted: Wanted, console: Console, *, listed: bool) -> None:
    """Take all results, and write them where they are ``listed``."""
    from ordercli.output.writers import write_results

    if listed:
        write_results(
            results, wanted.transition, console, as_json=wanted.as_json, dry=wanted.dry_run
        )
        return
    for _result in results:
        pass


def _bar(
    plan: Plan, wanted: Wanted, console: Console, *, shown: bool
) -> AbstractContextManager[Callable[[int], None]]:
    """A progress bar; none where the results themselves show on the terminal."""
    if not shown:
        return nullcontext(lambda _: None)
    return progress(console, wanted.transition.action, lambda: len(plan.ids))


def tell_unrecorded(console: Console) -> None:
    """Say that there is no history that what was changed could go into."""
    tell(
        console,
        _(
            "not recorded in a history: 'ordercli db init' makes one, "
            "'ordercli db grants --write' gives the right to it"
        ),
    )


def _advanced(batch: list[Result], done: Callable[[int], None]) -> list[Result]:
    done(len(batch))
    return batch


def _too_many(plan: Plan, wanted: Wanted, console: Console) -> bool:
    """Whether a person would only see the end of the list."""
    return console.terminal and not wanted.as_json and len(plan.ids) > _MOST_LINES
