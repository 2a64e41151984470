"""What befalls a program at night: each fault gets one line and its exit code, nothing is lost."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from ordercli import schema, settings
from ordercli.database import Database
from ordercli.models import orders
from program import command, environment, run

if TYPE_CHECKING:
    from pathlib import Path


MANY = 20_000


def fill(database: Database, number: int) -> None:
    """That many orders that can be paused."""
    row = {"owner": "many@cnes.fr", "creation_date": settings.now(), "status_date": settings.now()}
    row |= {"percent_complete": 0, "files_in_error": 0, "status": "PENDING"}
    row |= {"waiting_for_user": False, "expiration_date": None}
    rows = [{**row, "id": each, "label": f"order {each}"} for each in range(1, number + 1)]
    with database.writing() as connection:
        connection.execute(insert(orders), rows)


# Told to end.


@pytest.fixture(scope="module")
def many_orders(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A SQLite database whose export takes a while; nobody changes it."""
    database = Database(str(tmp_path_factory.mktemp("many") / "orders.db"))
    schema.initialise(database)
    fill(database, MANY)
    return database


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [
        (signal.SIGTERM, 143, "ordercli: terminated\n"),
        (signal.SIGHUP, 129, "ordercli: terminated\n"),
        (signal.SIGINT, 130, "ordercli: interrupted\n"),
    ],
)
def test_an_export_that_is_told_to_end(
    many_orders: Database, tmp_path: Path, number: signal.Signals, code: int, line: str
) -> None:
    report = tmp_path / "orders.csv"
    report.write_text("as it was\n")
    with subprocess.Popen(
        command("summary", "-o", report), env=environment(many_orders), stderr=subprocess.PIPE
    ) as process:
        assert process.stderr
        while len(list(tmp_path.iterdir())) == 1:  # the temporary file comes
            time.sleep(0.005)
        process.send_signal(number)
        assert process.stderr.read().decode() == line
    assert process.returncode == code
    assert report.read_text() == "as it was\n"
    assert list(tmp_path.iterdir()) == [report]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_bulk_change_that_is_told_to_end(
    sqlite_database: Database, number: signal.Signals, code: int
) -> None:
    """The batch at hand is finished, and what is said is what was done."""
    fill(sqlite_database, 8000)
    with subprocess.Popen(
        command("pause", "-u", "many*", "--yes"), env=environment(sqlite_database),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.send_signal(number)
        told = process.stdout.read().count(b"\n") + 1
        line = process.stderr.read().decode()
    assert process.returncode == code
    done = f"{told:,}"
    assert line == (
        f"ordercli: stopped: {done} of 8,000 orders done, the others are unchanged;"
        " repeat the command for the rest\n"
    )
    assert _statuses(sqlite_database) == {"PAUSED": told, "PENDING": 8000 - told}
    recorded = run("history", "--no-header", database=sqlite_database).stdout
    assert recorded.count("\n") == told


def test_a_signal_that_was_ignored_stays_so(many_orders: Database, tmp_path: Path) -> None:
    """As nohup has it, and a shell for what it runs in the background."""
    report = tmp_path / "orders.csv"
    with subprocess.Popen(
        ["sh", "-c", 'trap "" HUP INT TERM; exec "$@"', "sh", *command("summary", "-o", report)],
        env=environment(many_orders), stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while not list(tmp_path.iterdir()):
            time.sleep(0.005)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            process.send_signal(number)
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert report.read_text().count("\n") == MANY + 1


def _statuses(database: Database) -> Counter[str]:
    with closing(sqlite3.connect(database.location)) as connection:
        return Counter(row[0] for row in connection.execute("SELECT status FROM t_order"))
