"""``ordercli errors``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.language import _
from ordercli.base.text import counted_part
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import LayoutOptions, LimitOptions, OwnSortOption, chosen_format
from ordercli.cli.options import (
    DatabaseOptions,
    SelectionOptions,
    with_option_groups,
)
from ordercli.domain.failures import FAILURE_GROUPS, FailureQuery, fields_of, grouping, sort_keys
from ordercli.output.formats import is_for_people
from ordercli.output.messages import tell, warn

if TYPE_CHECKING:
    from ordercli.store.database import Database


@with_option_groups
def show_errors(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    listed: LayoutOptions,
    some: LimitOptions,
    by: Annotated[
        str, typer.Option("--by", metavar="GROUP", help=f"One of {', '.join(FAILURE_GROUPS)}.")
    ] = "cause",
    sort: OwnSortOption = None,
) -> None:
    """Show which files failed, and why, the most frequent cause first.

    Example: ordercli errors --since monday --by user
    """
    from ordercli.domain.anomalies import Anomalies
    from ordercli.operations.no_match import advice
    from ordercli.output.writers import write_rows
    from ordercli.store.data_files import finds_failures, read_failures

    console, group = run.console, grouping(by)
    people = is_for_people(chosen_format(listed.style, console))
    layout = listed.layout(run, fields_of(group, people=people))
    query = FailureQuery(
        choice.selection(layout.now), group, sort_keys(sort, group), some.most(console),
        whole=not people,
    )  # fmt: skip
    anomalies, database = Anomalies(), where.open(run.limits)
    written = write_rows(
        read_failures(database, query, anomalies), layout, console,
        lambda number: _count_line(database, query, number),
    )  # fmt: skip
    warn(console, anomalies)
    if written == 0 and query.limit != 0:
        found = advice(database, query.selection, finds_failures)
        tell(console, _("; ").join([_("no file failed"), *found]))


def _count_line(database: Database, query: FailureQuery, shown: int) -> str:
    from ordercli.store.data_files import count_failures

    in_all = count_failures(database, query) if shown == query.limit else shown
    return counted_part(shown, in_all, query.by) + "\n"
