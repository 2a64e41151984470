"""``ordercli undo``."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercli.cli.commands.change_request import Target, carry_out
from ordercli.cli.commands.changing import (
    ChangeOptions,
    DirectOption,
    ResultOptions,
    request_of,
)
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import DatabaseOptions, database_of, with_option_groups
from ordercli.domain.history import begun_operation
from ordercli.domain.selection import Selection
from ordercli.domain.status import UNDO


@with_option_groups
def undo(
    run: Invocation,
    where: DatabaseOptions,
    *,
    operation: Annotated[
        str,
        typer.Argument(
            metavar="OPERATION", help="As the change or history shows it, 8 characters or more."
        ),
    ],
    asked: ChangeOptions,
    direct: DirectOption = False,
    told: ResultOptions,
) -> None:
    """Put the orders of an operation back as they were.

    Those that anything has changed since are left as they are, and named.

    Example: ordercli undo 3f2a9c1e -m 'wrong users'
    """
    from ordercli.operations.undo import find_operation

    request = request_of(UNDO, asked, told, direct=direct)
    run.console.check_output()
    begun, found = begun_operation(operation), where.named_for_change()
    database = database_of(found, run.limits)
    undone = find_operation(database, begun, latest=not asked.dry_run)
    through_service = found.service is not None and not direct
    reversals = undone.reversals(through_service=through_service)
    target = Target(
        database, found.service, Selection(ids=tuple(reversals)), reversals, undone.last
    )
    carry_out(run, request, target, asks=not (asked.yes or asked.dry_run))
