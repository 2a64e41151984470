"""Changes without a history, and in the database of a live service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from harness.fill import add_order
from harness.program import run
from harness.stored import recorded, rows, statuses

if TYPE_CHECKING:
    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


def add_pending(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1)
        add_order(connection, 2, status="DONE")


def test_a_change_that_cannot_be_recorded_is_made_and_says_so(database: Database) -> None:
    add_pending(database)
    with database.writing() as connection:
        connection.execute(text("DROP TABLE ordercli_event"))
    dry = run("pause", 1, "-n", database=database)
    assert (dry.exit_code, dry.stderr) == (0, "")
    result = run("pause", 1, database=database)
    assert (result.exit_code, result.stdout) == (0, "1 paused (was pending)\n")
    assert result.stderr.count("\n") == 1
    assert "not recorded" in result.stderr
    assert "'ordercli db init'" in result.stderr
    assert statuses(database)[1] == "PAUSED"
    again = run("pause", 1, database=database)
    assert (again.exit_code, again.stderr) == (0, "")


def test_a_service_changes_its_own_orders(service_database: Database) -> None:
    add_pending(service_database)
    before = rows(service_database)
    for words in (["1"], ["1", "-n"], ["-u", "*"], ["-"], ["1", "-n", "-f", "json"]):
        for action in ("pause", "resume", "cancel"):
            result = run(action, *words, "--yes", database=service_database, stdin="1\n")
            assert (result.exit_code, result.stdout) == (1, ""), words
            assert "--direct" in result.stderr
            assert result.stderr.count("\n") == 1
    assert rows(service_database) == before


def test_direct_writes_into_a_service_database(service_database: Database) -> None:
    add_pending(service_database)
    dry = run("pause", 1, "--direct", "-n", database=service_database)
    assert (dry.exit_code, dry.stdout) == (0, "1 would be paused (is pending)\n")
    assert statuses(service_database)[1] == "PENDING"
    result = run("pause", 1, 2, "--direct", database=service_database)
    assert (result.exit_code, result.stdout) == (3, "1 paused (was pending)\n")
    assert sum("not recorded" in line for line in result.stderr.splitlines()) == 1
    assert "'ordercli db init'" in result.stderr
    assert statuses(service_database) == {1: "PAUSED", 2: "DONE"}
    assert run("db", "init", database=service_database).exit_code == 0
    assert run("resume", 1, database=service_database).exit_code == 1
    result = run("resume", 1, "--direct", database=service_database)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [each[:4] for each in recorded(service_database)] == [(1, "resume", "PAUSED", "RUNNING")]


@pytest.mark.parametrize("rights", ["none", "SELECT"])
def test_a_role_without_the_right_to_record(
    postgres_server: PostgresServer, postgresql_database: Database, rights: str
) -> None:
    add_pending(postgresql_database)
    role = postgres_server.role(f"unrecorded_{rights.lower()}")
    granted = f"GRANT SELECT, UPDATE ON t_order TO {role}"
    if rights != "none":
        granted += f"; GRANT {rights} ON ordercli_event TO {role}"
    postgres_server.execute(postgresql_database.location, granted)
    name = postgresql_database.location.rpartition("/")[2]
    result = run("pause", 1, database=postgres_server.url(name, role, "secret"))
    assert (result.exit_code, result.stdout) == (0, "1 paused (was pending)\n")
    assert result.stderr.count("\n") == 1
    assert "not recorded" in result.stderr
    assert statuses(postgresql_database)[1] == "PAUSED"
    assert recorded(postgresql_database) == []
