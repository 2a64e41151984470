"""What befalls a program at night: each fault gets one line and its exit code, nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from sqlalchemy import update

from harness.changes import batch_size
from harness.fill import add_many, add_order
from harness.program import ProcessResult, Result, command, environment, run
from harness.signals import until_it_has_opened
from ordercli.base.limits import Limits
from ordercli.store import schema
from ordercli.store.database import Database
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.program import Clock


MANY = 20_000


def fill(database: Database, number: int) -> None:
    """That many orders that can be paused."""
    with database.writing() as connection:
        add_many(connection, number)


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Meanwhile another program lets nobody read the SQLite file."""
    with closing(sqlite3.connect(database.location, isolation_level=None)) as another:
        another.execute("BEGIN EXCLUSIVE")
        yield


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
    with (
        held(many_orders),
        subprocess.Popen(
            command("summary", "-o", report), env=environment(many_orders), stderr=subprocess.PIPE
        ) as process,
    ):
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
    total = 3 * batch_size(sqlite_database)
    fill(sqlite_database, total)
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
        f"ordercli: stopped: {done} of {total:,} orders done, the others are unchanged;"
        " repeat the command for the rest\n"
    )
    assert _statuses(sqlite_database) == {"PAUSED": told, "PENDING": total - told}
    recorded = run("history", "--no-header", database=sqlite_database).stdout
    assert recorded.count("\n") == told


def test_a_signal_that_was_ignored_stays_so(many_orders: Database, tmp_path: Path) -> None:
    """As nohup has it, and a shell for what it runs in the background."""
    report = tmp_path / "orders.csv"
    with subprocess.Popen(
        ["sh", "-c", 'trap "" HUP INT TERM; exec "$@"', "sh", *command("summary", "-o", report)],
        env=environment(many_orders), stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        with held(many_orders):
            while not list(tmp_path.iterdir()):
                time.sleep(0.005)
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
                process.send_signal(number)
        assert process.stderr
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert report.read_text().count("\n") == MANY + 1


def test_a_lock_that_is_waited_for_hears_a_signal(sqlite_database: Database) -> None:
    """The driver itself would not hear it for half a minute."""
    fill(sqlite_database, 1)
    with held(sqlite_database):
        for words in (["list"], ["pause", "1"]):
            with subprocess.Popen(
                command(*words), env=environment(sqlite_database), stderr=subprocess.PIPE
            ) as process:
                assert process.stderr
                assert sqlite_database.path
                until_it_has_opened(process.pid, sqlite_database.path, signal.SIGTERM)
                process.terminate()
                begun = time.monotonic()
                assert process.stderr.read() == b"ordercli: terminated\n"
            assert process.returncode == 143
            assert time.monotonic() - begun < 15


# The SQLite file.


def test_a_file_that_is_locked(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(sqlite_database, 1)
    with held(sqlite_database):
        for words in (["list"], ["summary"], ["pause", "1"], ["history"], ["db", "init"]):
            limits = Limits(busy_seconds=0.2, retry_pauses_seconds=())
            result = run(*words, database=sqlite_database, limits=limits)
            assert (result.exit_code, result.stdout) == (1, "")
            assert result.stderr == (
                f"ordercli: {sqlite_database.location} is busy: another program holds it;"
                " try again later\n"
            )


def test_a_file_that_may_only_be_read(sqlite_database: Database) -> None:
    assert sqlite_database.path
    fill(sqlite_database, 1)
    sqlite_database.path.chmod(0o444)
    # For root no mode forbids anything, unless it gives that right up.
    plainly = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    for words, code in ((["list", "-q"], 0), (["summary"], 0), (["pause", "1"], 1)):
        finished = subprocess.run(
            [*plainly, *command(*words)],
            check=False, capture_output=True, text=True, env=environment(sqlite_database),
        )  # fmt: skip
        assert finished.returncode == code, finished.stderr
    assert finished.stderr == (
        f"ordercli: {sqlite_database.location} can't be written: attempt to write a readonly"
        " database: 0 of 1 order done, the others unchanged; check the file's rights, or name the"
        " server that takes writes\n"
    )
    assert _statuses(sqlite_database) == {"PENDING": 1}


@pytest.mark.parametrize("share", [0.02, 0.25, 0.5, 0.75, 0.99, 0.9999])
def test_a_file_that_is_cut(sqlite_database: Database, share: float) -> None:
    """Nothing is shown of it: within its last page, zeros would be read for orders."""
    assert sqlite_database.path
    fill(sqlite_database, 500)
    whole = sqlite_database.path.read_bytes()
    cut = whole[: int(len(whole) * share)]
    sqlite_database.path.write_bytes(cut)
    line = (
        f"ordercli: {sqlite_database.location} is not a SQLite database, or damaged;"
        " name another with --database\n"
    )
    for words in (["list"], ["summary"], ["show", "500"], ["pause", "-u", "many*", "--yes"]):
        assert run(*words, database=sqlite_database) == Result(1, "", line), words
    assert sqlite_database.path.read_bytes() == cut


@pytest.mark.needs("strace")
@pytest.mark.parametrize(
    ("words", "fails", "line"),
    [
        (["pause", "1"], "pwrite64", "{name}: the disk is full: 0 of 1 order done, the others"
         " unchanged; make room, then repeat\n"),
        (["summary", "-o", "{report}"], "fsync", "can't write {report}: No space left on device;"
         " nothing was changed\n"),
        (["db", "init", "-d", "{report}"], "pwrite64", "{report}: the disk is full; make room,"
         " then repeat\n"),
    ],
    ids=["change", "export", "init"],
)  # fmt: skip
def test_a_disk_that_is_full(
    sqlite_database: Database, tmp_path: Path, words: list[str], fails: str, line: str
) -> None:
    fill(sqlite_database, 2000)
    names = {"name": sqlite_database.location, "report": str(tmp_path / "report")}
    result = struck(
        f"{fails}:error=ENOSPC", [word.format(**names) for word in words], sqlite_database
    )
    assert (result.exit_code, result.stdout) == (1, b"")
    assert result.stderr.decode() == f"ordercli: {line.format(**names)}"
    assert _statuses(sqlite_database) == {"PENDING": 2000}
    left = {each.name for each in tmp_path.iterdir()} - {"report"}
    assert left == {"orders.db"}


def test_a_file_that_is_replaced_while_it_is_read(
    many_orders: Database, sqlite_database: Database, tmp_path: Path
) -> None:
    """What is read is the file that was opened, whole."""
    assert sqlite_database.path
    assert many_orders.path
    replaced = tmp_path / "replaced.db"
    shutil.copyfile(many_orders.path, replaced)
    with subprocess.Popen(
        command("summary", "--columns", "id", "--no-header"),
        env=environment(str(replaced)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        assert process.stderr
        first = process.stdout.readline()
        sqlite_database.path.replace(replaced)
        rest = process.stdout.read()
        assert process.stderr.read() == b""
    assert process.returncode == 0
    assert (first + rest).split() == [str(each).encode() for each in range(1, MANY + 1)]
    assert run("list", "-q", database=str(replaced)).stdout == ""


def test_three_that_make_the_tables_at_once(empty_location: str) -> None:
    processes = [
        subprocess.Popen(
            command("db", "init"), env=environment(empty_location), stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    lines = []
    for process in processes:
        assert process.stderr
        with process:
            lines.append(process.stderr.read().decode())
        assert process.returncode == 0
    assert sum("table t_order" in line for line in lines) == 1
    assert sum("nothing to make" in line for line in lines) == 2
    assert run("db", "check", database=empty_location).exit_code == 0


# Clocks.


def test_a_clock_that_jumps_back_leaves_the_history_in_order(
    database: Database, clock: Clock
) -> None:
    with database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
    for number, action in enumerate(["pause", "resume"] * 3):
        clock.set("2026-03-10T12:00:00Z" if number % 2 else "2026-03-11T12:00:00Z")
        assert run(action, 1, database=database).exit_code == 0
    lines = run("history", 1, "--no-header", database=database).stdout.splitlines()
    actions = [re.findall(r"\t1\t(pause|resume)\t", line) for line in lines]
    assert actions == [["resume"], ["pause"]] * 3


def test_a_clock_that_jumps_does_not_end_a_wait(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
    jumps = iter([timedelta(days=400), timedelta(days=-400), timedelta(days=1)])
    with time_machine.travel("2026-03-10T12:00:00Z", tick=True) as moved:

        def sleep(_: float) -> None:
            jump = next(jumps, None)
            if jump is None:
                with sqlite_database.writing() as connection:
                    connection.execute(update(orders).values(status="DONE"))
            else:
                moved.shift(jump)

        monkeypatch.setattr("ordercli.operations.wait.time.sleep", sleep)
        result = run(
            "wait", 1, "--for", "done", "--timeout", "1h",
            database=sqlite_database,
        )  # fmt: skip
    assert (result.exit_code, result.stdout, result.stderr) == (0, "1 done\n", "")


def struck(fault: str, words: list[str], database: Database) -> ProcessResult:
    """A run of the program in which strace makes system calls fail; a fault is in its words."""
    finished = subprocess.run(
        ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={fault}", *command(*words)],
        check=False, capture_output=True, env=environment(database, {"PYTHONUNBUFFERED": ""}),
    )  # fmt: skip
    return ProcessResult(finished.returncode, finished.stdout, finished.stderr)


def _statuses(database: Database) -> Counter[str]:
    with closing(sqlite3.connect(database.location)) as connection:
        return Counter(row[0] for row in connection.execute("SELECT status FROM t_order"))
