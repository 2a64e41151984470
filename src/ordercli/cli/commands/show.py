"""``ordercli show``."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.cli.commands.file_listing import list_files
from ordercli.cli.commands.watching import watch_order
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    DatabaseOptions,
    EverythingOption,
    HeaderOption,
    LimitOption,
    NoPagerOption,
    UtcOption,
    WatchOption,
    chosen_format,
    chosen_limit,
    with_option_groups,
)
from ordercli.cli.order_ids import parse_id
from ordercli.domain.columns import COLUMNS
from ordercli.output.formats import ORDER_FORMATS, TABLE, Layout, format_named
from ordercli.output.messages import warn


@with_option_groups
def show_order(
    run: Invocation,
    order: Annotated[str, typer.Argument(metavar="ID", help="The order's id.")],
    where: DatabaseOptions,
    style: Annotated[
        str | None,
        typer.Option(
            "-f", "--format", metavar="FORMAT", help="table or json; of files, any of list's."
        ),
    ] = None,
    files: Annotated[bool, typer.Option("--files", help="Its files instead.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Its files that failed.")] = False,
    limit: LimitOption = None,
    everything: EverythingOption = False,
    no_header: HeaderOption = False,
    utc: UtcOption = False,
    watch: WatchOption = None,
    no_pager: NoPagerOption = False,
) -> None:
    """Show one order: every field, its datasets, its history.

    Example: ordercli show 12 --utc
    """
    from ordercli.output.writers import write_order
    from ordercli.store.orders import get

    order_id = parse_id(order)
    if files or failed:
        if watch is not None:
            raise UsageError(_("--files and --watch exclude each other"), _("give one of them"))
        most = chosen_limit(limit, run.console, everything=everything)
        list_files(
            run, where.open(run.limits), order_id, chosen_format(style, run.console), most,
            failed=failed, header=not no_header, paged=not no_pager,
        )  # fmt: skip
        return
    if limit is not None or everything or no_header:
        raise UsageError(
            _("--limit, --all and --no-header are for files"), _("add --files or --failed")
        )
    chosen = TABLE if style is None else format_named(style, ORDER_FORMATS)
    layout = Layout(chosen, COLUMNS, run.clock(), utc=utc, paged=not no_pager)
    database = where.open(run.limits)
    if watch is not None:
        watch_order(run, database, order_id, layout, watch)
    detail = get(database, order_id, layout.now)
    write_order(detail, layout, run.console)
    warn(run.console, detail.anomalies)
