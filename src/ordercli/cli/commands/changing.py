"""``ordercli pause``, ``resume`` and ``cancel``: one body, which other changes share."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from ordercli.base import settings
from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.text import counted, require_text
from ordercli.cli.commands.confirming import confirm
from ordercli.cli.commands.execution import Wanted, carry_out, way
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    DatabaseOptions,
    SelectionOptions,
    database_of,
    parse_ids,
    with_option_groups,
)
from ordercli.domain.status import CANCEL, PAUSE, RESUME, Outcome, Transition
from ordercli.output.formats import RESULT_FORMATS, format_named
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.domain.selection import Selection
    from ordercli.operations.plan import Change, Plan


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


def change_command(transition: Transition) -> Callable[..., None]:
    """The command that makes this change."""

    @with_option_groups
    def change(
        run: Invocation,
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
        make_change(run, wanted, ids, choice, where)

    action = transition.action
    example = f"Example: ordercli {action} 12 15 -m 'disk full'"
    change.__doc__ = f"{action.capitalize()} orders, named by id or chosen by filter.\n\n{example}"
    return change


def is_json(style: str) -> bool:
    """Whether results are written as JSON; raises UsageError on an unknown format."""
    return format_named(style, RESULT_FORMATS) == "json"


def make_change(
    run: Invocation,
    wanted: Wanted,
    ids: list[str] | None,
    choice: SelectionOptions,
    where: DatabaseOptions,
) -> None:
    """Look, ask, change, tell. Raises Exit where some orders did not end well."""
    from ordercli.operations.plan import planned

    transition = wanted.transition
    asks = not (wanted.yes or wanted.dry_run) and (transition.asks or not ids)
    if asks and ids == ["-"]:
        raise UsageError(_("with - there is no one to ask"), _("add --yes, or -n to look first"))
    console = run.console
    console.check_output()
    change = new_change(run, transition, wanted.reason)
    selection = _selection(run, ids, choice)
    found = where.named()
    database = database_of(found, run.limits)
    plan = planned(
        database, transition, selection, direct=wanted.direct,
        service=found.service is not None, latest=not wanted.dry_run,
    )  # fmt: skip
    if not plan.ids:
        none = _("no order matches") if selection.ids is None else _("no ids given")
        tell(console, none)
    _check_number(plan, wanted.most)
    if asks and plan.outcomes[Outcome.CHANGED]:
        confirm(console, database, plan, transition)
    with way(database, found.service, plan, wanted, console) as applied:
        carry_out(database, partial(applied, change), plan, wanted, console)


def new_change(run: Invocation, transition: Transition, reason: str | None) -> Change:
    """One run of a change, with a new operation id. Raises UsageError on a reason that is none."""
    from ordercli.operations.plan import Change

    why = require_text(reason, "--reason") if reason else None
    return Change(transition, settings.actor(), why, str(uuid4()), run.clock)


def _selection(run: Invocation, ids: list[str] | None, choice: SelectionOptions) -> Selection:
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


def _check_number(plan: Plan, most: int | None) -> None:
    changing = plan.outcomes[Outcome.CHANGED]
    if most is not None and changing > most:
        raise UsageError(
            _("{orders} would change, more than --max {most}").format(
                orders=counted(changing, "order"), most=most
            ),
            _("choose fewer or raise it; nothing was changed"),
        )


pause = change_command(PAUSE)
resume = change_command(RESUME)
cancel = change_command(CANCEL)
