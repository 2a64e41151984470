"""Ctrl-C, twice, while a commit waits for a standby: what was made is not called interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from harness.contention import fill, states
from harness.program import command, environment, run
from harness.signals import send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

WAITING = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'"
)

MAY_BE_LOST = "might not have been replicated to the standby.\n"
"""The end of what the server warns of then, which is passed on."""


@pytest.fixture
def page(postgresql_database: Database, postgres_server: PostgresServer) -> Iterator[Database]:
    """Orders for three batches, on a server whose commits wait for a standby that is not there."""
    database = postgresql_database
    fill(database, 1200)
    name = database.location.rpartition("/")[2]

    def execute(statement: str) -> None:
        postgres_server.execute(database.location, statement)

    execute(f"ALTER DATABASE {name} SET synchronous_commit TO on")
    execute("ALTER SYSTEM SET synchronous_standby_names TO 'nobody'")
    execute("SELECT pg_reload_conf()")
    try:
        yield database
    finally:
        no_standby(postgres_server, database)


def no_standby(server: PostgresServer, database: Database) -> None:
    """Let commits wait no more."""
    server.execute(database.location, "ALTER SYSTEM RESET synchronous_standby_names")
    server.execute(database.location, "SELECT pg_reload_conf()")


def ended(
    page: Database,
    server: PostgresServer,
    meanwhile: Callable[[subprocess.Popen[bytes], int], None],
    *words: object,
) -> tuple[int, str, str]:
    """How a command ends when something happens while its commit waits."""
    with subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(page)
    ) as process:
        deadline = time.monotonic() + 60
        while not (found := server.execute(page.location, WAITING)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        try:
            meanwhile(process, found[0][0])
            stdout, stderr = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, stdout.decode(), stderr.decode()


def interrupt(process: subprocess.Popen[bytes], _session: int) -> None:
    send(process.pid, signal.SIGINT)  # two that come close together may count as one
    process.send_signal(signal.SIGINT)


def test_a_change_is_looked_up(page: Database, postgres_server: PostgresServer) -> None:
    words = ("pause", "-u", "many*", "--yes", "-f", "json")
    code, stdout, stderr = ended(page, postgres_server, interrupt, *words)
    assert (code, stderr.count("\n"), stderr.count(MAY_BE_LOST)) == (130, 2, 1)
    assert "stopped: 500 of 1,200 orders done, the others are unchanged" in stderr
    assert [each["outcome"] for each in json.loads(stdout)] == ["changed"] * 500
    assert [state for state, _ in states(page).values()].count("PAUSED") == 500


def test_without_a_history_it_is_unknown(page: Database, postgres_server: PostgresServer) -> None:
    postgres_server.execute(
        page.location, "SET synchronous_commit TO local; DROP TABLE ordercli_event"
    )
    code, stdout, stderr = ended(page, postgres_server, interrupt, "pause", 1, 2)
    assert (code, stdout) == (1, "")
    assert [line.split(":")[1] for line in stderr.splitlines()[:2]] == [" order 1", " order 2"]
    assert "whether it was made is unknown" in stderr
    assert "interrupted\n" not in stderr


def test_the_server_gives_up_the_wait(page: Database, postgres_server: PostgresServer) -> None:
    """It has committed here by then: the change is made; the standby may lack it, which is said."""

    def cancel(_process: subprocess.Popen[bytes], session: int) -> None:
        postgres_server.execute(page.location, f"SELECT pg_cancel_backend({session})")

    code, stdout, stderr = ended(page, postgres_server, cancel, "pause", 1)
    assert (code, stdout) == (0, "1 paused (was pending)\n")
    assert stderr.startswith("ordercli: the server warns: canceling wait for synchronous replic")
    assert stderr.endswith(MAY_BE_LOST)


def test_the_server_ends_the_session(page: Database, postgres_server: PostgresServer) -> None:
    def terminate(_process: subprocess.Popen[bytes], session: int) -> None:
        postgres_server.execute(page.location, f"SELECT pg_terminate_backend({session})")
        no_standby(postgres_server, page)

    code, stdout, stderr = ended(page, postgres_server, terminate, "pause", 1)
    assert (code, stdout) == (0, "1 paused (was pending)\n")
    assert (stderr.count("\n"), stderr.count(MAY_BE_LOST)) == (1, 1)


def test_what_is_not_looked_up_may_be_done_or_not(
    page: Database, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    assert run("summary", "-o", file, database=page).exit_code == 0
    words = ("db", "load", file, "--update")
    code, stdout, stderr = ended(page, postgres_server, interrupt, *words)
    assert (code, stdout, stderr.count("\n")) == (130, "", 1)
    assert "it may be done or not" in stderr
