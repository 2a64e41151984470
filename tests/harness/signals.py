"""What becomes of a signal: whether a process is ready for it, and has taken it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import Signals

_SLEEP_SECONDS = 1.0
"""What sleeps for longer is woken by the signal, and handles it at once."""


def send(process: int, number: Signals, timeout: float = 60) -> None:
    """Send a signal to a process that waits for something, and wait until it has handled it."""
    os.kill(process, number)
    until_handled(process, number, timeout)


def until_handled(process: int, number: Signals, timeout: float = 60) -> None:
    """Wait until a process has handled a signal that was sent, and waits for something again.

    Where it wakes up now and then, as PostgreSQL's driver does, it may handle it the next time.
    """
    _until(lambda: not _is_in(process, "ShdPnd", number), timeout)
    waits, taken = _waits(process), time.monotonic()

    def handled() -> bool:
        again = _waits(process) >= waits + 3 or time.monotonic() > taken + _SLEEP_SECONDS
        return again and _sleeps(process)

    _until(handled, timeout)


def until_it_has_opened(process: int, path: Path, number: Signals, timeout: float = 60) -> None:
    """Wait until a process has a handler for a signal, and has opened a file."""

    def is_open() -> bool:
        opened = []
        for each in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                opened.append(each.readlink())
        return path in opened and _is_in(process, "SigCgt", number)

    _until(is_open, timeout)


def _is_in(process: int, mask: str, number: Signals) -> bool:
    return bool(int(_status(process)[mask], 16) >> (number - 1) & 1)


def _waits(process: int) -> int:
    """How often it has begun to wait for something."""
    return int(_status(process)["voluntary_ctxt_switches"])


def _status(process: int) -> dict[str, str]:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return {name: value for name, _, value in (line.partition(":") for line in lines)}


def _sleeps(process: int) -> bool:
    """Whether its first thread, which handles signals, waits; or has ended."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "SZ"


def _until(holds: Callable[[], bool], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
