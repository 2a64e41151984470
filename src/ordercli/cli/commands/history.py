"""``ordercli history``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.language import _
from ordercli.base.text import counted
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import LayoutOptions, LimitOptions
from ordercli.cli.options import (
    DatabaseOptions,
    with_option_groups,
)
from ordercli.cli.order_ids import parse_ids
from ordercli.domain.columns import chosen_fields
from ordercli.domain.history import (
    HISTORY_FIELDS,
    HISTORY_KEYS,
    SHORT_OPERATION,
    HistoryFilters,
    history_field,
)
from ordercli.domain.status import ACTIONS
from ordercli.output.messages import tell, warn

if TYPE_CHECKING:
    from ordercli.domain.history import HistoryQuery
    from ordercli.store.database import Database


@dataclass(frozen=True)
class EventOptions:
    """Which events of the history."""

    user: Annotated[
        list[str] | None,
        typer.Option(
            "-u", "--user", metavar="USER",
            help="Orders of this user, * and ? are wildcards; may be repeated.",
        ),
    ] = None  # fmt: skip
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="At or after: a date, a date and time, 7d, today."),
    ] = None
    until: Annotated[str | None, typer.Option(metavar="WHEN", help="Before, as --since.")] = None
    actor: Annotated[
        str | None,
        typer.Option(
            metavar="WHO", help="Changed by this person or script, * and ? are wildcards."
        ),
    ] = None
    action: Annotated[
        str | None, typer.Option(metavar="ACTION", help=f"One of {', '.join(ACTIONS)}.")
    ] = None
    operation: Annotated[
        str | None,
        typer.Option(
            metavar="OPERATION",
            help=f"Changed by this run: {SHORT_OPERATION} characters of its id or more.",
        ),
    ] = None

    @property
    def filters(self) -> HistoryFilters:
        """What was given of them."""
        return HistoryFilters(**{**vars(self), "user": self.user or ()})


@with_option_groups
def show_history(
    run: Invocation,
    choice: EventOptions,
    where: DatabaseOptions,
    listed: LayoutOptions,
    some: LimitOptions,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Only these orders; - reads their ids from stdin."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="a,b",
            help=f"Exactly these ({', '.join(HISTORY_KEYS)}); +a adds, -a takes away.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Show who changed what, when and why, newest first.

    Example: ordercli history 12 --since 7d
    """
    from ordercli.domain.anomalies import Anomalies
    from ordercli.output.writers import write_rows
    from ordercli.store.events import read_history

    console = run.console
    layout = listed.layout(run, chosen_fields(columns, HISTORY_FIELDS, history_field))
    chosen = parse_ids(ids, console.stdin) if ids else None
    query = choice.filters.query(chosen, layout.now, some.most(console))
    anomalies = Anomalies()
    database = where.open(run.limits)
    events = read_history(database, query, anomalies)
    written = write_rows(events, layout, console, lambda number: f"{counted(number, 'change')}\n")
    warn(console, anomalies)
    if written == 0 and query.limit != 0:
        tell(console, _why_none(database, query))


def _why_none(database: Database, query: HistoryQuery) -> str:
    """That there is no change, or none that is asked for, and which users would have some."""
    from ordercli.domain.history import HistoryQuery
    from ordercli.domain.selection import Selection
    from ordercli.operations.no_match import advice
    from ordercli.store.events import finds_changes

    found = advice(
        database, Selection(users=query.users),
        lambda connection, wider: finds_changes(connection, replace(query, users=wider.users)),
        either_case=False,
    )  # fmt: skip
    everything = query == HistoryQuery(limit=query.limit)
    none = _("no change is recorded") if everything else _("no change matches")
    return _("; ").join([none, *found])
