"""``ordercli wait``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ExitCode
from ordercli.base.language import _
from ordercli.cli.commands.change_request import chosen_selection
from ordercli.cli.commands.changing import IdsArgument
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import DatabaseOptions, SelectionOptions, with_option_groups
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from ordercli.domain.selection import Selection
    from ordercli.output.console import Console
    from ordercli.store.database import Database


StatusesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="STATUS",
        help="Statuses to wait for, as in done,failed; ended unless given.",
    ),
]
AnyOption = Annotated[bool, typer.Option("--any", help="Return as soon as one order is there.")]
TimeoutOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="Give up after this time: 90s, 1h.")
]
IntervalOption = Annotated[str, typer.Option(metavar="TIME", help="Time between two readings.")]
BellOption = Annotated[bool, typer.Option("--bell", help="Ring the terminal's bell at the end.")]


@with_option_groups
def wait(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    ids: IdsArgument = None,
    wanted: StatusesOption = None,
    first: AnyOption = False,
    timeout: TimeoutOption = None,
    interval: IntervalOption = "5s",
    bell: BellOption = False,
) -> None:
    """Wait until each order has one of the statuses.

    Orders are named by id, or chosen by filter once, at the start.

    Example: ordercli wait -u 'ada*' -s active --timeout 1h
    """
    from ordercli.operations.wait import asked_wait, wait_for
    from ordercli.output.wait_messages import wait_messages

    console = run.console
    console.check_output()
    asked = asked_wait(wanted or ["ended"], interval, timeout, first=first)
    selection = chosen_selection(run, ids, choice)
    database = where.open(run.limits)
    meant = _ids(console, database, selection)
    with wait_messages(console, timeout, bell=bell) as messages:
        if not wait_for(database, meant, asked, messages):
            raise typer.Exit(ExitCode.PARTIAL)


def _ids(console: Console, database: Database, selection: Selection) -> tuple[int, ...]:
    """The ids that were given, or those of the orders that are chosen now."""
    from ordercli.operations.no_match import why_no_order
    from ordercli.operations.wait import chosen_ids

    by_filter = selection.ids is None
    found = chosen_ids(database, selection) if selection.ids is None else selection.ids
    if not found:
        tell(console, why_no_order(database, selection) if by_filter else _("no ids given"))
    return found
