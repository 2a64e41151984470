"""``ordercli restart``, ``retry`` and ``remove``: what only a live service does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.cli.commands.change_request import make_change, new_change
from ordercli.cli.commands.changing import (
    ChangeOptions,
    IdsArgument,
    ReasonOption,
    ResultFormatOption,
    ResultOptions,
    is_json,
    request_of,
)
from ordercli.cli.commands.login import logged_in
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    DatabaseOptions,
    SelectionOptions,
    database_of,
    with_option_groups,
)
from ordercli.cli.order_ids import parse_id
from ordercli.cli.signals import stoppable
from ordercli.domain.status import REMOVE, RESTART, RETRY
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.domain.status import Transition


def service_command(transition: Transition, help_text: str) -> Callable[..., None]:
    """The command that makes this change to orders, named by id or chosen by filter."""

    @with_option_groups
    def change(
        run: Invocation,
        choice: SelectionOptions,
        where: DatabaseOptions,
        *,
        ids: IdsArgument = None,
        asked: ChangeOptions,
        told: ResultOptions,
    ) -> None:
        make_change(run, request_of(transition, asked, told), ids, choice, where)

    change.__doc__ = help_text
    return change


@with_option_groups
def restart(
    run: Invocation,
    where: DatabaseOptions,
    order: Annotated[str, typer.Argument(metavar="ID", help="The order's id.")],
    label: Annotated[
        str, typer.Option("--label", metavar="LABEL", help="The label of the new order.")
    ],
    reason: ReasonOption = None,
    style: ResultFormatOption = "text",
) -> None:
    """Restart an order that has ended, as a new one.

    Its files are delivered again, under a label of their own. Only a live service can do that.

    Example: ordercli restart 12 --label 'second try'
    """
    from ordercli.operations import restart as operation
    from ordercli.output.change_messages import unrecorded
    from ordercli.output.writers import write_restart

    as_json = is_json(style)
    console = run.console
    console.check_output()
    change = new_change(run, RESTART, reason)
    found = where.named_for_change()
    database = database_of(found, run.limits)
    there = operation.restartable(database, parse_id(order), label, found.service)
    with logged_in(run, there.service) as client, stoppable():
        made = operation.restart(database, client, change, there, run.limits)
    if not made.recorded:
        tell(console, unrecorded())
    write_restart(there, made.new_id, console, as_json=as_json)


retry = service_command(
    RETRY,
    """Retry the files of orders that ended with errors.

    Only a live service can do that.

    Example: ordercli retry --changed monday.. -m 'archive is back'
    """,
)
remove = service_command(
    REMOVE,
    """Remove cancelled orders for good.

    Nothing is left of them. Only a live service can do that.

    Example: ordercli remove 12 15
    """,
)
