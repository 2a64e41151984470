"""A second process that does a part of the work meanwhile, on the other core."""

from __future__ import annotations

import os
import signal
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class SecondProcess:
    """A copy of this process that does some work on a file, once it is told what.

    It has to be made before anything is open that two processes can't share: a database, above all.
    At the end of the ``with`` block it is gone, whatever it was doing.
    """

    def __init__(self, work: Callable[[str, IO[bytes]], None]) -> None:
        self._work = work

    def __enter__(self) -> Self:
        self._made = tempfile.TemporaryFile()
        hearing, self._telling = os.pipe()
        # In the middle of a fork the interpreter would swallow what a handler raises.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        self._process = os.fork()
        if self._process == 0:
            for each in _ENDING:
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(self._telling)
            self._do_what_is_told(hearing)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(hearing)
        return self

    def tell(self, words: str) -> None:
        """Let it begin: its work is called with these words and the file."""
        with os.fdopen(self._telling, "w") as stream:
            stream.write(words)

    def result(self) -> IO[bytes] | None:
        """The file, from its beginning, once the work is done; None where that failed."""
        process, self._process = self._process, 0
        _process, status = os.waitpid(process, 0)
        if status:
            return None
        self._made.seek(0)
        return self._made

    def __exit__(self, *_failure: object) -> None:
        if self._process:
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)
        with suppress(OSError):
            os.close(self._telling)
        self._made.close()

    def _do_what_is_told(self, hearing: int) -> None:
        """Do it in silence, and end: nothing of the process that this was made from goes on."""
        status = 1
        try:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with os.fdopen(hearing) as stream:
                words = stream.read()
            if words:
                self._work(words, self._made)
                self._made.flush()
                status = 0
        finally:
            os._exit(status)
