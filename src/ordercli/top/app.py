"""The page of orders, full screen: what is shown, and what each key does."""

from __future__ import annotations

import asyncio
import signal
import time
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import Static

from ordercli.base.errors import ExitCode, OrdercliError
from ordercli.base.language import _
from ordercli.base.text import printable
from ordercli.domain.status import CANCEL, PAUSE, RESUME
from ordercli.top.background import Finished, do_beside, give_way_to_keys, look_for_garbage
from ordercli.top.change_flow import ChangeFlow
from ordercli.top.dialogs import safe
from ordercli.top.header import STYLE, counts_line, names_line
from ordercli.top.keys import KeysLine
from ordercli.top.orders_table import OrdersTable
from ordercli.top.panels import Panels
from ordercli.top.reading import around, read_counts, read_part
from ordercli.top.view_questions import ViewQuestions

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ordercli.top.painting import Painting
    from ordercli.top.request import TopRequest, View

_STANDING_OUT_SECONDS = 2.0
_COUNTS_SHARE = 10
"""Counting a long list takes at most one part in so many of the time."""

_EXIT_BASE = 128


class TopApp(App[int]):
    """The full screen; its value is the exit code."""

    CSS_PATH = None
    ENABLE_COMMAND_PALETTE = False
    CSS = STYLE
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "open('filter')"),
        Binding("o", "open('sort')"),
        Binding("c", "open('columns')"),
        Binding("w", "open('interval')"),
        Binding("f", "open('files')"),
        Binding("h", "open('history')"),
        Binding("s", "open('statistics')"),
        Binding("e", "open('report')"),
        Binding("p", "change('pause')"),
        Binding("r", "change('resume')"),
        Binding("x", "change('cancel')"),
        Binding("u", "undo"),
        Binding("question_mark", "open('help')"),
        Binding("f5", "refresh_orders"),
        Binding("q,ctrl+q", "leave(0)"),
        Binding("ctrl+c", f"leave({int(ExitCode.INTERRUPTED)})", priority=True),
        Binding("ctrl+z", "suspend_process", priority=True),
    ]

    def __init__(self, request: TopRequest) -> None:
        super().__init__(ansi_color=True)
        self.set_class(not request.console.unicode, "-plain")
        self.request = request
        self.view = request.view
        self.seconds = request.seconds
        self.table = OrdersTable(request)
        self.flow = ChangeFlow(self)
        self.panels = Panels(self)
        self.questions = ViewQuestions(self)
        self.reading = False
        self._fresh = True
        self._counting = False
        self._counts: dict[str, int] | None = None
        self._count_after = 0.0
        self._read_after = 0.0
        self._lost = False
        self.failure: Exception | None = None

    def compose(self) -> ComposeResult:
        """The header, the table, a line of keys, and one for what happened."""
        yield Static("", id="names")
        yield Static("", id="counts")
        yield self.table
        yield KeysLine(classes="keys")
        yield Static("", id="happened")

    def on_resize(self) -> None:
        """Fit the header to the new size."""
        self._show_header()

    def on_mount(self) -> None:
        """Begin to read, and end in order when the process is told to."""
        self.theme = "ansi-dark"
        give_way_to_keys()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, self.action_leave, _EXIT_BASE + number)
        self._show_header()
        self.table.focus()
        self.refresh_orders()
        self.set_interval(0.1, self._refresh_in_time)

    def tell(self, message: str) -> None:
        """Show what just happened, in the last line."""
        self.query_one("#happened", Static).update(safe(message), layout=False)

    def tell_error(self, error: OrdercliError | OSError) -> None:
        """Show what went wrong there."""
        self.tell(printable(str(error)))

    def on_finished(self, event: Finished) -> None:
        """Take what a thread has for the screen, while there is one."""
        if self.is_running:
            event.take()

    def on_orders_table_moved(self) -> None:
        """Read what the window shows and lies ahead, unless it is at hand."""
        part, table = self.table.part, self.table
        if part is None or self.reading:
            return
        if not part.covers(table.first, table.shown, table.total):
            self.refresh_orders()

    def on_orders_table_opened(self) -> None:
        """Show the order at the cursor in full."""
        self.panels.show_order()

    def show_view(self, view: View) -> None:
        """Show another list."""
        self.view = view
        self._fresh = True
        self._count_after = 0.0
        self._counts = self.table.total = None
        self.tell("")
        self.refresh_orders()

    def read_every(self, seconds: float) -> None:
        """Let so much time lie between two readings, from now on."""
        self.seconds = seconds
        self._read_after = 0.0

    def refresh_orders(self) -> None:
        """Read the orders around the window anew, and their numbers from time to time."""
        if self.reading:
            return
        self.reading = True
        view, total, fresh = self.view, self.table.total, self._fresh
        wanted = around(view, 0 if fresh else self.table.first, self.table.shown)
        known = None if fresh else self.table.part
        do_beside(
            self,
            lambda: self.table.paint(read_part(self.request, wanted, known, total), fresh=fresh),
            self._show_part, self._lose,
        )  # fmt: skip
        if not self._counting and time.monotonic() >= self._count_after:
            self._counting = True
            began = time.monotonic()
            do_beside(
                self, lambda: read_counts(self.request, view),
                lambda counts: self._show_counts(view, counts, time.monotonic() - began),
                self._lose_counts,
            )  # fmt: skip

    def action_refresh_orders(self) -> None:
        """Read at once."""
        self._count_after = 0.0
        self.refresh_orders()

    def action_open(self, what: str) -> None:
        """Open what a key is for: a panel, or a line to type in."""
        openers = {
            "filter": self.questions.ask_filter,
            "sort": self.questions.ask_sort,
            "columns": self.questions.ask_columns,
            "interval": self.questions.ask_seconds,
            "files": self.panels.show_files,
            "history": self.panels.show_history,
            "statistics": self.panels.show_statistics,
            "report": self.panels.ask_report,
            "help": self.panels.show_help,
        }
        openers[what]()

    def action_change(self, action: str) -> None:
        """Ask about a change of the marked orders, or of the one at the cursor."""
        transition = {each.action: each for each in (PAUSE, RESUME, CANCEL)}[action]
        self.flow.propose(transition)

    def action_undo(self) -> None:
        """Ask whether the last change is to be taken back."""
        self.flow.propose_undo()

    def action_leave(self, exit_code: int) -> None:
        """End, once what is being changed has come to the end of its batch."""
        self.flow.leave(lambda: self.exit(exit_code))

    def _refresh_in_time(self) -> None:
        if self.request.console.hung_up and not self.is_headless:
            self.action_leave(int(ExitCode.HUNG_UP))
        elif time.monotonic() >= self._read_after and not self.reading:
            self.refresh_orders()

    def _show_part(self, painting: Painting) -> None:
        self.reading = False
        self._read_after = time.monotonic() + self.seconds
        if painting.part.view is not self.view:
            self.refresh_orders()
            return
        if self._lost:
            self._lost = False
            self.tell(_("the database is back"))
        if self.table.part is None:
            look_for_garbage()
        self.table.show(painting, fresh=self._fresh)
        self._fresh = False
        if self.table.changed:
            self.set_timer(_STANDING_OUT_SECONDS, self.table.forget_changes)
        self._show_header()
        self.on_orders_table_moved()

    def _lose(self, error: OrdercliError | OSError) -> None:
        self.reading = False
        self._lost = True
        self._read_after = time.monotonic() + self.seconds
        reason = error.what if isinstance(error, OrdercliError) else str(error)
        self.tell(_("lost, trying again: {reason}").format(reason=reason))

    def _show_counts(self, view: View, counts: dict[str, int], seconds: float) -> None:
        self._counting = False
        self._count_after = time.monotonic() + seconds * _COUNTS_SHARE
        if view is self.view:
            self._counts, self.table.total = counts, sum(counts.values())
            self._show_header()
            self.table.redraw()
        else:
            self._count_after = 0.0

    def _lose_counts(self, _error: OrdercliError | OSError) -> None:
        self._counting = False  # reading the orders tells why

    def _show_header(self) -> None:
        width = self.size.width
        names = names_line(self.request, self.view, self.table.part)
        counts = counts_line(self._counts, self.request, width)
        self.query_one("#names", Static).update(names, layout=False)
        self.query_one("#counts", Static).update(counts, layout=False)

    def _handle_exception(self, error: Exception) -> None:
        """Keep an error that nobody expected for the command line, which tells of it."""
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End without the traceback that Textual would print: it shows all that is in memory."""
        self._close_messages_no_wait()
