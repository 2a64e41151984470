"""The real program in a terminal of a given size, and what a person sees there."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pexpect
import pyte

from harness.program import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from ordercli.store.database import Database

_QUIET_SECONDS = 0.05
_READS = 100


class Terminal:
    """The program running in a terminal; a context manager that ends it.

    ``raw`` is every byte that the program wrote; ``emulator`` is pyte's screen, with cursor and
    colours.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        columns: int = 80,
        rows: int = 24,
        *,
        program: Sequence[str] = (),
        database: Database | str | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> None:
        """Start it, or another ``program`` such as a shell.

        ``database`` goes into its environment; None in ``env`` takes a variable away.
        """
        self.raw = b""
        self._hung_up = False
        self.emulator = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.emulator)
        first, *rest = [*(program or command()), *(str(argument) for argument in arguments)]
        with warnings.catch_warnings():
            # Forking a process with threads is safe here: the child becomes the program at once.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child: pexpect.spawn[bytes] = pexpect.spawn(
                first,
                rest,
                dimensions=(rows, columns),
                env=environment(database, env),
            )
        self._child.delaybeforesend = None
        # It would sleep: whoever waits for an end does so by itself.
        self._child.ptyproc.delayafterclose = 0  # type: ignore[attr-defined] # not in the stubs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._child.close(force=True)

    def screen(self) -> list[str]:
        """The lines on the screen now, without blanks at their ends and empty lines at the end."""
        if not self._child.closed:
            self._read()
        return self._lines()

    def expect(self, text: str, timeout: float = 60) -> None:
        """Wait until a line of the screen has this text; fails with the screen if none gets it."""
        deadline = time.monotonic() + timeout
        running = True
        while running and time.monotonic() < deadline:
            running = self._read()
            if any(text in line for line in self._lines()):
                return
        raise AssertionError(f"no {text!r} on the screen:\n{self._shown()}")

    def until(self, holds: Callable[[], bool], timeout: float = 60) -> None:
        """Wait until something holds of what was written; fails with the screen if it never does.

        Reading goes on meanwhile.
        """
        deadline = time.monotonic() + timeout
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"never so:\n{self._shown()}")
            self._read()

    @property
    def process(self) -> int:
        """The number of the program's process."""
        assert self._child.pid is not None
        return self._child.pid

    def send(self, keys: str | bytes) -> None:
        """Type keys: a return is ``\\r``, Ctrl-C ``\\x03``."""
        self._child.send(keys)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal, as a person who drags its corner."""
        self.emulator.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def hang_up(self) -> None:
        """Close the terminal, as a person who closes its window."""
        child: Any = self._child
        child.ptyproc.fileobj.close()
        self._hung_up = True

    def exit_code(self, timeout: float = 60) -> int:
        """Wait for its end and give its exit code; minus the signal's number if one ended it."""
        deadline = time.monotonic() + timeout
        while not self._hung_up and self._read():
            if time.monotonic() > deadline:
                raise AssertionError(f"still running after {timeout} s:\n{self._shown()}")
        self._child.wait()
        if self._child.signalstatus is not None:
            return -self._child.signalstatus
        assert self._child.exitstatus is not None
        return self._child.exitstatus

    def vanish(self, timeout: float = 60) -> int:
        """Take the terminal away, as a connection that breaks does; gives the exit code.

        Fails if the program or one that it has started is still there after that.
        """
        with Path(os.devnull).open() as nothing:
            os.dup2(nothing.fileno(), self._child.child_fd)
        deadline = time.monotonic() + timeout
        while self._child.isalive():
            if time.monotonic() > deadline:
                raise AssertionError(f"still running {timeout} s later:\n{self._shown()}")
            time.sleep(0.01)
        while _group_is_there(self.process):
            if time.monotonic() > deadline:
                raise AssertionError("it has left a process behind")
            time.sleep(0.01)
        if self._child.signalstatus is not None:
            return -self._child.signalstatus
        assert self._child.exitstatus is not None
        return self._child.exitstatus

    def _lines(self) -> list[str]:
        lines = [line.rstrip() for line in self.emulator.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _shown(self) -> str:
        return "\n".join(self._lines())

    def _read(self) -> bool:
        """Show what the program has written by now; False once it has ended."""
        try:
            for _ in range(_READS):  # it may never pause
                written = self._child.read_nonblocking(65536, timeout=_QUIET_SECONDS)
                self.raw += written
                self._stream.feed(written)
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            return False
        return True


def _group_is_there(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def written_to_terminal(
    arguments: Sequence[object],
    keys: str = "",
    *,
    database: Database,
    env: Mapping[str, str | None] | None = None,
) -> bytes:
    """Every byte that the program writes to a wide terminal, to its end; keys are typed at once.

    The bytes are only gathered, so that there may be many.
    """
    first, *rest = command(*arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # as above
        child: pexpect.spawn[bytes] = pexpect.spawn(
            first, rest, dimensions=(50, 250), env=environment(database, env), timeout=120,
            maxread=1 << 16, searchwindowsize=1,
        )  # fmt: skip
    try:
        child.send(keys)
        child.expect(pexpect.EOF)
        return child.before or b""
    finally:
        child.close(force=True)
