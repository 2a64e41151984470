"""A full screen that is drawn again and again, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, NoReturn

from rich.console import Console as RichConsole
from rich.text import Text

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import ScreenContext

    from ordercli.output.console import Console


_AWAITED = frozenset((signal.SIGWINCH, signal.SIGTSTP))
_SETTLING_SECONDS = 0.1
"""After a window was resized: who drags its edge does so many times a second."""


def redraw(
    console: Console, draw: Callable[[], str], seconds: float, heading: Callable[[], str]
) -> NoReturn:
    """Show what ``draw`` gives, drawn anew every so many seconds and when the window is resized.

    Raises DatabaseError where the first drawing fails. A database that is lost later is told about
    on the screen, above what it last gave, and tried again. Ctrl-C gives the old screen back and
    raises KeyboardInterrupt; Ctrl-Z gives it back until the program goes on.
    """
    shown, problem = draw(), ""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    try:
        while True:
            with _screen(console) as screen:
                while True:
                    lines = [heading() + problem, "", *shown.splitlines()]
                    text = Text.from_ansi("\n".join(lines), no_wrap=True, overflow="ellipsis")
                    screen.update(text)
                    if _is_stopped(seconds):
                        break
                    try:
                        shown, problem = draw(), ""
                    except DatabaseError as error:
                        problem = _(" - lost, trying again: {reason}").format(reason=error.what)
            os.kill(os.getpid(), signal.SIGSTOP)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _screen(console: Console) -> ScreenContext:
    rich = RichConsole(file=console.output, markup=False, emoji=False, highlight=False)
    return rich.screen()


def _is_stopped(seconds: float) -> bool:
    """Wait until it is time to draw again; whether it is Ctrl-Z that ended the wait.

    The signals are blocked and taken one at a time: a handler would run inside its own last run
    where they come faster than it ends.
    """
    if not hasattr(signal, "sigtimedwait"):  # macOS draws in its own time
        time.sleep(seconds)
        return False
    came = signal.sigtimedwait(_AWAITED, seconds)
    if came is not None and came.si_signo == signal.SIGWINCH:
        time.sleep(_SETTLING_SECONDS)
        came = signal.sigtimedwait({signal.SIGTSTP}, 0)
    return came is not None
