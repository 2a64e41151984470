"""What is advised after an error of the database is what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import OperationalError
from psycopg.conninfo import conninfo_to_dict

from harness.fill import add_order
from harness.program import run
from harness.rights import granted
from ordercli.store.driver_errors import explained

if TYPE_CHECKING:
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database


@pytest.fixture
def page(postgresql_database: Database) -> Database:
    """One order that can be paused."""
    with postgresql_database.writing() as connection:
        add_order(connection, 1)
    return postgresql_database


def refused(*words: object, database: Database | str) -> str:
    result = run(*words, database=database)
    assert (result.exit_code, result.stdout) == (1, ""), words
    assert result.stderr.count("\n") == 1
    assert "which is safe" not in result.stderr
    return result.stderr


def test_a_role_or_a_database_that_is_not_there(
    page: Database, postgres_server: PostgresServer
) -> None:
    name = str(conninfo_to_dict(page.location)["dbname"])
    told = refused("list", database=postgres_server.url(name, "nobody-here", "secret"))
    assert "check the user and the password" in told
    told = refused("list", database=postgres_server.url("no-database-here"))
    assert "check the name of the database" in told


def test_a_right_that_is_missing(
    page: Database, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    orders = tmp_path / "orders.csv"
    orders.write_text("id,user,label,creation,status\n9,a@x,nine,2026-03-01T00:00:00Z,done\n")
    name = str(conninfo_to_dict(page.location)["dbname"])
    nobody = postgres_server.url(name, postgres_server.role("without_rights"), "secret")
    assert "'ordercli db grants ROLE' prints" in refused("list", database=nobody)
    reader = granted(postgres_server, page, "advised_reader")
    assert "'ordercli db grants ROLE --write' prints" in refused("pause", 1, database=reader)
    # No grant helps to what only the owner may do.
    postgres_server.execute(page.location, "DROP INDEX idx_dataset_task_totals")
    for words in (["db", "load", orders], ["db", "init"]):
        assert "log in as the owner of its tables" in refused(*words, database=reader)


def test_row_level_security(page: Database, postgres_server: PostgresServer) -> None:
    changer = granted(postgres_server, page, "advised_changer", "--write")
    postgres_server.execute(
        page.location,
        "ALTER TABLE t_order ENABLE ROW LEVEL SECURITY; CREATE POLICY sees ON t_order FOR SELECT"
        " USING (true); CREATE POLICY keeps ON t_order FOR UPDATE USING (true)"
        " WITH CHECK (status = 'PENDING')",
    )
    told = refused("pause", 1, database=changer)
    assert "a policy of the table forbids it" in told


def test_a_constraint_that_forbids_the_change(
    page: Database, postgres_server: PostgresServer
) -> None:
    postgres_server.execute(page.location, "ALTER TABLE t_order ADD CHECK (status <> 'PAUSED')")
    assert "db check" in refused("pause", 1, database=page)


def test_a_statement_that_may_not_take_long(
    page: Database, postgres_server: PostgresServer
) -> None:
    name = str(conninfo_to_dict(page.location)["dbname"])
    postgres_server.execute(page.location, f"ALTER DATABASE {name} SET statement_timeout TO 100")
    with page.writing() as connection:
        connection.exec_driver_sql("SET LOCAL statement_timeout TO 0")
        connection.exec_driver_sql("LOCK TABLE t_order")
        told = refused("list", database=page.location)
    assert "a longer statement_timeout" in told


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("unable to execute Describe", "name the server itself"),
        ("ERROR:  unable to bind", "name the server itself"),
        ("FATAL:  le rôle « x » n'existe pas", "check the user and the password"),
        ("FATAL:  la base de données « x » n'existe pas", "check the name of the database"),
        ('FATAL:  role "x" is not permitted to log in', "check the user and the password"),
        ('FATAL:  no pg_hba.conf entry for host "::1"', "check the user and the password"),
        ('root certificate file "/x/root.crt" does not exist', "sslrootcert=system"),
        ("SSL error: certificate verify failed", "sslrootcert"),
        ("operator does not exist: state = character varying", "db check"),
    ],
)
def test_messages_without_a_code(message: str, advice: str) -> None:
    told = explained(OperationalError(message), "it", "postgresql://localhost/x")
    assert advice in told.advice
