"""``ordercli metrics``."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercli.base.errors import unknown_name
from ordercli.base.language import _
from ordercli.cli.commands.several import tell_none
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import DatabaseOptions, SelectionOptions, with_option_groups
from ordercli.cli.output_path import output_path, require_other_file

_BY = ("user",)


@with_option_groups
def write_metrics(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write FILE, whole or not at all."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="user", help="Gauges of each user, with user for a label.")
    ] = None,
) -> None:
    """Write gauges of the orders for Prometheus.

    Example: ordercli metrics -o /var/lib/prometheus/node-exporter/orders.prom
    """
    from ordercli.operations.metrics import read_gauges
    from ordercli.output.metrics import write_gauges

    if by is not None and by.lower() not in _BY:
        raise unknown_name(_("no group '{name}'").format(name=by), by, _BY)
    now = run.clock()
    selection = choice.selection(now)
    path = output_path(output)
    database = where.open(run.limits)
    require_other_file(path, database)
    gauges = read_gauges(database, selection, now, by_user=by is not None)
    write_gauges(gauges, path, run.console)
    if not any(gauges[0].values.values()):
        tell_none(run.console, [database], selection, answered=True)
