"""Changes while others hold locks: waited for, looked at again, and given up in time."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import datetime

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text, update

from harness.changes import batch_size, batches_of, new_change
from harness.contention import fill, in_background, locked, states, until_waited_for
from harness.fill import add_order
from harness.program import run
from ordercli.base import times
from ordercli.base.errors import DatabaseError
from ordercli.base.limits import Limits
from ordercli.domain.selection import Selection
from ordercli.domain.status import PAUSE
from ordercli.operations.plan import make_plan
from ordercli.store.database import Database
from ordercli.store.tables import orders

TRIES_OFTEN = Limits(lock_seconds=0.1, busy_seconds=0.1, retry_pauses_seconds=(0.01,) * 200)


@pytest.mark.parametrize("waits", [1, 2])
def test_a_lock_is_waited_for_and_then_waited_for_again(database: Database, waits: int) -> None:
    """The first wait is longer than anything takes here; each of the others is much shorter."""
    fill(database, 3)
    taken = threading.Event()
    limits = Limits() if waits == 1 else TRIES_OFTEN

    def hold() -> None:
        with locked(database, 2):
            taken.set()
            until_waited_for(database, waits)

    with in_background(hold):
        taken.wait()
        result = run("pause", 1, 2, 3, database=database, limits=limits)
    assert (result.exit_code, result.stderr) == (0, "")
    assert set(states(database).values()) == {("PAUSED", 1)}


def test_a_lock_held_for_longer_than_all_waits_tells_how_many_are_done(
    database: Database, impatient: Limits
) -> None:
    most = batch_size(database)
    fill(database, most + 700)
    plan = make_plan(database, PAUSE, Selection(users=("many*",)))
    change = new_change(PAUSE)
    hurried = Database(database.location, impatient)
    results = batches_of(hurried, change, plan, impatient)
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
    with locked(database, 1):  # for as long as it takes
        assert run("list", "-q", database=database).exit_code == 0
        assert run("pause", 1, "-n", database=database).exit_code == 0


def test_a_change_waits_for_a_row_and_then_looks_again(database: Database) -> None:
    """The order is finished while the change waits for it: it stays finished."""
    fill(database, 3, "RUNNING")
    taken = threading.Event()

    def finish() -> None:
        with locked(database, 2) as connection:
            taken.set()
            until_waited_for(database)
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
    plan = make_plan(database, PAUSE, Selection(ids=(1, 2, 3)))

    def appearing() -> datetime:
        with database.writing() as connection:
            add_order(connection, 3)
        return times.now()

    change = new_change(PAUSE, clock=appearing)
    (results,) = batches_of(database, change, plan)
    assert [each.outcome.value for each in results] == ["changed", "changed", "not found"]
    assert states(database) == {1: ("PAUSED", 1), 2: ("PAUSED", 1), 3: ("PENDING", 0)}


def test_waits_for_locks_are_short(postgresql_database: Database) -> None:
    """So that a service never queues for long behind a change that itself waits."""
    with postgresql_database.writing() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "3s"


def test_a_deadlock_is_tried_again(postgresql_database: Database) -> None:
    database = postgresql_database

    def oppose() -> None:
        """Lock the same two orders in the other direction."""
        with locked(database, 2) as connection:
            taken.set()
            until_waited_for(database)
            connection.execute(text("SET lock_timeout = '60s'; SET deadlock_timeout = '60s'"))
            connection.execute(update(orders).where(orders.c.id == 1).values(label="mine too"))

    for _ in range(10):  # a second late, it is no deadlock: the server looks for one that soon
        fill(database, 2)
        taken = threading.Event()
        with in_background(oppose):
            taken.wait()
            result = run("pause", 1, 2, database=database)
        assert (result.exit_code, result.stderr) == (0, "")
        assert states(database) == {1: ("PAUSED", 1), 2: ("PAUSED", 1)}
        if _deadlocks(database):
            return
    raise AssertionError("there was no deadlock")


def _deadlocks(database: Database, patience: float = 3) -> int:
    """How many the server has counted, which it does a little later."""
    counted = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    end = time.monotonic() + patience
    while True:
        with database.reading() as connection:
            number = int(connection.execute(counted).scalar_one())
        if number or time.monotonic() > end:
            return number
        time.sleep(0.05)


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
            until_waited_for(database)
            connection.execute(update(orders).where(orders.c.id == 2).values(status="DONE"))

    with in_background(finish):
        taken.wait()
        result = run("pause", 1, 2, database=database)
    assert result.exit_code == 3
    assert result.stderr == "ordercli: order 2 is done, it can't be paused\n"
    assert states(database) == {1: ("PAUSED", 1), 2: ("DONE", 0)}
