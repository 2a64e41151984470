"""What a key opens to read or to write: an order in full, its history, the keys, the report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ordercli.base.csv_json import CsvDialect
from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.columns import COLUMNS
from ordercli.domain.history import HISTORY_FIELDS, HistoryQuery
from ordercli.domain.selection import OrderQuery
from ordercli.operations.reading import Reading
from ordercli.operations.report import Report
from ordercli.output.formats import TABLE, Layout
from ordercli.output.order_sheet import order_sheet
from ordercli.output.report_file import write_report_file
from ordercli.output.tables import table
from ordercli.store.events import read_history
from ordercli.store.orders import get
from ordercli.top.background import do_beside
from ordercli.top.dialogs import LineDialog, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ordercli.domain.columns import Field
    from ordercli.output.report_file import FileKind
    from ordercli.top.app import TopApp

_MOST_EVENTS = 200
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.5, 86_400.0


class Panels:
    """Opens them above the table of an app."""

    def __init__(self, app: TopApp) -> None:
        self._app = app

    def show_order(self) -> None:
        """Show the order at the cursor in full."""
        self._show(self._order)

    def show_history(self) -> None:
        """Show what was changed of the order at the cursor, newest first."""
        self._show(self._history)

    def show_help(self) -> None:
        """List the keys."""
        keys = [
            (_("arrows, PgUp, PgDn, Home, End"), _("move")),
            ("/", _("filter, in the words of the command line")),
            ("c, o", _("columns, sort")),
            (_("Enter"), _("the order in full")),
            ("h", _("its history")),
            (
                _("space"),
                _("mark: changes are of the marked orders, else of the one at the cursor"),
            ),
            ("p, r, x", _("pause, resume, cancel, after a question")),
            ("u", _("undo the last change, after a question")),
            ("e", _("write the CSV of what is shown")),
            ("w, F5", _("seconds between two readings; read now")),
            ("q", _("quit")),
        ]
        width = max(len(key) for key, _meaning in keys)
        lines = [f"{key.ljust(width)}  {meaning}" for key, meaning in keys]
        self._app.push_screen(Sheet("\n".join(lines)))

    def ask_report(self) -> None:
        """Ask for the name of a file, and write the report of what is shown there."""
        view = self._app.view

        def take(found: tuple[tuple[Path, FileKind]] | None) -> None:
            if found is not None:
                path, kind = found[0]
                self._app.tell(_("writing {name}").format(name=path))
                done = _("{name} is written").format(name=path)
                do_beside(
                    self._app, lambda: self._write(view_query, path, kind),
                    lambda _nothing: self._app.tell(done), self._app.tell_error,
                )  # fmt: skip

        now = self._app.request.clock()
        view_query = OrderQuery(view.selection(now), view.columns, view.sort, now=now)
        title = _("Write the report of what is shown to (.csv, .csv.gz or .xlsx):")
        self._app.push_screen(LineDialog(title, "", self._app.request.report_file), take)

    def _write(self, query: OrderQuery, path: Path, kind: FileKind) -> None:
        request = self._app.request
        silent = replace(request.console, stderr=None, terminal=False)
        report = Report(Reading([request.database]), query, CsvDialect(guarded=True), whole=True)
        write_report_file(report, path, kind, silent)

    def _show(self, text: Callable[[int], str]) -> None:
        row = self._app.table.current
        if row is not None and not self._app.flow.busy:
            order_id = int(str(row["id"]))
            do_beside(self._app, lambda: text(order_id), self._open, self._app.tell_error)

    def _open(self, text: str) -> None:
        if len(self._app.screen_stack) == 1 and not self._app.flow.busy:
            self._app.push_screen(Sheet(text))

    def _layout(self, columns: Sequence[Field]) -> Layout:
        request = self._app.request
        return Layout(TABLE, tuple(columns), request.clock(), utc=request.utc)

    def _order(self, order_id: int) -> str:
        request = self._app.request
        layout = self._layout(COLUMNS)
        console = replace(request.console, width=self._app.size.width - 2)
        return order_sheet(get(request.database, order_id, layout.now), layout, console)

    def _history(self, order_id: int) -> str:
        request = self._app.request
        query = HistoryQuery(ids=(order_id,), limit=_MOST_EVENTS)
        events = list(read_history(request.database, query, Anomalies()))
        if not events:
            return _("no change is recorded")
        console = replace(request.console, width=self._app.size.width - 2)
        return table(events, self._layout(HISTORY_FIELDS), console)


def read_seconds(text: str) -> float:
    """The seconds that a text means; raises UsageError where it means none that will do."""
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        seconds = 0.0
    if not _SHORTEST_SECONDS <= seconds <= _LONGEST_SECONDS:
        raise UsageError(
            _("'{text}' is no number of seconds").format(text=text),
            _("give one from 0.5 to 86400"),
        )
    return seconds
