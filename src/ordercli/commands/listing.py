"""``ordercli list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli import settings
from ordercli.columns import LIST_DEFAULT, chosen_columns, chosen_sort, column_named
from ordercli.console import Console
from ordercli.formats import IDS, TABLE, Layout, is_for_people
from ordercli.options import (
    ColumnsOption,
    DatabaseOptions,
    EverythingOption,
    FormatOption,
    HeaderOption,
    LimitOption,
    SelectionOptions,
    SortOption,
    UtcOption,
    chosen_format,
    chosen_limit,
    with_option_groups,
)
from ordercli.text import counted

if TYPE_CHECKING:
    from ordercli.columns import Column
    from ordercli.database import Database
    from ordercli.filters import Selection

_ID = column_named("id")


@with_option_groups
def list_orders(
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
) -> None:
    """List orders, newest first.

    Example: ordercli list --user 'a*' --status running,pending --sort user
    """
    from ordercli.orders import read_orders
    from ordercli.query import OrderQuery
    from ordercli.render import write_rows

    console = Console.of_process()
    chosen_style = IDS if quiet else chosen_format(style, console)
    shown = _shown_columns(columns, chosen_style)
    layout = Layout(chosen_style, shown, settings.now(), header=not no_header, utc=utc)
    most = chosen_limit(limit, console, everything=everything)
    selection = choice.selection(layout.now)
    query = OrderQuery(selection, _needed_columns(shown, layout.style), chosen_sort(sort), most)
    database = where.open()
    written = write_rows(read_orders(database, query), layout, console)
    if written == 0 and most != 0:
        _tell_none(database, selection, console)
    elif layout.style == TABLE and console.terminal:
        _tell_count(database, selection, written, most, console)


def _shown_columns(text: str | None, style: str) -> tuple[Column, ...]:
    """The columns to write: people always get the id, which pause and cancel need."""
    chosen = chosen_columns(text, LIST_DEFAULT)
    if style == IDS:
        return (_ID,)
    return chosen if not is_for_people(style) or _ID in chosen else (_ID, *chosen)


def _needed_columns(shown: tuple[Column, ...], style: str) -> tuple[Column, ...]:
    """The columns to read: a table also marks what expires."""
    marked = (column_named("status"), column_named("expiration")) if style == TABLE else ()
    return tuple(dict.fromkeys((*shown, *marked)))


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
