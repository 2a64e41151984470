"""``ordercli wait``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import ExitCode, TransientError, UsageError
from ordercli.base.language import _
from ordercli.base.moments import parse_duration
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import DatabaseOptions, with_option_groups
from ordercli.cli.order_ids import parse_ids
from ordercli.domain.status import chosen
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ordercli.domain.status import Status
    from ordercli.output.console import Console
    from ordercli.store.database import Database


@with_option_groups
def wait(
    run: Invocation,
    where: DatabaseOptions,
    ids: Annotated[
        list[str], typer.Argument(metavar="ID...", help="Ids of orders; - reads them from stdin.")
    ],
    wanted: Annotated[
        list[str],
        typer.Option("--for", metavar="STATUS", help="Statuses to wait for, as in done,failed."),
    ],
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Give up after this time: 90s, 1h.")
    ] = None,
    interval: Annotated[str, typer.Option(metavar="TIME", help="Time between two looks.")] = "5s",
) -> None:
    """Wait until each order has one of the statuses.

    Example: ordercli wait 12 15 --for done,warning --timeout 1h
    """
    console = run.console
    console.check_output()
    pause = parse_duration(interval).total_seconds()
    if pause <= 0:
        raise UsageError(_("--interval must be longer than nothing"), _("give one such as 5s"))
    patience = None if timeout is None else parse_duration(timeout).total_seconds()
    watch = _Watch(parse_ids(ids, console.stdin), chosen(wanted), console)
    deadline = None if patience is None else time.monotonic() + patience
    if not watch.pending:
        tell(console, _("no ids given"))
    database = where.open(run.limits)
    watch.look(database, at_start=True)
    while watch.pending:
        left = pause if deadline is None else min(pause, deadline - time.monotonic())
        if left <= 0:
            watch.give_up(str(timeout))
            break
        time.sleep(left)
        watch.look(database)
    if watch.failed:
        raise typer.Exit(ExitCode.PARTIAL)


class _Watch:
    """The orders that are waited for; each is told about once, when it is decided."""

    def __init__(self, ids: Iterable[int], wanted: frozenset[Status], console: Console) -> None:
        self.pending: dict[int, str | None] = dict.fromkeys(ids)
        self.failed = False
        self._wanted = wanted
        self._console = console
        self._lost = False

    def look(self, database: Database, *, at_start: bool = False) -> None:
        """Look at the pending orders once; after the start, a lost database is waited for."""
        from ordercli.store.orders import statuses_of

        try:
            statuses = statuses_of(database, tuple(self.pending))
        except TransientError as error:
            if at_start:
                raise
            if not self._lost:
                lost = _("{reason}; waiting for it to come back").format(reason=error.what)
                tell(self._console, lost)
            self._lost = True
            return
        self._lost = False
        for order_id in list(self.pending):
            self._decide(order_id, statuses.get(order_id))

    def give_up(self, timeout: str) -> None:
        """Name every order that is still pending."""
        late = _("order {id} did not get there in {time}")
        late_still = _("order {id} did not get there in {time}, it is {status}")
        for order_id, status in self.pending.items():
            why = late_still if status else late
            told = why.format(id=order_id, time=timeout, status=_(str(status)))
            tell(self._console, told)
        self.failed = True

    def _decide(self, order_id: int, status: Status | None) -> None:
        if status is not None and status in self._wanted:
            name = _(status.name) if self._console.terminal else status.name
            self._console.write([f"{order_id} {name}\n"])
        elif status is None:
            tell(self._console, _("no order {id}").format(id=order_id))
            self.failed = True
        elif not status.can_become(self._wanted):
            ended = _("order {id} is {status} and can't get there any more")
            tell(self._console, ended.format(id=order_id, status=_(status.name)))
            self.failed = True
        else:
            self.pending[order_id] = status.name
            return
        del self.pending[order_id]
