"""``ordercli db``: init, load, check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ServiceError, UsageError
from ordercli.base.files import input_stream, read_first
from ordercli.base.language import _
from ordercli.base.text import counted, require_text
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import DatabaseOptions, database_of, with_option_groups
from ordercli.output.messages import folded, note, pass_on
from ordercli.output.progress import progress

if TYPE_CHECKING:
    from ordercli.base import settings
    from ordercli.store.inspection import ServiceReport


@with_option_groups
def initialise(
    run: Invocation,
    where: DatabaseOptions,
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Fill an empty database with N orders.")
    ] = None,
) -> None:
    """Make the missing tables; beside a service's, only the history.

    Example: ordercli db init --sample 100
    """
    from ordercli.store import schema

    database = database_of(where.named_for_change(), run.limits)
    made = schema.initialise(database)
    made_these = _("{name}: made {list}").format(name=database.name, list=", ".join(made))
    note(
        run.console, made_these if made else _("{name}: nothing to make").format(name=database.name)
    )
    if sample is not None:
        from ordercli.operations.sample import fill

        with database.writing(owning=True) as connection:
            schema.require_ours(connection, _("a sample"))
            schema.require_empty(connection)
            fill(connection, sample, run.clock())
        added = _("{name}: added {orders}")
        note(run.console, added.format(name=database.name, orders=counted(sample, "sample order")))


@with_option_groups
def load(
    run: Invocation,
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON or CSV; - for standard input.")],
    where: DatabaseOptions,
    update: Annotated[
        bool, typer.Option("--update", help="Replace orders that exist already.")
    ] = False,
) -> None:
    """Load orders from a file.

    JSON, which is a page of the service's API, a list or an order a line; or the CSV of summary.

    Example: ordercli db load orders-page.json
    """
    from ordercli.operations import load as loading
    from ordercli.store import schema

    database = database_of(where.named_for_change(), run.limits)
    source = _("standard input") if file == "-" else file
    with (
        input_stream(file) as stream,
        read_first(stream) as lines,
        database.writing(owning=True) as connection,
        progress(run.console, _("Loading"), lambda: None) as advance,
    ):
        schema.require_ours(connection, _("loading"))
        loaded = loading.load(connection, lines, source, update=update, advance=advance)
    pass_on(run.console, database.warnings)
    told = _("{name}: loaded {orders}")
    note(run.console, told.format(name=database.name, orders=counted(loaded, "order")))


@with_option_groups
def print_grants(
    run: Invocation,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="The role to give rights to.")],
    where: DatabaseOptions,
    write: Annotated[bool, typer.Option("--write", help="To change orders as well.")] = False,
) -> None:
    """Print the SQL that gives a role the least rights it needs.

    It is printed, not run.

    Example: ordercli db grants ops --write | psql prod
    """
    from ordercli.store.grants import grants

    statements = grants(where.open(run.limits), require_text(role, "ROLE"), write=write)
    run.console.write(f"{statement}\n" for statement in statements)


@with_option_groups
def check(run: Invocation, where: DatabaseOptions) -> None:
    """Tell what the database allows.

    What is there, which rights we have, which commands work.

    Example: ordercli db check --profile prod
    """
    from ordercli.store.inspection import examine, newest_order, sentences

    run.console.check_output()
    found = where.named()
    database = database_of(found, run.limits)
    report = examine(database)
    service = None
    if found.service is not None:
        newest = newest_order(database) if report.can_read else None
        service = _tried(run, found.service, newest)
    lines = sentences(report, service, read_only=found.read_only)
    width = run.console.width
    run.console.write(f"{part}\n" for line in lines for part in folded(line, width))
    if not report.can_read or (service is not None and service.problem is not None):
        raise typer.Exit(1)


def _tried(run: Invocation, service: settings.Service, order_id: int | None) -> ServiceReport:
    """What a login to the service and a look at one order show; neither changes anything."""
    from ordercli.cli.commands.login import logged_in
    from ordercli.service.account import account_of
    from ordercli.store.inspection import ServiceReport

    try:
        with logged_in(run, service) as client:
            account = account_of(client.login, client.check(order_id))
    except (ServiceError, UsageError) as error:
        return ServiceReport(service.url, service.project, str(error))
    return ServiceReport(service.url, service.project, account=tuple(account.sentences()))
