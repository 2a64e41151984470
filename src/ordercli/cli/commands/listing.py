"""``ordercli list``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ExitCode, UsageError
from ordercli.base.language import _
from ordercli.base.text import counted_part
from ordercli.cli.commands.several import require_all_read, tell_none, tell_problems
from ordercli.cli.commands.watching import watch_orders
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import LayoutOptions, LimitOptions, chosen_format
from ordercli.cli.options import (
    ColumnsOption,
    ReadingOptions,
    SelectionOptions,
    SortOption,
    WatchOption,
    with_option_groups,
)
from ordercli.domain.columns import LIST_DEFAULT, PROFILE, chosen_columns, chosen_sort, column_named
from ordercli.domain.selection import OrderQuery
from ordercli.output.formats import IDS, TABLE, is_for_people

if TYPE_CHECKING:
    from ordercli.domain.columns import Column
    from ordercli.operations.reading import Reading
    from ordercli.output.console import Console
    from ordercli.output.formats import Layout

_ID = column_named("id")


IdsOnlyOption = Annotated[bool, typer.Option("-q", "--quiet", help="Ids only, one a line.")]
ExitCodeOption = Annotated[
    bool, typer.Option("--exit-code", help="End with 4 when an order matches, 0 when none.")
]


@with_option_groups
def list_orders(
    run: Invocation,
    choice: SelectionOptions,
    where: ReadingOptions,
    listed: LayoutOptions,
    some: LimitOptions,
    columns: ColumnsOption = None,
    sort: SortOption = "-creation",
    quiet: IdsOnlyOption = False,
    watch: WatchOption = None,
    exit_code: ExitCodeOption = False,
) -> None:
    """List orders, newest first.

    Example: ordercli list --user 'a*' --status running,pending --sort user
    """
    console = run.console
    reading = where.reading(run.limits)
    _require_one(
        reading, watched=watch is not None, quiet=quiet, styled=listed.style is not None,
        exit_code=exit_code,
    )  # fmt: skip
    style = IDS if quiet else chosen_format(listed.style, console)
    shown = _shown_columns(columns, style, several=reading.several)
    layout = listed.layout(run, shown, style)
    query = OrderQuery(
        choice.selection(layout.now), _needed_columns(shown, style), chosen_sort(sort),
        some.most(console), layout.now,
    )  # fmt: skip
    if watch is not None:
        watch_orders(
            run, reading.databases[0],
            lambda now: replace(query, selection=choice.selection(now), now=now), layout, watch,
        )  # fmt: skip
    written = _write(console, reading, query, layout)
    if exit_code and (written or (query.limit == 0 and reading.count(query.selection))):
        raise typer.Exit(ExitCode.MATCHED)


def _write(console: Console, reading: Reading, query: OrderQuery, layout: Layout) -> int:
    """Write the orders, tell what is to be told of them, and give their number."""
    from ordercli.output.writers import write_rows

    written = write_rows(
        reading.orders(query), layout, console, lambda number: _count_line(reading, query, number)
    )
    tell_problems(console, reading)
    if written == 0 and query.limit != 0 and layout.style != IDS:
        tell_none(console, reading.databases, query.selection)
    require_all_read(reading)
    return written


def _require_one(
    reading: Reading, *, watched: bool, quiet: bool, styled: bool, exit_code: bool
) -> None:
    """Raise UsageError on options that exclude each other."""
    if exit_code and watched:
        raise UsageError(_("--watch and --exit-code exclude each other"), _("give one of them"))
    if quiet and styled:
        raise UsageError(_("--quiet and --format exclude each other"), _("give one of them"))
    if reading.several and (quiet or watched):
        raise UsageError(
            _("--quiet and --watch take one profile"), _("an id means another order in each")
        )


def _shown_columns(text: str | None, style: str, *, several: bool) -> tuple[Column, ...]:
    """The columns to write: people always get the id, which pause and cancel need.

    Of several profiles they get the profile as well.
    """
    needed = (PROFILE, _ID) if several else (_ID,)
    chosen = chosen_columns(text, (PROFILE, *LIST_DEFAULT) if several else LIST_DEFAULT)
    if style == IDS:
        return (_ID,)
    missing = [each for each in needed if each not in chosen and is_for_people(style)]
    return (*missing, *chosen)


def _needed_columns(shown: tuple[Column, ...], style: str) -> tuple[Column, ...]:
    """The columns to read: a table also marks what expires, a warning names the order."""
    marked = (column_named("status"), column_named("expiration")) if style == TABLE else ()
    return tuple(dict.fromkeys((*shown, *marked, _ID)))


def _count_line(reading: Reading, query: OrderQuery, shown: int) -> str:
    in_all = reading.count(query.selection) if shown == query.limit else shown
    return counted_part(shown, in_all, "order") + "\n"
