"""Changes while the server goes away: nothing is lost, done twice or called what it is not."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text, update

from harness.cable import Cable, CommitOf, RequestNumber
from harness.contention import fill, in_background, locked, states, waits_for_a_lock
from harness.program import run
from ordercli.base.limits import Limits
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from ordercli.store.database import Database


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
    with in_background(end):
        taken.wait()
        result = run(
            "pause", "-u", "many*", "--yes", "-q", database=database, limits=Limits(lock_seconds=10)
        )
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "500 of 1,200 orders done, orders 501 to 1000 are unknown" in result.stderr
    assert "repeat the command, which is safe" in result.stderr
    assert Counter(states(database).values()) == {("PAUSED", 1): 500, ("PENDING", 0): 700}
    assert run("pause", "-u", "many*", "--yes", "-q", database=database).exit_code == 0
    assert Counter(states(database).values()) == {("PAUSED", 1): 1200}


IN_PAIRS = Limits(batch_orders=2, retry_pauses_seconds=(0.01, 0.02, 0.04))


@pytest.mark.usefixtures("impatient")
def test_cut_at_every_message(postgresql_database: Database) -> None:
    assert cut_everywhere(postgresql_database, 3) > 14


def cut_everywhere(database: Database, number: int) -> int:
    """In how many runs a change of so many orders was cut; whatever is lost, none lies."""
    ids = list(range(1, number + 1))
    fill(database, number)
    with Cable(database, RequestNumber(0), delivered=False) as cable:
        result = run("pause", *ids, database=cable.location, limits=IN_PAIRS)
        assert result.exit_code == 0
    requests = cable.requests
    for delivered in (False, True):
        for request in range(1, requests + 1):
            fill(database, number)
            with Cable(database, RequestNumber(request), delivered=delivered) as cable:
                result = run("pause", *ids, "-f", "json", database=cable.location, limits=IN_PAIRS)
            case = (request, delivered, result)
            assert cable.was_cut, case
            assert set(states(database).values()) == {("PAUSED", 1)}, case
            assert (result.exit_code, result.stderr) == (0, ""), case
            outcomes = {each["id"]: each["outcome"] for each in json.loads(result.stdout)}
            assert outcomes == dict.fromkeys(ids, "changed"), case
    return 2 * requests


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("delivered", [False, True])
def test_cut_at_a_commit_for_good(postgresql_database: Database, delivered: bool) -> None:
    """Nobody can tell what happened: that is what is said."""
    database = postgresql_database
    fill(database, 5)
    with Cable(database, CommitOf(2), delivered=delivered, for_good=True) as cable:
        result = run("pause", *range(1, 6), database=cable.location, limits=IN_PAIRS)
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
