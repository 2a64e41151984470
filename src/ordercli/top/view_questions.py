"""The lines in which a person asks for another view: filters, sort, columns, interval."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.top.completing import CompletedLine
from ordercli.top.dialogs import LineDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.top.app import TopApp
    from ordercli.top.request import View

_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.5, 86_400.0


class ViewQuestions:
    """Opens them above the table of an app."""

    def __init__(self, app: TopApp) -> None:
        self._app = app

    def ask_filter(self) -> None:
        """Ask for filters, in the words of the command line."""
        view = self._app.view
        self._ask(
            _("Filter, as on the command line (Tab completes):"), view.line, None,
            lambda text: self._read(text, view.columns_text, view.sort_text),
        )  # fmt: skip

    def ask_sort(self) -> None:
        """Ask for the columns to sort by."""
        view = self._app.view
        self._ask(
            _("Sort by (-KEY is descending):"), view.sort_text, "--sort",
            lambda text: self._read(view.line, view.columns_text, text.strip()),
        )  # fmt: skip

    def ask_columns(self) -> None:
        """Ask for the columns to show."""
        view = self._app.view
        shown = view.columns_text or ",".join(column.key for column in view.columns)
        self._ask(
            _("Columns (+a adds, -a takes away, empty for the usual ones):"), shown, "--columns",
            lambda text: self._read(view.line, text.strip() or None, view.sort_text),
        )  # fmt: skip

    def ask_seconds(self) -> None:
        """Ask for the time between two readings."""

        def take(found: tuple[float] | None) -> None:
            if found is not None:
                self._app.read_every(found[0])

        title = _("Seconds between two readings:")
        self._app.push_screen(LineDialog(title, f"{self._app.seconds:g}", read_seconds), take)

    def _read(self, words: str, columns: str | None, sort: str) -> View:
        return self._app.request.read_view(words, columns, sort)

    def _ask(self, title: str, value: str, option: str | None, read: Callable[[str], View]) -> None:
        def take(found: tuple[View] | None) -> None:
            if found is not None:
                self._app.show_view(found[0])

        complete = partial(self._app.request.complete, option)
        self._app.push_screen(CompletedLine(title, value, read, complete), take)


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
