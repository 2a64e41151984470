"""Neither a report nor a change keeps a live service waiting: the server's own locks say so."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from locks import Export, Watch, fill, is_refused, locked_rows, slowest_write
from program import command, environment

if TYPE_CHECKING:
    from ordercli.database import Database

ORDERS = 10_000
READ_LOCK = "AccessShareLock"

pytestmark = pytest.mark.parametrize("service_database", ["newest"], indirect=True)


@pytest.fixture
def service(service_database: Database) -> Database:
    """A service's database with more orders than a pipe holds."""
    fill(service_database, ORDERS)
    return service_database


def test_a_report_takes_read_locks_alone_and_nobody_waits_for_it(service: Database) -> None:
    export = Export(service)
    with Watch(service) as watch:
        assert slowest_write(service, range(1, 20)) < 5
        assert not is_refused(service, "CREATE INDEX mine ON t_order (status)")
        # A change of the table waits for every reader, whoever it is.
        assert is_refused(service, "ALTER TABLE t_order ADD COLUMN mine int")
    assert watch.looks > 0
    assert {mode for _, mode in watch.held} == {READ_LOCK}
    assert {"t_order", "t_dataset_task"} <= {name for name, _ in watch.held}
    assert export.rest() == ORDERS  # as they were when it began
    assert not is_refused(service, "ALTER TABLE t_order ADD COLUMN mine int")


def test_a_change_of_many_orders_locks_a_few_at_a_time(service: Database) -> None:
    words = ("pause", "-u", "user1*", "--yes", "--direct", "-q")
    with subprocess.Popen(
        command(*words), env=environment(service), stderr=subprocess.DEVNULL
    ) as process:
        seen = [locked_rows(service)]
        while process.poll() is None:
            seen.append(locked_rows(service))
    assert process.returncode == 0
    assert 0 < max(seen) <= 500, seen
