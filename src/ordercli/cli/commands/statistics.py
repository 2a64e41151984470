"""``ordercli stats``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.cli.commands.several import require_all_read, tell_none, tell_problems
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import LayoutOptions, OwnSortOption
from ordercli.cli.options import (
    ReadingOptions,
    SelectionOptions,
    with_option_groups,
)
from ordercli.domain.statistics import (
    GROUP_KEYS,
    MOMENTS,
    TOTALS,
    USUAL_MOMENT,
    TotalsQuery,
    chosen_groups,
    chosen_moment,
    chosen_totals_sort,
    measured_total,
    require_period,
)
from ordercli.output.formats import TABLE, Layout, is_for_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.domain.statistics import TotalsKey
    from ordercli.operations.reading import Reading
    from ordercli.output.console import Console


GroupsOption = Annotated[
    str | None,
    typer.Option(
        metavar="a,b", help=f"What a row is of ({', '.join(GROUP_KEYS)}); default status."
    ),
]
MomentOption = Annotated[
    str,
    typer.Option(metavar="MOMENT", help=f"The moment that a period is of: {', '.join(MOMENTS)}."),
]
RowsOption = Annotated[
    int | None, typer.Option("--limit", min=0, metavar="N", help="At most N rows.")
]
PlotOption = Annotated[
    bool, typer.Option("--plot", help="Draw bars over time, in a period that fits the window.")
]


@with_option_groups
def show_statistics(
    run: Invocation,
    choice: SelectionOptions,
    where: ReadingOptions,
    listed: LayoutOptions,
    by: GroupsOption = None,
    on: MomentOption = USUAL_MOMENT,
    sort: OwnSortOption = None,
    limit: RowsOption = None,
    plot: PlotOption = False,
) -> None:
    """Show totals of orders by user, status or time.

    Example: ordercli stats --by month --since 1y
    """
    console = run.console
    if plot and (listed.style or TABLE).lower() != TABLE:
        raise UsageError(_("--plot and --format exclude each other"), _("give one of them"))
    if plot and limit is not None:
        raise UsageError(_("--plot and --limit exclude each other"), _("give one of them"))
    groups = chosen_groups(("day" if plot else "status") if by is None else by)
    keys = chosen_totals_sort(sort, groups)
    layout = listed.layout(run, (*groups, *TOTALS), TABLE if plot else None)
    query = TotalsQuery(choice.selection(layout.now), groups, chosen_moment(on), listed.utc)
    if plot:
        require_period(groups)
    reading = where.reading(run.limits)
    if plot:
        number = _draw_chart(reading, query, keys, layout, console, fitted=by is None)
    else:
        number = _write_totals(reading, query, keys, limit, layout, console)
    tell_problems(console, reading)
    if number == 0:
        tell_none(console, reading.databases, query.selection)
    require_all_read(reading)


def _write_totals(
    reading: Reading,
    query: TotalsQuery,
    keys: Sequence[TotalsKey],
    limit: int | None,
    layout: Layout,
    console: Console,
) -> int:
    """Write the totals, and give the number of orders in them."""
    from ordercli.operations.statistics import read_statistics
    from ordercli.output.statistics_table import write_statistics
    from ordercli.output.writers import write_rows

    if is_for_people(layout.style):
        found = read_statistics(reading, query, keys, limit, span=query.span(layout.now))
        write_statistics(found, measured_total(keys), layout, console)
    else:
        found = read_statistics(reading, query, keys, limit)
        write_rows(found.rows, layout, console, str)
    return found.orders


def _draw_chart(
    reading: Reading,
    query: TotalsQuery,
    keys: Sequence[TotalsKey],
    layout: Layout,
    console: Console,
    *,
    fitted: bool,
) -> int:
    """Draw what is measured over time, and give the number of orders in it."""
    from ordercli.operations.statistics import read_statistics, shortest_periods
    from ordercli.output.statistics_table import rows_of_a_chart, write_chart

    found, period = (
        read_statistics(reading, query, (), span=query.span(layout.now)),
        query.groups[0],
    )
    if fitted:
        period, found = shortest_periods(found, rows_of_a_chart(console))
    write_chart(found, period, measured_total(keys), layout, console)
    return found.orders
