"""Beside a live service: what was changed is looked at again, and what it turned back is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import delete, select, update

from harness.changes import Settling, batch_size
from harness.fill import add_order
from harness.program import run
from harness.stored import set_status
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


def fill(database: Database, statuses: dict[int, str]) -> None:
    """Orders of these stored statuses."""
    with database.writing() as connection:
        for order_id, status in statuses.items():
            add_order(connection, order_id, status=status)


def test_orders_that_a_service_turns_back_are_named(service_database: Database) -> None:
    """It writes rows back that it read before."""
    number = 2 * batch_size(service_database)
    fill(service_database, dict.fromkeys(range(1, number + 1), "PENDING"))
    assert run("db", "init", database=service_database).exit_code == 0

    def write_back() -> None:
        with service_database.writing() as connection:
            for order_id, status in ((1, "PENDING"), (2, "DONE"), (number, "RUNNING")):
                changed = {"status": status, "waiting_for_user": status == "RUNNING"}
                connection.execute(update(orders).where(orders.c.id == order_id).values(changed))
            connection.execute(delete(orders).where(orders.c.id == 3))

    words = ("pause", "-u", "*", "--yes", "-q", "--direct")
    result = run(*words, database=service_database, limits=Settling(write_back))
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

    words = (action, 1, "--yes", "--direct")
    result = run(*words, database=service_database, limits=Settling(go_on))
    assert result.exit_code == (3 if named else 0)
    assert ("order 1 was" in result.stderr) is named


def test_nobody_turns_orders_of_ours_back(database: Database) -> None:
    fill(database, {1: "PENDING"})
    waits: list[str] = []
    limits = Settling(lambda: waits.append("for a service"))
    assert run("pause", 1, database=database, limits=limits).exit_code == 0
    assert run("resume", 1, "--direct", database=database, limits=limits).exit_code == 0
    assert waits == []


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

    result = run("pause", 1, "--direct", database=service_database, limits=Settling(close_it))
    close_it(allow=True)
    assert (result.exit_code, result.stdout) == (1, "1 paused (was pending)\n")
    assert "the orders are changed, but were not looked at again" in result.stderr
