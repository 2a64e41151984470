"""``ordercli history``."""

from __future__ import annotations

from typing import Annotated

import typer

from ordercli.base.errors import unknown_name
from ordercli.base.language import _
from ordercli.base.moments import parse_moment
from ordercli.base.text import counted, require_text
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    DatabaseOptions,
    EverythingOption,
    FormatOption,
    HeaderOption,
    LimitOption,
    NoPagerOption,
    UtcOption,
    chosen_format,
    chosen_limit,
    with_option_groups,
)
from ordercli.cli.order_ids import parse_ids
from ordercli.domain.status import ACTIONS
from ordercli.output.formats import Layout, is_for_people
from ordercli.output.messages import tell, warn


@with_option_groups
def show_history(
    run: Invocation,
    where: DatabaseOptions,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Only these orders; - reads their ids from stdin."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help="At or after: a date, a date and time, 7d, today."),
    ] = None,
    actor: Annotated[
        str | None, typer.Option(metavar="WHO", help="Changed by this person or script.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(metavar="ACTION", help=f"One of {', '.join(ACTIONS)}.")
    ] = None,
    limit: LimitOption = None,
    everything: EverythingOption = False,
    style: FormatOption = None,
    no_header: HeaderOption = False,
    utc: UtcOption = False,
    no_pager: NoPagerOption = False,
) -> None:
    """Show who changed what, when and why, newest first.

    Example: ordercli history 12 --since 7d
    """
    from ordercli.domain.anomalies import Anomalies
    from ordercli.domain.history import HISTORY_FIELDS, OPERATION, HistoryQuery
    from ordercli.output.writers import write_rows
    from ordercli.store.events import read_history

    console = run.console
    if action is not None and action.lower() not in ACTIONS:
        raise unknown_name(_("no action '{name}'").format(name=action), action, ACTIONS)
    chosen = chosen_format(style, console)
    fields = HISTORY_FIELDS if is_for_people(chosen) else (*HISTORY_FIELDS, OPERATION)
    layout = Layout(
        chosen, fields, run.clock(), header=not no_header, utc=utc,
        paged=not no_pager,
    )  # fmt: skip
    query = HistoryQuery(
        parse_ids(ids, console.stdin) if ids else None,
        None if since is None else parse_moment(since, layout.now),
        None if actor is None else require_text(actor, "--actor"),
        action.lower() if action else None,
        chosen_limit(limit, console, everything=everything),
    )
    anomalies = Anomalies()
    events = read_history(where.open(run.limits), query, anomalies)
    written = write_rows(events, layout, console, lambda number: f"{counted(number, 'change')}\n")
    warn(console, anomalies)
    if written == 0 and query.limit != 0:
        tell(console, _("no change is recorded"))
