"""``--watch``: what a command shows, drawn again and again on the whole screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

import typer

from ordercli.base.errors import ExitCode, UsageError
from ordercli.base.language import _
from ordercli.base.text import counted
from ordercli.base.times import local_text
from ordercli.base.values import Kind
from ordercli.domain.columns import COLUMNS
from ordercli.output.formats import TABLE, Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ordercli.base.values import Row, Value
    from ordercli.cli.invocation import Invocation
    from ordercli.domain.selection import OrderQuery
    from ordercli.store.database import Database


def watch_orders(
    run: Invocation,
    database: Database,
    query: Callable[[datetime], OrderQuery],
    layout: Layout,
    seconds: float,
) -> NoReturn:
    """Watch a list of orders; ``query`` says which, as of a moment. Raises Exit at Ctrl-C."""
    _watch(run, _Orders(run, database, query, layout), layout, seconds)


def watch_order(
    run: Invocation, database: Database, order_id: int, layout: Layout, seconds: float
) -> NoReturn:
    """Watch one order in full. Raises Exit at Ctrl-C."""
    _watch(run, _Order(run, database, order_id, layout), layout, seconds)


def _watch(run: Invocation, view: _Orders | _Order, layout: Layout, seconds: float) -> NoReturn:
    from ordercli.output.screen import redraw

    if layout.style != TABLE or not run.console.redrawable:
        raise UsageError(
            _("--watch draws a table on a terminal, and this is none"),
            _("use a loop with sleep instead"),
        )
    try:
        redraw(run.console, view.draw, seconds, lambda: view.heading(seconds))
    except KeyboardInterrupt:
        raise typer.Exit(ExitCode.INTERRUPTED) from None


class _Orders:
    """A list of orders, in which those stand out that changed since it was last drawn."""

    def __init__(
        self,
        run: Invocation,
        database: Database,
        query: Callable[[datetime], OrderQuery],
        layout: Layout,
    ) -> None:
        self._run = run
        self._database = database
        self._query = query
        self._layout = layout
        self._before: dict[Value, Row] | None = None

    def draw(self) -> str:
        from ordercli.output.writers import drawn_rows
        from ordercli.store.orders import read_orders

        now = self._run.clock()
        rows = {row["id"]: row for row in read_orders(self._database, self._query(now))}
        before = rows if self._before is None else self._before
        changed = frozenset(
            key for key, row in rows.items() if _lasting(before.get(key, {})) != _lasting(row)
        )
        self._before = rows
        layout = replace(self._layout, now=now, changed=changed)
        return drawn_rows(list(rows.values()), layout, self._run.console.as_wide_as_now())

    def heading(self, seconds: float) -> str:
        return _heading(self._run, seconds, counted(len(self._before or ()), "order"), self._layout)


class _Order:
    """One order, in which the columns stand out that changed since it was last drawn."""

    def __init__(self, run: Invocation, database: Database, order_id: int, layout: Layout) -> None:
        self._run = run
        self._database = database
        self._order_id = order_id
        self._layout = layout
        self._before: Row | None = None

    def draw(self) -> str:
        from ordercli.output.writers import drawn_order
        from ordercli.store.orders import get

        now = self._run.clock()
        detail = get(self._database, self._order_id, now)
        values = _lasting(detail.values)
        before = values if self._before is None else self._before
        changed = frozenset(key for key, value in values.items() if before[key] != value)
        self._before = values
        layout = replace(self._layout, now=now, changed=changed)
        return drawn_order(detail, layout, self._run.console.as_wide_as_now())

    def heading(self, seconds: float) -> str:
        return _heading(self._run, seconds, _("order {id}").format(id=self._order_id), self._layout)


def _lasting(row: Row) -> Row:
    """The values that do not change merely because time goes by."""
    passing = {column.key for column in COLUMNS if column.kind is Kind.DURATION}
    return {key: value for key, value in row.items() if key not in passing}


def _heading(run: Invocation, seconds: float, what: str, layout: Layout) -> str:
    clock = local_text(run.clock(), "%H:%M:%S", layout.utc)
    heading = _("Every {seconds} s, at {time}: {what}; Ctrl-C ends")
    return heading.format(seconds=f"{seconds:g}", time=clock, what=what)
