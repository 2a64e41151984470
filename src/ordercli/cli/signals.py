"""Asked to stop: by Ctrl-C, by SIGTERM, or because the terminal went away.

A signal that was ignored when the program started, as under ``nohup``, stays ignored.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ordercli.output.console import Console

_ENDING = (signal.SIGTERM, signal.SIGHUP)
_EXIT_BASE = 128


class _Ended(SystemExit):
    """The program was told to end: what is open is closed, and no temporary file stays."""


@contextmanager
def ended_by_signals(console: Console) -> Iterator[None]:
    """End in order at SIGTERM or SIGHUP, with one line; at the second one, at once."""

    def end(number: int, _frame: object) -> NoReturn:
        signal.signal(number, signal.SIG_DFL)
        raise _Ended(_EXIT_BASE + number)

    try:
        with _handled(_ENDING, end):
            yield
    except _Ended:
        from ordercli.output.messages import tell  # noqa: PLC0415 - most runs end by themselves

        with suppress(OSError):  # the terminal may be gone
            tell(console, _("terminated"))
        raise


@contextmanager
def stoppable() -> Iterator[Callable[[], int]]:
    """A function that gives the exit code of who asked to stop; 0 while nobody has.

    What is under way can so come to its end first; a second Ctrl-C stops at once.
    """
    asked: list[int] = []

    def remember(number: int, _frame: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    with _handled((signal.SIGINT, *_ENDING), remember):
        yield lambda: _EXIT_BASE + asked[0] if asked else 0


@contextmanager
def _handled(
    numbers: Iterable[signal.Signals], handler: Callable[[int, object], None]
) -> Iterator[None]:
    before = {
        each: signal.signal(each, handler)
        for each in numbers
        if signal.getsignal(each) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for each, previous in before.items():
            signal.signal(each, previous)
