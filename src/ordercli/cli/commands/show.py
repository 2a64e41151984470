"""``ordercli show``."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercli.cli.commands.watching import watch_order
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    DatabaseOptions,
    UtcOption,
    WatchOption,
    with_option_groups,
)
from ordercli.cli.order_ids import parse_id
from ordercli.domain.columns import COLUMNS
from ordercli.output.formats import ORDER_FORMATS, Layout, format_named
from ordercli.output.messages import warn


@with_option_groups
def show_order(
    run: Invocation,
    order: Annotated[str, typer.Argument(metavar="ID", help="The order's id.")],
    where: DatabaseOptions,
    style: Annotated[
        str, typer.Option("-f", "--format", metavar="FORMAT", help="table or json.")
    ] = "table",
    utc: UtcOption = False,
    watch: WatchOption = None,
) -> None:
    """Show one order: every field, its datasets, its history.

    Example: ordercli show 12 --utc
    """
    from ordercli.output.writers import write_order
    from ordercli.store.orders import get

    layout = Layout(format_named(style, ORDER_FORMATS), COLUMNS, run.clock(), utc=utc)
    order_id, database = parse_id(order), where.open(run.limits)
    if watch is not None:
        watch_order(run, database, order_id, layout, watch)
    detail = get(database, order_id, layout.now)
    write_order(detail, layout, run.console)
    warn(run.console, detail.anomalies)
