"""Many processes change the same orders at once, beside a service that does too."""

from __future__ import annotations

import fcntl
import json
import struct
import subprocess
import sys
import termios
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from harness.contention import fill, states
from harness.program import command, environment
from ordercli.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ordercli.store.database import Database

SEED = 20171008
PROCESSES = 8
BULK = 2000


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
