"""The program with one of its streams closed, full, or without a reader."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.program import command, environment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ordercli.store.database import Database

NO_READER = "the reader leaves at once"
UNTIL_FIRST = "the reader leaves after the first byte"
CLOSED = "closed"
FULL = "full"


@dataclass(frozen=True)
class Ended:
    """How a run ended, with what reached its streams and the file that it may have written."""

    exit_code: int
    stdout: bytes
    stderr: str


def ended(
    words: Sequence[object],
    database: Database | None,
    folder: Path,
    stream: int = 0,
    way: str = "",
    env: Mapping[str, str] | None = None,
) -> Ended:
    """Run the program with one of its streams, 0 to 2, in such a way."""
    places: list[int | None] = [None, subprocess.PIPE, subprocess.PIPE]
    places[0] = subprocess.DEVNULL
    reading = None
    redirection = {CLOSED: f"{stream}>&-", FULL: f"{stream}>/dev/full"}.get(way, "")
    if way in (NO_READER, UNTIL_FIRST):
        reading, places[stream] = os.pipe()
        if way == NO_READER:
            os.close(reading)
    with subprocess.Popen(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *command(*words)],
        stdin=places[0], stdout=places[1], stderr=places[2], cwd=folder,
        env=environment(database, env),
    ) as process:  # fmt: skip
        if reading is not None:
            os.close(places[stream] or 0)
            if way == UNTIL_FIRST:
                os.read(reading, 1)
                os.close(reading)
        stdout, stderr = process.communicate(timeout=60)
    return Ended(process.returncode, stdout or b"", (stderr or b"").decode())
