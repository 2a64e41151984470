"""The page full screen in a terminal of 200 columns, with the moments at which it showed what."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pyte

from measure import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

COLUMNS, ROWS = 200, 60
_PATIENCE_SECONDS = 60
_STEP_SECONDS = 0.002


class Watched:
    """A running page: what it wrote, and when."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int, started: float) -> None:
        self.started = started
        self._process, self._terminal = process, terminal
        self._typed = started
        self._written: list[tuple[float, bytes]] = [(started, b"")]
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream, self._drawn = pyte.ByteStream(self._screen), 0
        self._moved = [(0.0, "")]
        Thread(target=self._read, daemon=True).start()

    @property
    def processor_seconds(self) -> float:
        """The processor's time that it took so far."""
        fields = self._about("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_megabytes(self) -> float:
        """The memory that it has now."""
        return int(self._about("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def send(self, keys: str) -> float:
        """Type keys; gives the moment."""
        self._typed = time.perf_counter()
        os.write(self._terminal, keys.encode())
        return self._typed

    @property
    def order(self) -> int:
        """The order at the cursor, by its id."""
        return int(self._moves()[-1][1])

    def when_seen(self, text: str, since: float = 0) -> float:
        """Wait until this text has been written, and give the moment when it was."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            before = b""
            for moment, written in list(self._written):
                if moment > since:
                    before = before[-len(text) :] + written
                    if text.encode() in before:
                        return moment
            time.sleep(_STEP_SECONDS)
        raise SystemExit(f"top never showed {text}: {self._written[-3:]!r}")

    def rest(self, seconds: float = 0.3) -> None:
        """Wait until nothing has been typed or written for so long."""
        while time.perf_counter() - max(self._typed, self._written[-1][0]) < seconds:
            time.sleep(_STEP_SECONDS)

    def when_at(self, order: int, since: float) -> float:
        """Wait until the cursor has come to stand at an order, and give the moment when it did."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self.rest()
            for moment, found in self._moves():
                if moment > since and found == str(order):
                    return moment
        raise SystemExit(f"top never came to order {order}")

    def answers(self, keys: Sequence[float]) -> list[float]:
        """The seconds from each key, by its moment, until the cursor stood at another order.

        A key is left out that the next one overtook.
        """
        moments = [moment for moment, _order in self._moves()]
        found = []
        for key, following in zip(keys, [*keys[1:], float("inf")], strict=True):
            after = next((each for each in moments if key < each < following), None)
            if after is not None:
                found.append(after - key)
        return found

    def _moves(self) -> list[tuple[float, str]]:
        """Each order that the cursor came to stand at, by its id, and the moment when it did."""
        while self._drawn < len(self._written):
            moment, written = self._written[self._drawn]
            self._drawn += 1
            self._stream.feed(written)
            lines = (line[1:].split() for line in self._screen.display if line.startswith(">"))
            order = next((words[0] for words in lines if words), "")
            if order and order != self._moved[-1][1]:
                self._moved.append((moment, order))
        return self._moved

    def _about(self, what: str) -> str:
        return Path(f"/proc/{self._process.pid}/{what}").read_text()

    def _read(self) -> None:
        try:
            while written := os.read(self._terminal, 1 << 16):
                self._written.append((time.perf_counter(), written))
        except OSError:  # it has ended
            pass


@contextmanager
def watched(program: Path, location: str, *words: str) -> Iterator[Watched]:
    """The page of a database, until it is left."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    variables = {**environment(), "ORDERCLI_DATABASE": location, "TERM": "xterm-256color"}
    variables.pop("NO_COLOR", None)
    started = time.perf_counter()
    with subprocess.Popen(
        [str(program), "top", *words], stdin=inner, stdout=inner, stderr=inner, env=variables,
        start_new_session=True,
    ) as process:  # fmt: skip
        os.close(inner)
        page = Watched(process, outer, started)
        try:
            yield page
        finally:
            page.send("q")
            try:
                process.wait(_PATIENCE_SECONDS)
            finally:
                process.kill()
    os.close(outer)
