"""What a key opens to read or to write: an order, its files, its history, totals, the report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.csv_json import CsvDialect
from ordercli.base.language import _
from ordercli.base.text import counted_part, printable
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.columns import COLUMNS
from ordercli.domain.failures import FILE_FIELDS, FileQuery
from ordercli.domain.history import HISTORY_FIELDS, HistoryQuery
from ordercli.domain.selection import OrderQuery
from ordercli.domain.statistics import (
    TOTALS,
    USUAL_MOMENT,
    TotalsQuery,
    chosen_groups,
    chosen_moment,
    chosen_totals_sort,
    measured_total,
)
from ordercli.operations.reading import Reading
from ordercli.operations.report import Report
from ordercli.operations.statistics import read_statistics
from ordercli.output.formats import TABLE, Layout
from ordercli.output.order_sheet import order_sheet
from ordercli.output.report_file import write_report_file
from ordercli.output.statistics_table import drawn_statistics
from ordercli.output.tables import table
from ordercli.store.data_files import count_files, read_files
from ordercli.store.events import read_history
from ordercli.store.orders import get
from ordercli.top.background import do_beside
from ordercli.top.dialogs import LineDialog, Sheet
from ordercli.top.keys import help_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from textual import events

    from ordercli.domain.columns import Field
    from ordercli.output.console import Console
    from ordercli.output.report_file import FileKind
    from ordercli.top.app import TopApp
    from ordercli.top.request import View

_MOST_LINES = 200
"""Of a panel: who wants more than a screen or two has the command line."""


class _Page(NamedTuple):
    """A text of a panel, and what is said of the key that leads to it."""

    hint: str
    read: Callable[[], str]


class _Panel(Sheet):
    """Shows the first of its pages, and with each stroke of its key the next."""

    def __init__(self, text: str, key: str, pages: Sequence[_Page]) -> None:
        super().__init__(text, pages[1 % len(pages)].hint)
        self._key, self._pages = key, pages
        self._place = 0

    def on_key(self, event: events.Key) -> None:
        """Go on to the next page, or back to the first."""
        if event.key != self._key:
            return
        place = self._place = (self._place + 1) % len(self._pages)
        hint = self._pages[(place + 1) % len(self._pages)].hint

        def take(text: str) -> None:
            if place == self._place:
                self.show(text, hint)

        do_beside(
            self.app, self._pages[place].read, take, lambda error: take(printable(str(error)))
        )


class Panels:
    """Opens them above the table of an app."""

    def __init__(self, app: TopApp) -> None:
        self._app = app

    def show_order(self) -> None:
        """Show the order at the cursor in full."""
        self._show_of_order("", ("", self._order))

    def show_history(self) -> None:
        """Show what was changed of the order at the cursor, newest first."""
        self._show_of_order("", ("", self._history))

    def show_files(self) -> None:
        """Show the files of the order at the cursor, then those that failed."""
        self._show_of_order(
            "f", (_("f all"), partial(self._files, failed=False)),
            (_("f only failed"), partial(self._files, failed=True)),
        )  # fmt: skip

    def show_statistics(self) -> None:
        """Show totals of the orders that are shown: by status, then by user, then by day."""
        view = self._app.view
        self._show(
            "s", _Page(_("s by status"), partial(self._statistics, view, "status", None)),
            _Page(_("s by user"), partial(self._statistics, view, "user", None)),
            _Page(_("s by day"), partial(self._statistics, view, "day", "-day")),
        )  # fmt: skip

    def show_help(self) -> None:
        """List the keys."""
        self._app.push_screen(Sheet(help_text(self._app.size.width - 2)))

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

    def _show(self, key: str, *pages: _Page) -> None:
        """Open a panel with these pages, once the first of them has been read."""
        if self._app.flow.busy:
            return

        def take(text: str) -> None:
            if len(self._app.screen_stack) == 1 and not self._app.flow.busy:
                self._app.push_screen(_Panel(text, key, pages))

        do_beside(self._app, pages[0].read, take, self._app.tell_error)

    def _show_of_order(self, key: str, *pages: tuple[str, Callable[[int], str]]) -> None:
        """Open a panel on the order at the cursor."""
        row = self._app.table.current
        if row is not None:
            order_id = int(str(row["id"]))
            self._show(key, *(_Page(hint, partial(read, order_id)) for hint, read in pages))

    def _layout(self, columns: Sequence[Field]) -> Layout:
        request = self._app.request
        return Layout(TABLE, tuple(columns), request.clock(), utc=request.utc)

    def _console(self) -> Console:
        return replace(self._app.request.console, width=self._app.size.width - 2)

    def _order(self, order_id: int) -> str:
        layout = self._layout(COLUMNS)
        detail = get(self._app.request.database, order_id, layout.now)
        return order_sheet(detail, layout, self._console())

    def _history(self, order_id: int) -> str:
        query = HistoryQuery(ids=(order_id,), limit=_MOST_LINES)
        events = list(read_history(self._app.request.database, query, Anomalies()))
        if not events:
            return _("no change is recorded")
        return table(events, self._layout(HISTORY_FIELDS), self._console())

    def _files(self, order_id: int, *, failed: bool) -> str:
        database = self._app.request.database
        query = FileQuery(order_id, failed, _MOST_LINES)
        files = list(read_files(database, query, Anomalies()))
        if not files:
            return query.nothing
        number = count_files(database, query) if len(files) == _MOST_LINES else len(files)
        shown = table(files, self._layout(FILE_FIELDS), self._console())
        return shown + counted_part(len(files), number, "file")

    def _statistics(self, view: View, by: str, sort: str | None) -> str:
        request = self._app.request
        groups = chosen_groups(by)
        keys = chosen_totals_sort(sort, groups)
        layout = self._layout((*groups, *TOTALS))
        moment = chosen_moment(USUAL_MOMENT)
        query = TotalsQuery(view.selection(layout.now), groups, moment, request.utc)
        found = read_statistics(
            Reading([request.database]), query, keys, _MOST_LINES, span=query.span(layout.now)
        )
        told = drawn_statistics(found, measured_total(keys), layout, self._console())
        above = f"{printable(view.words)}\n\n" if view.words else ""
        return above + (told or _("no order matches"))
