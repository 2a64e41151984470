"""``ordercli errors``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.language import _
from ordercli.base.text import counted, grouped
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    DatabaseOptions,
    EverythingOption,
    FormatOption,
    HeaderOption,
    LimitOption,
    NoPagerOption,
    SelectionOptions,
    UtcOption,
    chosen_format,
    chosen_limit,
    with_option_groups,
)
from ordercli.domain.failures import FAILURE_GROUPS, FailureQuery, fields_of, grouping, sort_keys
from ordercli.output.formats import Layout, is_for_people
from ordercli.output.messages import tell, warn

if TYPE_CHECKING:
    from ordercli.store.database import Database


@with_option_groups
def show_errors(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    by: Annotated[
        str, typer.Option("--by", metavar="GROUP", help=f"One of {', '.join(FAILURE_GROUPS)}.")
    ] = "cause",
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="KEY[,KEY]", help="Any column, -KEY for descending."),
    ] = None,
    limit: LimitOption = None,
    everything: EverythingOption = False,
    style: FormatOption = None,
    no_header: HeaderOption = False,
    utc: UtcOption = False,
    no_pager: NoPagerOption = False,
) -> None:
    """Show which files failed, and why, the most frequent cause first.

    Example: ordercli errors --since monday --by user
    """
    from ordercli.domain.anomalies import Anomalies
    from ordercli.output.writers import write_rows
    from ordercli.store.data_files import read_failures

    console, now = run.console, run.clock()
    chosen, group = chosen_format(style, console), grouping(by)
    people = is_for_people(chosen)
    layout = Layout(
        chosen, fields_of(group, people=people), now, header=not no_header, utc=utc,
        paged=not no_pager,
    )  # fmt: skip
    query = FailureQuery(
        choice.selection(now), group, sort_keys(sort, group),
        chosen_limit(limit, console, everything=everything), whole=not people,
    )  # fmt: skip
    anomalies, database = Anomalies(), where.open(run.limits)
    written = write_rows(
        read_failures(database, query, anomalies), layout, console,
        lambda number: _count_line(database, query, number),
    )  # fmt: skip
    warn(console, anomalies)
    if written == 0 and query.limit != 0:
        tell(console, _("no file failed"))


def _count_line(database: Database, query: FailureQuery, shown: int) -> str:
    from ordercli.store.data_files import count_failures

    in_all = count_failures(database, query) if shown == query.limit else shown
    if in_all == shown:
        return f"{counted(shown, query.by)}\n"
    part = _("{number} of {groups}")
    return part.format(number=grouped(shown), groups=counted(in_all, query.by)) + "\n"
