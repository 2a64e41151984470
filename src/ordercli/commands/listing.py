"""``ordercli list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli import settings
from ordercli.columns import LIST_DEFAULT, chosen_columns, chosen_sort, column_named
from ordercli.console import Console
from ordercli.errors import UsageError
from ordercli.formats import TABLE, format_named
from ordercli.options import (
    ColumnsOption,
    DatabaseOptions,
    HeaderOption,
    SelectionOptions,
    SortOption,
    UtcOption,
    with_option_groups,
)
from ordercli.text import counted

if TYPE_CHECKING:
    from ordercli.columns import Column
    from ordercli.database import Database
    from ordercli.filters import Selection

_TERMINAL_LIMIT = 50


@with_option_groups
def list_orders(
    choice: SelectionOptions,
    where: DatabaseOptions,
    columns: ColumnsOption = None,
    sort: SortOption = "-creation",
    limit: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="At most N; 50 on a terminal.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="No limit.")] = False,
    style: Annotated[
        str | None,
        typer.Option(
            "-f", "--format", metavar="FORMAT",
            help="table, json, jsonl, csv, tsv, plain, simple, github, grid, html, ...",
        ),
    ] = None,
    no_header: HeaderOption = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Ids only, one a line.")] = False,
    utc: UtcOption = False,
) -> None:  # fmt: skip
    """List orders, newest first.

    Example: ordercli list --user 'a*' --status running,pending --sort user
    """
    from ordercli.orders import read_orders
    from ordercli.query import OrderQuery
    from ordercli.render import Layout, write_orders

    console = Console.of_process()
    if everything and limit is not None:
        raise UsageError("--all and --limit N exclude each other", "give one of them")
    layout = Layout(
        style="ids" if quiet else _style(style, console),
        columns=_columns(columns, quiet=quiet),
        header=not no_header,
        utc=utc,
        now=settings.now(),
    )
    most = limit if limit is not None or everything or not console.terminal else _TERMINAL_LIMIT
    selection = choice.selection(layout.now)
    query = OrderQuery(selection, layout.needed_columns, chosen_sort(sort), most)
    database = where.open()
    shown = write_orders(read_orders(database, query), layout, console)
    if shown == 0 and most != 0:
        _tell_none(database, selection, console)
    elif layout.style == TABLE and console.terminal:
        _tell_count(database, selection, shown, most, console)


def _style(name: str | None, console: Console) -> str:
    if name is not None:
        return format_named(name)
    return TABLE if console.terminal else "tsv"


def _columns(text: str | None, *, quiet: bool) -> tuple[Column, ...]:
    chosen = chosen_columns(text, LIST_DEFAULT)
    return (column_named("id"),) if quiet else chosen


def _tell_count(
    database: Database, selection: Selection, shown: int, most: int | None, console: Console
) -> None:
    from ordercli.orders import count

    if shown == most:
        all_orders = count(database, selection)
        if all_orders > shown:
            console.show(f"{shown:,} of {counted(all_orders, 'order')}\n")
            return
    console.show(f"{counted(shown, 'order')}\n")


def _tell_none(database: Database, selection: Selection, console: Console) -> None:
    from ordercli.orders import user_like

    near = [(user, user_like(database, user)) for user in selection.exact_users]
    meant = "".join(f"; no user '{user}', did you mean '{like}'?" for user, like in near if like)
    console.note(f"ordercli: no order matches{meant}")
