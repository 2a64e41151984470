"""A full screen that is drawn again and again, until Ctrl-C."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console as RichConsole
from rich.text import Text

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.output.console import Console


def redraw(
    console: Console, draw: Callable[[], str], seconds: float, heading: Callable[[], str]
) -> NoReturn:
    """Show what ``draw`` gives, drawn anew every so many seconds and when the window is resized.

    Raises DatabaseError where the first drawing fails. A database that is lost later is told about
    on the screen, above what it last gave, and tried again. Ctrl-C gives the old screen back and
    raises KeyboardInterrupt.
    """
    resized = Event()
    before = signal.signal(signal.SIGWINCH, lambda *_unused: resized.set())
    shown, problem = draw(), ""
    try:
        with RichConsole(
            file=console.output, markup=False, emoji=False, highlight=False
        ).screen() as screen:
            while True:
                lines = [heading() + problem, "", *shown.splitlines()]
                screen.update(Text.from_ansi("\n".join(lines), no_wrap=True, overflow="ellipsis"))
                resized.wait(seconds)
                resized.clear()
                try:
                    shown, problem = draw(), ""
                except DatabaseError as error:
                    problem = _(" - lost, trying again: {reason}").format(reason=error.what)
    finally:
        signal.signal(signal.SIGWINCH, before)
