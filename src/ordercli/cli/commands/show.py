"""``ordercli show``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ExitCode, PartialError, UsageError
from ordercli.base.language import _
from ordercli.cli.commands.file_listing import list_files
from ordercli.cli.commands.watching import watch_order
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import (
    HeaderOption,
    LimitOptions,
    NoPagerOption,
    UtcOption,
    chosen_format,
)
from ordercli.cli.options import DatabaseOptions, WatchOption, with_option_groups
from ordercli.cli.order_ids import parse_ids
from ordercli.domain.columns import COLUMNS
from ordercli.output.formats import ORDER_FORMATS, TABLE, Layout, format_named
from ordercli.output.messages import tell, warn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.domain.order import OrderDetail
    from ordercli.store.database import Database

OrderFormatOption = Annotated[
    str | None,
    typer.Option(
        "-f", "--format", metavar="FORMAT", help="table or json; of files, any of list's."
    ),
]
FilesOption = Annotated[bool, typer.Option("--files", help="Its files instead.")]
FailedOption = Annotated[bool, typer.Option("--failed", help="Its files that failed.")]


@with_option_groups
def show_orders(
    run: Invocation,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of orders; - reads them from stdin.")
    ],
    where: DatabaseOptions,
    some: LimitOptions,
    style: OrderFormatOption = None,
    files: FilesOption = False,
    failed: FailedOption = False,
    no_header: HeaderOption = False,
    utc: UtcOption = False,
    watch: WatchOption = None,
    no_pager: NoPagerOption = False,
) -> None:
    """Show orders in full: every field, their datasets, their history.

    Example: ordercli show 12 15 --utc
    """
    named = parse_ids(ids, run.console.stdin)
    of_files = files or failed
    _require_one(named, of_files=of_files, watched=watch is not None)
    database = where.open(run.limits)
    if of_files:
        list_files(
            run, database, named[0], chosen_format(style, run.console), some.most(run.console),
            failed=failed, header=not no_header, paged=not no_pager,
        )  # fmt: skip
        return
    if some != LimitOptions() or no_header:
        raise UsageError(
            _("--limit, --all and --no-header are for files"), _("add --files or --failed")
        )
    chosen = TABLE if style is None else format_named(style, ORDER_FORMATS)
    layout = Layout(chosen, COLUMNS, run.clock(), utc=utc, paged=not no_pager)
    if watch is not None:
        watch_order(run, database, named[0], layout, watch)
    _show(run, database, named, layout)


def _require_one(ids: Sequence[int], *, of_files: bool, watched: bool) -> None:
    """Raise UsageError on options that exclude each other, or are of one order only."""
    if of_files and watched:
        raise UsageError(_("--files and --watch exclude each other"), _("give one of them"))
    if (of_files or watched) and len(ids) != 1:
        raise UsageError(_("--files, --failed and --watch are for one order"), _("give one id"))


def _show(run: Invocation, database: Database, ids: Sequence[int], layout: Layout) -> None:
    """Show the orders that there are; raises Exit where some are not there."""
    from ordercli.output.writers import write_order, write_orders
    from ordercli.store.orders import get

    if len(ids) == 1:
        detail = get(database, ids[0], layout.now)
        write_order(detail, layout, run.console)
        warn(run.console, detail.anomalies)
        return
    found: list[OrderDetail] = []
    for order_id in dict.fromkeys(ids):
        try:
            found.append(get(database, order_id, layout.now))
        except PartialError as error:
            tell(run.console, error.what)
    write_orders(found, layout, run.console)
    for detail in found:
        warn(run.console, detail.anomalies)
    if len(found) < len(set(ids)):
        raise typer.Exit(ExitCode.PARTIAL)
