"""``ordercli list``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ExitCode, UsageError
from ordercli.base.language import _
from ordercli.base.text import counted, grouped
from ordercli.cli.commands.watching import watch_orders
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    ColumnsOption,
    DatabaseOptions,
    EverythingOption,
    FormatOption,
    HeaderOption,
    LimitOption,
    NoPagerOption,
    SelectionOptions,
    SortOption,
    UtcOption,
    WatchOption,
    chosen_format,
    chosen_limit,
    with_option_groups,
)
from ordercli.domain.columns import LIST_DEFAULT, chosen_columns, chosen_sort, column_named
from ordercli.domain.selection import OrderQuery
from ordercli.output.formats import IDS, TABLE, Layout, is_for_people
from ordercli.output.messages import tell, warn

if TYPE_CHECKING:
    from ordercli.domain.columns import Column
    from ordercli.store.database import Database

_ID = column_named("id")


@with_option_groups
def list_orders(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    columns: ColumnsOption = None,
    sort: SortOption = "-creation",
    limit: LimitOption = None,
    everything: EverythingOption = False,
    style: FormatOption = None,
    no_header: HeaderOption = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Ids only, one a line.")] = False,
    utc: UtcOption = False,
    watch: WatchOption = None,
    no_pager: NoPagerOption = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 4 when an order matches, 0 when none.")
    ] = False,
) -> None:
    """List orders, newest first.

    Example: ordercli list --user 'a*' --status running,pending --sort user
    """
    from ordercli.domain.anomalies import Anomalies
    from ordercli.operations.no_match import why_no_order
    from ordercli.output.writers import write_rows
    from ordercli.store.orders import count, read_orders

    console = run.console
    if exit_code and watch is not None:
        raise UsageError(_("--watch and --exit-code exclude each other"), _("give one of them"))
    if quiet and style is not None:
        raise UsageError(_("--quiet and --format exclude each other"), _("give one of them"))
    chosen_style = IDS if quiet else chosen_format(style, console)
    shown = _shown_columns(columns, chosen_style)
    layout = Layout(
        chosen_style, shown, run.clock(), header=not no_header, utc=utc,
        paged=not no_pager,
    )  # fmt: skip
    most = chosen_limit(limit, console, everything=everything)
    query = OrderQuery(
        choice.selection(layout.now), _needed_columns(shown, layout.style), chosen_sort(sort), most,
        layout.now,
    )  # fmt: skip
    database = where.open(run.limits)
    if watch is not None:
        watch_orders(
            run,
            database,
            lambda now: replace(query, selection=choice.selection(now), now=now),
            layout,
            watch,
        )
    anomalies = Anomalies()
    written = write_rows(
        read_orders(database, query, anomalies), layout, console,
        lambda number: _count_line(database, query, number),
    )  # fmt: skip
    warn(console, anomalies)
    if written == 0 and most != 0 and not quiet:
        tell(console, why_no_order(database, query.selection))
    if exit_code and (written or (most == 0 and count(database, query.selection))):
        raise typer.Exit(ExitCode.MATCHED)


def _shown_columns(text: str | None, style: str) -> tuple[Column, ...]:
    """The columns to write: people always get the id, which pause and cancel need."""
    chosen = chosen_columns(text, LIST_DEFAULT)
    if style == IDS:
        return (_ID,)
    return chosen if not is_for_people(style) or _ID in chosen else (_ID, *chosen)


def _needed_columns(shown: tuple[Column, ...], style: str) -> tuple[Column, ...]:
    """The columns to read: a table also marks what expires, a warning names the order."""
    marked = (column_named("status"), column_named("expiration")) if style == TABLE else ()
    return tuple(dict.fromkeys((*shown, *marked, _ID)))


def _count_line(database: Database, query: OrderQuery, shown: int) -> str:
    from ordercli.store.orders import count

    if shown == query.limit:
        in_all = count(database, query.selection)
        if in_all > shown:
            part = _("{number} of {orders}")
            return part.format(number=grouped(shown), orders=counted(in_all, "order")) + "\n"
    return f"{counted(shown, 'order')}\n"
