"""Changes while others write, while locks are held, and when a process or a server goes away."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import socket
import sqlite3
import struct
import subprocess
import sys
import termios
import threading
import time
from collections import Counter
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import delete, insert, select, text, update

from harness.cable import Cable, CommitOf, RequestNumber
from harness.fill import add_order
from harness.program import command, environment, run
from ordercli.base import settings
from ordercli.base.errors import DatabaseError
from ordercli.domain.status import PAUSE
from ordercli.operations import change_database as changes
from ordercli.operations.change_database import applied, most_at_once
from ordercli.operations.plan import BATCH, Change, planned
from ordercli.store.conditions import Selection
from ordercli.store.models import events, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from ordercli.store.database import Database

SEED = 20171008
PROCESSES = 8
BULK = 2000
KILLS = 25
"""On each of the two databases."""


def fill(database: Database, number: int, status: str = "PENDING") -> None:
    """Orders 1 to ``number``, all of one status, and no history."""
    now = settings.now()
    with database.writing() as connection:
        connection.execute(delete(events))
        connection.execute(delete(orders))
        connection.execute(
            insert(orders),
            [
                {"id": order_id, "owner": "many@cnes.fr", "label": f"order {order_id}",
                 "creation_date": now, "percent_complete": 0, "files_in_error": 0,
                 "status": status, "status_date": now, "waiting_for_user": False}
                for order_id in range(1, number + 1)
            ],
        )  # fmt: skip


def resume_all(database: Database) -> None:
    """All orders running, and no history."""
    with database.writing() as connection:
        connection.execute(delete(events))
        connection.execute(update(orders).values(status="RUNNING"))


def states(database: Database) -> dict[int, tuple[str, int]]:
    """The stored status of each order and the number of its events, at one moment."""
    with database.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT t_order.id, status, count(ordercli_event.id) FROM t_order"
                " LEFT JOIN ordercli_event ON order_id = t_order.id GROUP BY t_order.id, status"
            )
        )
        return {order_id: (status, number) for order_id, status, number in rows}


@contextmanager
def locked(database: Database, order_id: int = 1) -> Iterator[Connection]:
    """Another session that has changed an order and not committed yet."""
    with database.writing() as connection:
        connection.execute(
            update(orders).where(orders.c.id == order_id).values(label="locked by another")
        )
        yield connection


@contextmanager
def in_background(work: Callable[[], None]) -> Iterator[None]:
    """The work is done meanwhile, and has to succeed."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failures:
        raise failures[0]


def waits_for_a_lock(database: Database, timeout: float = 20) -> int:
    """The process number of a session of the program's that waits for a row, once there is one."""
    query = text(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'ordercli'"
        " AND datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with database.reading() as connection:
            found = connection.execute(query).scalar()
        if found is not None:
            return int(found)
        time.sleep(0.02)
    raise AssertionError("nobody waits for a lock")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that are as many as ever and much shorter."""
    monkeypatch.setattr("ordercli.store.postgresql._LOCK_SECONDS", 0.1)
    monkeypatch.setattr("ordercli.store.database._BUSY_SECONDS", 0.1)
    monkeypatch.setattr("ordercli.operations.change_database._PAUSES_SECONDS", (0.01, 0.02, 0.04))


# Many processes at once.

SERVICE = """
import random, sys, threading
from sqlalchemy import text
from ordercli.store.database import Database
from ordercli.base.errors import TransientError

stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
chance = random.Random(int(sys.argv[2]))
finish = text(
    "UPDATE t_order SET status = 'DONE' WHERE status = 'RUNNING'"
    " AND id BETWEEN :first AND :first + 4 RETURNING id"
)
with Database(sys.argv[1]).writing_often() as begin:
    print("ready", flush=True)
    while not stopped.wait(0.002):
        try:
            with begin() as connection:
                finished = connection.execute(
                    finish, {"first": chance.randrange(1, int(sys.argv[3]) + 1)}
                ).scalars().all()
        except TransientError:
            continue
        for order_id in finished:
            print(order_id)
"""
"""Plays the service: it finishes running orders, a few at a time, and prints which."""


@contextmanager
def service(database: Database, orders_there: int) -> Iterator[list[int]]:
    """The service at work; the list gets the orders that it finished, at the end."""
    finished: list[int] = []
    arguments = [sys.executable, "-c", SERVICE, database.location, str(SEED), str(orders_there)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(), text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield finished
        finally:
            stdout, _ = process.communicate("", timeout=60)
        assert process.returncode == 0
        finished += [int(line) for line in stdout.split()]


def unread(stream: Any) -> int:
    """How many bytes of a pipe its reader has not taken yet."""
    answer = fcntl.ioctl(stream.fileno(), termios.FIONREAD, b"\0" * 4)
    number: int = struct.unpack("i", answer)[0]
    return number


def pause_at_once(
    database: Database, ids: Sequence[int], directory: Path
) -> list[tuple[int, str, str]]:
    """Eight processes pause the same orders, all from one moment; exit code, stdout, stderr."""
    processes = []
    for number in range(PROCESSES):
        with (
            (directory / f"stdout {number}").open("wb") as stdout,
            (directory / f"stderr {number}").open("wb") as stderr,
        ):
            processes.append(
                subprocess.Popen(
                    command("pause", "-", "-f", "json", "--reason", "all at once"),
                    stdin=subprocess.PIPE, stdout=stdout, stderr=stderr,
                    env=environment(database, {"ORDERCLI_ACTOR": f"process {number}"}),
                )
            )  # fmt: skip
    inputs = [process.stdin for process in processes if process.stdin is not None]
    for each in inputs:
        each.write("\n".join(map(str, ids)).encode())
        each.flush()
    # Each has taken its ids and waits for their end: they begin together.
    while any(unread(each) for each in inputs):
        assert not any(process.poll() for process in processes)
        time.sleep(0.01)
    for each in inputs:
        each.close()
    return [
        (
            process.wait(60),
            (directory / f"stdout {number}").read_text(),
            (directory / f"stderr {number}").read_text(),
        )
        for number, process in enumerate(processes)
    ]


def test_eight_processes_pause_the_same_orders(database: Database, tmp_path: Path) -> None:
    fill(database, BULK)
    ended = pause_at_once(database, range(1, BULK + 1), tmp_path)
    assert [(code, stderr) for code, _, stderr in ended] == [(0, "")] * PROCESSES
    changed: Counter[int] = Counter()
    for _, stdout, _ in ended:
        results = json.loads(stdout)
        assert [each["id"] for each in results] == list(range(1, BULK + 1))
        assert {each["outcome"] for each in results} <= {"changed", "already"}
        changed.update(each["id"] for each in results if each["outcome"] == "changed")
    assert changed == Counter(range(1, BULK + 1))
    assert set(states(database).values()) == {("PAUSED", 1)}


def test_a_service_finishes_orders_that_eight_processes_pause(
    database: Database, tmp_path: Path
) -> None:
    fill(database, BULK, "RUNNING")
    with service(database, BULK) as finished:
        ended = pause_at_once(database, range(BULK, 0, -1), tmp_path)
    assert finished
    assert len(finished) == len(set(finished))
    found = states(database)
    assert Counter(found.values()) == {("PAUSED", 1): BULK - len(finished),
                                       ("DONE", 0): len(finished)}  # fmt: skip
    assert sorted(finished) == sorted(each for each in found if found[each][0] == "DONE")
    changed: Counter[int] = Counter()
    for code, stdout, stderr in ended:
        results = json.loads(stdout)
        refused = [each["id"] for each in results if each["outcome"] == "refused"]
        changed.update(each["id"] for each in results if each["outcome"] == "changed")
        assert code == (3 if refused else 0), stderr
        assert stderr.splitlines() == [
            f"ordercli: order {order_id} is done, it can't be paused" for order_id in refused
        ]
        assert set(refused) <= set(finished)
    assert changed == Counter(each for each in found if found[each][0] == "PAUSED")


def test_writers_that_change_different_things_at_once(database: Database) -> None:
    """One pauses what the other resumes; every event follows from the one before it."""
    fill(database, 400)
    processes = [
        subprocess.Popen(
            command(action, *range(1, 401), "-q"), env=environment(database),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for action in ("pause", "resume", "pause", "resume")
    ]  # fmt: skip
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode in (0, 3)
    last: dict[int, str] = dict.fromkeys(range(1, 401), "PENDING")
    columns = events.c["order_id", "from_status", "to_status"]
    with database.reading() as connection:
        rows = connection.execute(select(*columns).order_by(events.c.id)).all()
    for order_id, before, after in rows:
        assert before == last[order_id]
        last[order_id] = after
    assert {order_id: state[0] for order_id, state in states(database).items()} == last


# Killed in the middle.


@pytest.fixture(scope="session")
def processes() -> Any:
    """Makes processes that start at once, the program being loaded in their parent."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "harness.program",
            "ordercli.cli.app",
            "ordercli.operations.change_database",
            "ordercli.output.writers",
            "psycopg",
            "typer.testing",
        ]
    )
    return context


def run_in_steps(location: str, *arguments: str) -> None:
    """Run the program, which takes as few orders at a time from a file as from a server."""
    changes._SQLITE_BATCH = BATCH
    run(*arguments, database=location)


def test_killed_at_random_moments(database: Database, dialect: str, processes: Any) -> None:
    assert killed(database, dialect, processes, KILLS), "every moment missed the change"


def killed(database: Database, dialect: str, processes: Any, kills: int) -> int:
    """How many of so many kills hit a bulk change in its middle; nothing is ever half done."""
    number = 3000
    chance = Random(f"{SEED} {dialect}")
    arguments = ("pause", "-u", "many*", "--yes", "-q")

    def started() -> Any:
        process = processes.Process(target=run_in_steps, args=(database.location, *arguments))
        process.start()
        return process

    fill(database, number)
    started().join()  # the first is slow: it starts their parent
    resume_all(database)
    begun = settings.now()
    whole = started()
    whole.join()
    assert whole.exitcode == 0
    dates = run("history", "--no-header", database=database).stdout.splitlines()
    last, first = (
        (datetime.fromisoformat(dates[place].partition("\t")[0]) - begun).total_seconds()
        for place in (0, -1)
    )
    middle, length = (first + last) / 2, last - first
    inside = 0
    for kill in range(kills):
        resume_all(database)
        process = started()
        time.sleep(max(0, middle + chance.uniform(-length, length)))
        process.kill()
        process.join()
        found = Counter(states(database).values())
        assert set(found) <= {("RUNNING", 0), ("PAUSED", 1)}, (SEED, kill)
        paused = found["PAUSED", 1]
        inside += 0 < paused < number
        # The machine may be slower or faster by now.
        middle += length / 4 * ((paused == 0) - (paused == number))
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


# Locks.


def test_a_lock_held_for_a_second_is_waited_for(database: Database) -> None:
    fill(database, 3)
    taken = threading.Event()

    def hold() -> None:
        with locked(database, 2):
            taken.set()
            time.sleep(1)

    with in_background(hold):
        taken.wait()
        begun = time.monotonic()
        result = run("pause", 1, 2, 3, database=database)
        assert time.monotonic() - begun > 0.5
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(states(database).values()) == {("PAUSED", 1)}


def test_a_lock_held_for_longer_than_one_wait_is_waited_for_again(
    database: Database, impatient: None
) -> None:
    fill(database, 3)
    taken = threading.Event()

    def hold() -> None:
        with locked(database, 2):
            taken.set()
            time.sleep(0.25)

    with in_background(hold):
        taken.wait()
        result = run("pause", 1, 2, 3, database=database)
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(states(database).values()) == {("PAUSED", 1)}


@pytest.mark.usefixtures("impatient")
def test_a_lock_held_for_longer_than_all_waits_tells_how_many_are_done(database: Database) -> None:
    most = most_at_once(database)
    fill(database, most + 700)
    plan = planned(database, PAUSE, Selection(users=("many*",)), direct=False)
    change = Change(PAUSE, "tester", None, "one run", settings.now)
    results = applied(database, change, plan, lambda: False)
    assert len(next(results)) == most
    told = f"{most:,} of {most + 700:,} orders done, the others unchanged"
    with locked(database, most + 100), pytest.raises(DatabaseError, match=told):
        next(results)
    found = Counter(states(database).values())
    assert found == {("PAUSED", 1): most, ("PENDING", 0): 700}
    with locked(database, most + 100):
        result = run("pause", "-u", "many*", "--yes", database=database)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "busy" in result.stderr
    assert "repeat the command, which is safe" in result.stderr
    assert run("pause", "-u", "many*", "--yes", database=database).exit_code == 0
    assert Counter(states(database).values()) == {("PAUSED", 1): most + 700}


def test_a_busy_database_is_read_all_the_same(database: Database) -> None:
    fill(database, 3)
    with locked(database, 1):
        begun = time.monotonic()
        assert run("list", "-q", database=database).exit_code == 0
        assert run("pause", 1, "-n", database=database).exit_code == 0
        assert time.monotonic() - begun < 2


def test_a_change_waits_for_a_row_and_then_looks_again(database: Database) -> None:
    """The order is finished while the change waits for it: it stays finished."""
    fill(database, 3, "RUNNING")
    taken = threading.Event()

    def finish() -> None:
        with locked(database, 2) as connection:
            taken.set()
            time.sleep(0.5)
            connection.execute(update(orders).where(orders.c.id == 2).values(status="DONE"))

    with in_background(finish):
        taken.wait()
        # The look comes before the other commits, the change after it.
        result = run("pause", 1, 2, 3, database=database)
    assert result.exit_code == 3
    assert result.stderr == "ordercli: order 2 is done, it can't be paused\n"
    assert states(database) == {1: ("PAUSED", 1), 2: ("DONE", 0), 3: ("PAUSED", 1)}


def test_an_order_that_appears_in_the_middle_is_left_alone(
    postgresql_database: Database,
) -> None:
    """It was not there when the others were locked; only their own statuses may be written."""
    database = postgresql_database
    fill(database, 2)
    plan = planned(database, PAUSE, Selection(ids=(1, 2, 3)), direct=False)

    def appearing() -> datetime:
        with database.writing() as connection:
            add_order(connection, 3)
        return settings.now()

    change = Change(PAUSE, "tester", None, "one run", appearing)
    (results,) = applied(database, change, plan, lambda: False)
    assert [each.outcome.value for each in results] == ["changed", "changed", "not found"]
    assert states(database) == {1: ("PAUSED", 1), 2: ("PAUSED", 1), 3: ("PENDING", 0)}


def test_waits_for_locks_are_short(postgresql_database: Database) -> None:
    """So that a service never queues for long behind a change that itself waits."""
    with postgresql_database.writing() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "3s"


def test_a_deadlock_is_tried_again(postgresql_database: Database) -> None:
    database = postgresql_database
    fill(database, 2)
    taken = threading.Event()

    def oppose() -> None:
        """Lock the same two orders in the other direction."""
        with locked(database, 2) as connection:
            taken.set()
            waits_for_a_lock(database)
            connection.execute(text("SET lock_timeout = '20s'; SET deadlock_timeout = '20s'"))
            connection.execute(update(orders).where(orders.c.id == 1).values(label="mine too"))

    with in_background(oppose):
        taken.wait()
        result = run("pause", 1, 2, database=database)
    assert (result.exit_code, result.stderr) == (0, "")
    assert states(database) == {1: ("PAUSED", 1), 2: ("PAUSED", 1)}
    counted = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with database.reading() as connection:
        assert connection.execute(counted).scalar() == 1


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
def test_a_serialization_failure_is_tried_again(
    postgresql_database: Database, isolation: str
) -> None:
    """A site may have made another isolation level the default of its database."""
    database = postgresql_database
    fill(database, 2, "RUNNING")
    name = str(conninfo_to_dict(database.location)["dbname"])
    with database.writing() as connection:
        connection.execute(
            text(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation TO '{isolation}'")
        )
    taken = threading.Event()

    def finish() -> None:
        with locked(database, 2) as connection:
            taken.set()
            waits_for_a_lock(database)
            connection.execute(update(orders).where(orders.c.id == 2).values(status="DONE"))

    with in_background(finish):
        taken.wait()
        result = run("pause", 1, 2, database=database)
    assert result.exit_code == 3
    assert result.stderr == "ordercli: order 2 is done, it can't be paused\n"
    assert states(database) == {1: ("PAUSED", 1), 2: ("DONE", 0)}


# A server that goes away.


def test_a_session_that_is_ended_in_the_middle(postgresql_database: Database) -> None:
    database = postgresql_database
    fill(database, 1200)

    def end() -> None:
        with locked(database, 700) as connection:
            taken.set()
            process = waits_for_a_lock(database)
            connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})

    taken = threading.Event()
    with in_background(end):
        taken.wait()
        result = run("pause", "-u", "many*", "--yes", "-f", "json", database=database)
    assert (result.exit_code, result.stderr) == (0, "")
    assert {each["outcome"] for each in json.loads(result.stdout)} == {"changed"}
    assert Counter(states(database).values()) == {("PAUSED", 1): 1200}


@pytest.mark.usefixtures("impatient")
def test_sessions_that_are_ended_again_and_again(postgresql_database: Database) -> None:
    database = postgresql_database
    fill(database, 1200)
    ended: list[int] = []

    def end() -> None:
        with locked(database, 700) as connection:
            taken.set()
            while len(ended) < 4:
                process = waits_for_a_lock(database)
                if process not in ended:
                    connection.execute(
                        text("SELECT pg_terminate_backend(:process)"), {"process": process}
                    )
                    ended.append(process)

    taken = threading.Event()
    with in_background(end), pytest.MonkeyPatch.context() as patch:
        patch.setattr("ordercli.store.postgresql._LOCK_SECONDS", 10)
        taken.wait()
        result = run("pause", "-u", "many*", "--yes", "-q", database=database)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "500 of 1,200 orders done, orders 501 to 1000 are unknown" in result.stderr
    assert "repeat the command, which is safe" in result.stderr
    assert Counter(states(database).values()) == {("PAUSED", 1): 500, ("PENDING", 0): 700}
    assert run("pause", "-u", "many*", "--yes", "-q", database=database).exit_code == 0
    assert Counter(states(database).values()) == {("PAUSED", 1): 1200}


@pytest.mark.usefixtures("impatient")
def test_cut_at_every_message(
    postgresql_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ordercli.operations.plan.BATCH", 2)
    assert cut_everywhere(postgresql_database, 3) > 30


def cut_everywhere(database: Database, number: int) -> int:
    """In how many runs a change of so many orders was cut; whatever is lost, none lies."""
    ids = list(range(1, number + 1))
    fill(database, number)
    with Cable(database, RequestNumber(0), delivered=False) as cable:
        assert run("pause", *ids, database=cable.location).exit_code == 0
    requests = cable.requests
    for delivered in (False, True):
        for request in range(1, requests + 1):
            fill(database, number)
            with Cable(database, RequestNumber(request), delivered=delivered) as cable:
                result = run("pause", *ids, "-f", "json", database=cable.location)
            case = (request, delivered, result)
            assert cable.was_cut, case
            assert set(states(database).values()) == {("PAUSED", 1)}, case
            assert (result.exit_code, result.stderr) == (0, ""), case
            outcomes = {each["id"]: each["outcome"] for each in json.loads(result.stdout)}
            assert outcomes == dict.fromkeys(ids, "changed"), case
    return 2 * requests


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("delivered", [False, True])
def test_cut_at_a_commit_for_good(
    postgresql_database: Database, monkeypatch: pytest.MonkeyPatch, delivered: bool
) -> None:
    """Nobody can tell what happened: that is what is said."""
    database = postgresql_database
    monkeypatch.setattr("ordercli.operations.plan.BATCH", 2)
    fill(database, 5)
    with Cable(database, CommitOf(2), delivered=delivered, for_good=True) as cable:
        result = run("pause", *range(1, 6), database=cable.location)
    assert cable.was_cut
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "2 of 5 orders done, orders 3 to 4 are unknown" in result.stderr
    assert "repeat the command, which is safe" in result.stderr
    found = Counter(states(database).values())
    assert found == {("PAUSED", 1): 4 if delivered else 2, ("PENDING", 0): 1 if delivered else 3}
    assert run("pause", *range(1, 6), database=database).exit_code == 0
    assert Counter(states(database).values()) == {("PAUSED", 1): 5}


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_does_not_change_what_the_status_was(postgresql_database: Database) -> None:
    database = postgresql_database
    fill(database, 1, "RUNNING")
    with Cable(database, CommitOf(1), delivered=True) as cable:
        result = run("pause", 1, database=cable.location)
    assert cable.was_cut
    assert (result.exit_code, result.stdout) == (0, "1 paused (was running)\n")


@pytest.mark.usefixtures("impatient")
def test_after_a_lost_answer_nothing_is_changed_a_second_time(
    postgresql_database: Database,
) -> None:
    """Somebody resumes the order before the program gets to ask what happened."""
    database = postgresql_database
    fill(database, 2, "RUNNING")

    def resume() -> None:
        with database.writing() as connection:
            connection.execute(update(orders).where(orders.c.id == 1).values(status="RUNNING"))

    with Cable(database, CommitOf(1), delivered=True, meanwhile=resume) as cable:
        result = run("pause", 1, 2, database=cable.location)
    assert cable.was_cut
    assert result.exit_code == 0
    assert states(database) == {1: ("RUNNING", 1), 2: ("PAUSED", 1)}


@pytest.mark.usefixtures("impatient")
def test_a_lost_answer_and_then_a_lock_are_unknown(postgresql_database: Database) -> None:
    """The orders are changed, and the program never gets to see it: they aren't "unchanged"."""
    database = postgresql_database
    fill(database, 2)
    locks: list[Any] = []

    def lock() -> None:
        locks.append(locked(database, 1))
        locks[0].__enter__()

    with Cable(database, CommitOf(1), delivered=True, meanwhile=lock) as cable:
        result = run("pause", 1, 2, database=cable.location)
    locks[0].__exit__(None, None, None)
    assert cable.was_cut
    assert set(states(database).values()) == {("PAUSED", 1)}
    assert result.exit_code == 1
    assert "unknown" in result.stderr
    assert "unchanged" not in result.stderr


def test_a_server_that_is_gone_before_any_change(postgresql_database: Database) -> None:
    fill(postgresql_database, 2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    result = run("pause", 1, 2, database=f"postgresql://nobody@127.0.0.1:{port}/none")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert set(states(postgresql_database).values()) == {("PENDING", 0)}
