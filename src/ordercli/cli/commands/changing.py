"""``ordercli pause``, ``resume`` and ``cancel``: one body, which other changes share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.limits import Limits
from ordercli.cli.commands.change_request import ChangeRequest, make_change
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import DatabaseOptions, SelectionOptions, with_option_groups
from ordercli.domain.status import CANCEL, PAUSE, RESUME, Transition
from ordercli.output.formats import RESULT_FORMATS, format_named

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_JOBS = 32

IdsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Ids of orders; - reads them from stdin."),
]
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
DirectOption = Annotated[
    bool, typer.Option("--direct", help="Write into a live service's database as well.")
]
JobsOption = Annotated[
    int,
    typer.Option(min=1, max=_MOST_JOBS, metavar="N", help="Requests to the service at once."),
]
ResultFormatOption = Annotated[
    str, typer.Option("-f", "--format", metavar="FORMAT", help="text or json.")
]
QuietOption = Annotated[bool, typer.Option("-q", "--quiet", help="No result per order.")]


@dataclass(frozen=True)
class ChangeOptions:
    """Why orders are changed, and how carefully."""

    reason: ReasonOption = None
    most: MostOption = None
    dry_run: DryRunOption = False
    yes: YesOption = False


@dataclass(frozen=True)
class ResultOptions:
    """How a change is carried out, and how its results are written."""

    jobs: JobsOption = Limits.service_jobs
    style: ResultFormatOption = "text"
    quiet: QuietOption = False


def request_of(
    transition: Transition, asked: ChangeOptions, told: ResultOptions, *, direct: bool = False
) -> ChangeRequest:
    """The change that the options ask for; raises UsageError on an unknown format."""
    return ChangeRequest(
        transition, asked.reason, asked.most, asked.dry_run, asked.yes, told.jobs,
        is_json(told.style), told.quiet, direct,
    )  # fmt: skip


def change_command(transition: Transition) -> Callable[..., None]:
    """The command that makes this change."""

    @with_option_groups
    def change(
        run: Invocation,
        choice: SelectionOptions,
        where: DatabaseOptions,
        *,
        ids: IdsArgument = None,
        asked: ChangeOptions,
        direct: DirectOption = False,
        told: ResultOptions,
    ) -> None:
        make_change(run, request_of(transition, asked, told, direct=direct), ids, choice, where)

    action = transition.action
    example = f"Example: ordercli {action} 12 15 -m 'disk full'"
    change.__doc__ = f"{action.capitalize()} orders, named by id or chosen by filter.\n\n{example}"
    return change


def is_json(style: str) -> bool:
    """Whether results are written as JSON; raises UsageError on an unknown format."""
    return format_named(style, RESULT_FORMATS) == "json"


pause = change_command(PAUSE)
resume = change_command(RESUME)
cancel = change_command(CANCEL)
