"""Neither a report nor a change keeps a live service waiting: the server's own locks say so."""

from __future__ import annotations

import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from harness.contention import locked, waits_for_a_lock
from harness.locks import Export, Watch, fill, is_refused, locked_rows, slowest_write
from harness.program import command, environment, run
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from ordercli.store.database import Database

ORDERS = 10_000
READ_LOCK = "AccessShareLock"

pytestmark = pytest.mark.parametrize("service_database", ["newest"], indirect=True)


@pytest.fixture
def service(service_database: Database) -> Database:
    """A service's database with more orders than a pipe holds."""
    fill(service_database, ORDERS)
    return service_database


def test_a_report_takes_read_locks_alone_and_nobody_waits_for_it(service: Database) -> None:
    with Watch(service, pause=0.002) as watch:
        export = Export(service)
        assert slowest_write(service, range(1, 20)) < 30
        assert not is_refused(service, "CREATE INDEX mine ON t_order (status)")
        while not {"t_order", "t_dataset_task"} <= {name for name, _ in watch.held}:
            export.rest()  # it was too quick to be seen
            export = Export(service)
    assert watch.looks > 0
    assert {mode for _, mode in watch.held} == {READ_LOCK}
    # Once the server has given all, nobody waits for whoever takes his time to read it.
    assert not is_refused(service, "ALTER TABLE t_order ADD COLUMN mine int", patience="30s")
    assert export.rest() == ORDERS  # as they were when it began


def test_a_reader_gives_up_behind_a_change_of_the_tables(service: Database) -> None:
    limits = Limits(reading_lock_seconds=0.2)
    with service.writing() as connection:
        connection.execute(text("LOCK TABLE t_order IN ACCESS EXCLUSIVE MODE"))
        for words in (["list"], ["summary"], ["show", 1], ["pause", 1, "--direct"]):
            begun = time.monotonic()
            result = run(*words, database=service, limits=limits)
            assert (result.exit_code, result.stdout) == (1, ""), words
            assert result.stderr == (
                "ordercli: the PostgreSQL database is busy: canceling statement due to lock timeout"
                "; try again later\n"
            )
            assert time.monotonic() - begun < 15
    assert run("list", database=service).exit_code == 0


def test_a_change_of_many_orders_locks_a_few_at_a_time(service: Database) -> None:
    words = ("pause", "-u", "user1*", "--yes", "--direct", "-q")
    with ExitStack() as stack:
        with locked(service, 1199):  # it comes to this order with others locked
            process = stack.enter_context(
                subprocess.Popen(
                    command(*words), env=environment(service), stderr=subprocess.DEVNULL
                )
            )
            waits_for_a_lock(service)
            seen = [locked_rows(service)]
        while process.poll() is None:
            seen.append(locked_rows(service))
    assert process.returncode == 0
    assert 1 < max(seen) <= 500, seen
