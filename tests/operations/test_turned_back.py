"""Beside a live service: what was changed is looked at again, and what it turned back is named."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import delete, select, update

from harness.changes import batch_size
from harness.contention import in_background
from harness.fill import add_order
from harness.program import run
from harness.stored import set_status, statuses
from ordercli.base.limits import Limits
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


def fill(database: Database, statuses: dict[int, str]) -> None:
    """Orders of these stored statuses."""
    with database.writing() as connection:
        for order_id, status in statuses.items():
            add_order(connection, order_id, status=status)


def once_changed(database: Database, work: Callable[[], None]) -> AbstractContextManager[None]:
    """Do the work in the background as soon as order 1 is not as it was."""
    before = statuses(database)[1]

    def wait_and_work() -> None:
        deadline = time.monotonic() + 20
        while statuses(database)[1] == before and time.monotonic() < deadline:
            time.sleep(0.01)
        work()

    return in_background(wait_and_work)


def test_orders_that_a_service_turns_back_are_named(service_database: Database) -> None:
    """It writes rows back that it read before, some of them while others are still changed."""
    number = 2 * batch_size(service_database)
    fill(service_database, dict.fromkeys(range(1, number + 1), "PENDING"))
    assert run("db", "init", database=service_database).exit_code == 0

    def write_back() -> None:
        while statuses(service_database)[number] != "PAUSED":
            time.sleep(0.01)
        with service_database.writing() as connection:
            for order_id, status in ((1, "PENDING"), (2, "DONE"), (number, "RUNNING")):
                changed = {"status": status, "waiting_for_user": status == "RUNNING"}
                connection.execute(update(orders).where(orders.c.id == order_id).values(changed))
            connection.execute(delete(orders).where(orders.c.id == 3))

    with once_changed(service_database, write_back):
        result = run("pause", "-u", "*", "--yes", "-q", "--direct", database=service_database)
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "ordercli: order 1 was paused, but is pending now; the service may have written it back",
        "ordercli: order 2 was paused, but is done now; the service may have written it back",
        f"ordercli: order {number} was paused, but is waiting user now; "
        "the service may have written it back",
    ]
    with service_database.reading() as connection:
        assert len(connection.execute(select(events.c.id)).all()) == number


@pytest.mark.parametrize(
    ("action", "later", "named"),
    [("resume", "DONE", False), ("resume", "PAUSED", True), ("cancel", "REMOVED", False),
     ("cancel", "PAUSED", True), ("cancel", "RUNNING", True)],
)  # fmt: skip
def test_what_is_resumed_goes_on(
    service_database: Database, action: str, later: str, named: bool
) -> None:
    fill(service_database, {1: "PAUSED"})

    def go_on() -> None:
        set_status(service_database, 1, later)

    with once_changed(service_database, go_on):
        result = run(action, 1, "--yes", "--direct", database=service_database)
    assert result.exit_code == (3 if named else 0)
    assert ("order 1 was" in result.stderr) is named


def test_nobody_turns_orders_of_ours_back(database: Database) -> None:
    fill(database, {1: "PENDING"})
    limits = Limits(settling_seconds=60)
    begun = time.monotonic()
    assert run("pause", 1, database=database, limits=limits).exit_code == 0
    assert run("resume", 1, "--direct", database=database, limits=limits).exit_code == 0
    assert time.monotonic() - begun < 30


def test_a_server_that_is_gone_before_the_second_look(
    service_database: Database, postgres_server: PostgresServer
) -> None:
    fill(service_database, {1: "PENDING"})
    name = str(conninfo_to_dict(service_database.location)["dbname"])

    def close_it(*, allow: bool = False) -> None:
        another = postgres_server.url("postgres")
        postgres_server.execute(another, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {allow}')
        postgres_server.execute(
            another,
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            f" WHERE datname = '{name}'",
        )

    with once_changed(service_database, close_it):
        result = run("pause", 1, "--direct", database=service_database)
    close_it(allow=True)
    assert (result.exit_code, result.stdout) == (1, "1 paused (was pending)\n")
    assert "the orders are changed, but were not looked at again" in result.stderr
