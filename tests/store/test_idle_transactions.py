"""A reader that takes its time keeps no transaction waiting, and gets all of it."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_many
from harness.program import command, environment, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

ORDERS = 12_000
LOOKS = 6
OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND application_name = 'ordercli' AND xact_start IS NOT NULL"
)


@pytest.fixture
def page(postgresql_database: Database, postgres_server: PostgresServer) -> Database:
    """Many orders, and a server that ends a transaction which idles for 0.7 s."""
    with postgresql_database.writing() as connection:
        add_many(connection, ORDERS)
    name = postgresql_database.location.rpartition("/")[2]
    postgres_server.execute(
        postgresql_database.location,
        f"ALTER DATABASE {name} SET idle_in_transaction_session_timeout TO 700",
    )
    return postgresql_database


@contextmanager
def waiting(database: Database, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """The program, whose output nobody takes after the first byte."""
    with subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        env=environment(database),
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stdout.read(1)
        yield process


def until_none_is_open(server: PostgresServer, database: Database, timeout: float = 60) -> None:
    """Wait until the program has no transaction open, and opens none while it waits."""
    end, none_open = time.monotonic() + timeout, 0
    while none_open < LOOKS:
        none_open = none_open + 1 if server.execute(database.location, OPEN) == [(0,)] else 0
        assert time.monotonic() < end, "a transaction stays open"
        time.sleep(0.05)


@pytest.mark.parametrize(
    "words",
    ["list --all -f json", "list -q", "summary", "summary --delimiter #", "pause -u * -n"],
)
def test_a_slow_reader(page: Database, postgres_server: PostgresServer, words: str) -> None:
    with waiting(page, *words.split()) as process:
        until_none_is_open(postgres_server, page)
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, b"")
    header_and_rest = {"list --all -f json": 2, "list -q": 0, "pause -u * -n": 0}.get(words, 1)
    assert stdout.count(b"\n") == ORDERS + header_and_rest


def test_a_file_that_is_slow_to_write_or_to_read(page: Database, tmp_path: Path) -> None:
    for name in ("orders.csv.gz", "orders.xlsx"):
        assert run("summary", "-o", tmp_path / name, database=page).exit_code == 0
        assert (tmp_path / name).exists()


def test_a_file_that_takes_its_time_to_be_loaded(
    page: Database, postgres_server: PostgresServer
) -> None:
    report = run("summary", "--columns", "+status_date", database=page).stdout.encode()
    first, rest = report[:5000], report[5000:]
    with subprocess.Popen(
        command("db", "load", "-", "--update"), stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        bufsize=0, env=environment(page),
    ) as process:  # fmt: skip
        assert process.stdin
        process.stdin.write(first)
        time.sleep(1)
        until_none_is_open(postgres_server, page)
        _stdout, stderr = process.communicate(rest, timeout=60)
    assert (process.returncode, b"loaded 12,000 orders" in stderr) == (0, True), stderr
