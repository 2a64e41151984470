"""A real server whose processes are stopped is reported in time, with the real deadlines."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text

from harness.fill import add_many
from harness.postgres_server import WheelServer
from harness.program import command, environment, run
from harness.terminal import Terminal
from ordercli.base.limits import Limits
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CONNECT_SECONDS = 10
SLACK_SECONDS = 5
"""For a machine that runs other tests meanwhile."""
COMMANDS = (["list"], ["summary"], ["pause", "1", "-q"])


@pytest.fixture
def server() -> Iterator[WheelServer]:
    started = WheelServer()
    try:
        yield started
    finally:
        started.stop()


@pytest.fixture
def database(server: WheelServer) -> Database:
    made = Database(server.url)
    schema.initialise(made)
    with made.writing() as connection:
        add_many(connection, 3)
    return made


@contextmanager
def stopped(database: Database) -> Iterator[None]:
    """Meanwhile, no process of the server runs."""
    with psycopg.connect(database.location) as connection:  # to look at no table
        first = str(connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()[0])  # type: ignore[index]
    main = int(first.split(maxsplit=1)[0])
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    processes = [main, *map(int, children)]
    _signal(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(processes, signal.SIGCONT)


def test_a_server_that_is_stopped_in_the_middle(
    database: Database, figure: Callable[[int, str], None]
) -> None:
    """The commands wait for a lock when their server stops."""
    deadline = Limits().silent_seconds + Limits().sign_of_life_seconds
    with ExitStack() as stack:
        locking = stack.enter_context(psycopg.connect(database.location))
        locking.execute("LOCK TABLE t_order")
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command(*words), env=environment(database), text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                )
            )
            for words in COMMANDS
        ]  # fmt: skip
        _wait_for_locks(database, len(COMMANDS))
        with stopped(database):
            begun = time.monotonic()
            for process, words in zip(processes, COMMANDS, strict=True):
                stdout, stderr = process.communicate(timeout=60)
                took = time.monotonic() - begun
                assert (process.returncode, stdout, stderr.count("\n")) == (1, "", 1)
                assert f"does not answer: nothing came for {deadline:g} s" in stderr
                assert took < deadline + SLACK_SECONDS
                figure(
                    8,
                    f"{words[0]} on a server that stops: reported after {took:.1f} s,"
                    f" {deadline:g} s allowed",
                )


def test_a_server_that_is_stopped_before(
    database: Database, figure: Callable[[int, str], None]
) -> None:
    with stopped(database):
        begun = time.monotonic()
        result = run("list", database=database)
        took = time.monotonic() - begun
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "does not answer" in result.stderr
    assert took < CONNECT_SECONDS + SLACK_SECONDS
    figure(8, f"connecting to a stopped server: reported after {took:.1f} s, 10 s allowed")


def test_nothing_is_open_while_a_person_is_asked_or_reads(
    database: Database, figure: Callable[[int, str], None]
) -> None:
    with database.writing() as connection:
        connection.execute(text("DELETE FROM t_order"))
        add_many(connection, 200)
    found = []
    with Terminal(["cancel", "-u", "*"], database=database) as terminal:
        terminal.expect("[y/N]")
        found.append(_open_transactions(database))
    with Terminal(["list", "--all"], database=database, env={"PAGER": "less"}) as terminal:
        terminal.expect("order 1")
        found.append(_open_transactions(database))
        terminal.send("q")
        assert terminal.exit_code() == 0
    with Terminal(["list", "--watch", "5"], database=database) as terminal:
        terminal.expect("Every 5 s")
        time.sleep(0.5)
        found.append(_open_transactions(database))
        terminal.send("\x03")
    assert found == [0, 0, 0]
    figure(8, f"{sum(found)} open transactions at a prompt, in the pager, and while watching")


def _signal(processes: Sequence[int], number: signal.Signals) -> None:
    for each in processes:
        with suppress(ProcessLookupError):  # a session that was just ending
            os.kill(each, number)


def _open_transactions(database: Database) -> int:
    with database.reading() as connection:
        query = text(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ordercli'"
            " AND pid <> pg_backend_pid() AND state <> 'idle'"
        )
        return int(connection.execute(query).scalar_one())


def _wait_for_locks(database: Database, number: int) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in range(1000):
        with psycopg.connect(database.location) as connection:
            if connection.execute(query).fetchone() == (number,):
                return
        time.sleep(0.05)
    raise AssertionError("not all wait for a lock")
