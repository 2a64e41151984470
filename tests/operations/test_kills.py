"""A process that is killed in the middle of a change leaves no order half changed."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Any

from harness.contention import fill, resume_all, states
from harness.program import run
from ordercli.base import times
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from datetime import datetime
    from multiprocessing.connection import Connection

    from ordercli.store.database import Database

SEED = 20171008
KILLS = 12
"""On each of the two databases."""


def run_in_steps(location: str, told: Connection, *arguments: str) -> None:
    """Run the program, which takes as few orders at a time from a file as from a server.

    It tells when it looks at its clock: before the first batch, and in each.
    """

    def clock() -> datetime:
        told.send_bytes(b".")
        return times.now()

    run(*arguments, database=location, clock=clock, limits=Limits(sqlite_batch_orders=500))


def test_killed_at_random_moments(database: Database, dialect: str, processes: Any) -> None:
    assert killed(database, dialect, processes, KILLS) > 3


def killed(database: Database, dialect: str, processes: Any, kills: int) -> int:
    """How many of so many kills hit a bulk change in its middle; nothing is ever half done."""
    number = 3000
    chance = Random(f"{SEED} {dialect}")
    arguments = ("pause", "-u", "many*", "--yes", "-q")

    def started() -> tuple[Any, Connection]:
        heard, told = processes.Pipe(duplex=False)
        words = (database.location, told, *arguments)
        process = processes.Process(target=run_in_steps, args=words)
        process.start()
        told.close()
        return process, heard

    fill(database, number)
    whole, heard = started()
    moments: list[float] = []
    with suppress(EOFError):
        while heard.recv_bytes():
            moments.append(time.monotonic())
    whole.join()
    assert whole.exitcode == 0
    step_seconds = (moments[-1] - moments[1]) / (len(moments) - 2)
    inside = 0
    for kill in range(kills):
        resume_all(database)
        process, heard = started()
        place = chance.uniform(0, len(moments))
        for _ in range(int(place) + 1):
            heard.recv_bytes()
        time.sleep(place % 1 * step_seconds)
        process.kill()
        process.join()
        found = Counter(states(database).values())
        assert set(found) <= {("RUNNING", 0), ("PAUSED", 1)}, (SEED, kill)
        paused = found["PAUSED", 1]
        inside += 0 < paused < number
        again = run(*arguments, database=database)
        assert (again.exit_code, again.stderr) == (0, ""), (SEED, kill)
        assert Counter(states(database).values()) == {("PAUSED", 1): number}, (SEED, kill)
    return inside


def test_a_writer_killed_while_it_writes_its_file_is_undone(sqlite_database: Database) -> None:
    """It leaves a journal, which whoever comes next has to play back: readers too."""
    fill(sqlite_database, 3000)
    script = (
        "import os, sqlite3, sys; connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA cache_size = 1'); connection.execute('BEGIN IMMEDIATE')\n"
        "connection.execute('UPDATE t_order SET status = ?, label = ? || label', ['DONE', 'x'])\n"
        "os.kill(os.getpid(), 9)"
    )
    for words in (["list", "-q"], ["pause", "1"], ["history"], ["show", "1"], ["summary"]):
        subprocess.run([sys.executable, "-c", script, str(sqlite_database.path)], check=False)
        journal = sqlite_database.location + "-journal"
        with open(journal, "rb") as stream:  # noqa: PTH123 - it is there, and is not empty
            assert stream.read(8) == b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
        result = run(*words, database=sqlite_database)
        assert (result.exit_code, result.stderr.count("can't")) == (0, 0), result.stderr
        with sqlite3.connect(sqlite_database.location) as connection:
            done = connection.execute("SELECT count(*) FROM t_order WHERE status = 'DONE'")
            assert done.fetchone() == (0,)
        connection.close()
