"""The rights that ``db grants`` gives are enough, and no more: the server itself decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from fill import add_order
from program import run

if TYPE_CHECKING:
    from ordercli.database import Database
    from postgres_server import PostgresServer

EVENT_COLUMNS = "order_id, action, from_status, to_status, event_date, actor, operation"
ORDER_COLUMNS = (
    "id, owner, label, creation_date, percent_complete, files_in_error, status, status_date,"
    " waiting_for_user"
)
NEVER = (
    "DELETE FROM t_order WHERE id = 0",
    "DELETE FROM t_dataset_task",
    "DELETE FROM ordercli_event",
    "UPDATE t_order SET label = 'x' || id",
    "UPDATE t_order SET owner = 'x' || id",
    "UPDATE t_order SET id = 9 WHERE id = 0",
    "UPDATE t_order SET creation_date = now()",
    "UPDATE t_order SET expiration_date = now()",
    "UPDATE t_order SET percent_complete = 0",
    "UPDATE t_order SET files_in_error = 0",
    "UPDATE t_dataset_task SET files_count = 0",
    "UPDATE ordercli_event SET actor = 'x'",
    "UPDATE ordercli_event SET reason = 'x'",
    "INSERT INTO t_dataset_task (id, dataset_label) VALUES (9, 'x')",
    f"INSERT INTO t_order ({ORDER_COLUMNS}) VALUES (9, 'x', 'x', now(), 0, 0, 'DONE', now(), true)",
    "TRUNCATE t_order CASCADE",
    "TRUNCATE t_dataset_task",
    "TRUNCATE ordercli_event",
    "DROP TABLE ordercli_event",
    "DROP TABLE t_order CASCADE",
    "ALTER TABLE t_order ADD COLUMN x int",
    "COMMENT ON TABLE t_order IS 'x'",
    "CREATE TABLE x (n int)",
    "CREATE SCHEMA x",
    "SELECT id FROM t_dataset_task FOR UPDATE",
    "SELECT id FROM ordercli_event FOR UPDATE",
)
"""Writes that neither role may do."""

FOR_CHANGES = (
    "UPDATE t_order SET status = 'PAUSED'",
    "UPDATE t_order SET status_date = now()",
    "UPDATE t_order SET waiting_for_user = false",
    "SELECT id FROM t_order FOR UPDATE",
    f"INSERT INTO ordercli_event ({EVENT_COLUMNS})"
    " VALUES (1, 'pause', 'PENDING', 'PAUSED', now(), 'x', 'x')",
)
"""Writes that changing orders takes."""


@pytest.fixture
def page(postgresql_database: Database) -> Database:
    """Four orders in a database of ours."""
    with postgresql_database.writing() as connection:
        for _ in range(4):
            add_order(connection, datasets=[("d1", 1, 2, 3)])
    assert run("pause", 4, database=postgresql_database).exit_code == 0
    return postgresql_database


def granted(server: PostgresServer, database: Database, name: str, *options: str) -> str:
    """The URL for a new role that has what ``db grants`` prints for it, and nothing else."""
    role = server.role(name, "secret")
    printed = run("db", "grants", role, *options, database=database)
    assert (printed.exit_code, printed.stderr) == (0, "")
    server.execute(database.location, printed.stdout)
    return server.url(database.location.rpartition("/")[2], role, "secret")


def denied(url: str, statement: str) -> bool:
    """Whether the server refuses the statement for want of a right; it is undone otherwise."""
    with psycopg.connect(url) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
        finally:
            connection.rollback()
    return False


def check_reading(url: str) -> None:
    for words in (["list"], ["list", "-f", "json", "--columns=+status_date,+expiration"],
                  ["show", "1"], ["summary"], ["summary", "--layout", "regards"], ["history"],
                  ["history", "1", "--since", "7d", "--actor", "x", "--action", "pause"],
                  ["pause", "1", "-n"]):  # fmt: skip
        result = run(*words, database=url)
        assert result.exit_code == 0, (words, result.stderr)
    assert run("list", "-q", database=url).stdout.split()
    assert "history: work" in run("db", "check", database=url).stdout


def test_the_administrator_could_do_all_of_it(page: Database) -> None:
    """What is denied below is denied for want of a right, not for another fault."""
    for statement in (*NEVER, *FOR_CHANGES):
        assert not denied(page.location, statement), statement


def test_a_reader_reads_and_its_every_write_is_denied(
    postgres_server: PostgresServer, page: Database
) -> None:
    url = granted(postgres_server, page, "grants_reader")
    check_reading(url)
    for statement in (*NEVER, *FOR_CHANGES):
        assert denied(url, statement), statement
    for action in ("pause", "resume", "cancel"):
        result = run(action, 1, 4, "--yes", database=url)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "permission denied" in result.stderr
        assert result.stderr.count("\n") == 1
    assert run("list", "-q", "-s", "pending", database=page).stdout.split() == ["1", "2", "3"]


def test_a_changer_changes_orders_and_its_every_other_write_is_denied(
    postgres_server: PostgresServer, page: Database
) -> None:
    url = granted(postgres_server, page, "grants_changer", "--write")
    check_reading(url)
    for statement in FOR_CHANGES:
        assert not denied(url, statement), statement
    for statement in NEVER:
        assert denied(url, statement), statement
    for words in (["pause", "1", "2", "-m", "why"], ["resume", "1"], ["cancel", "2", "--yes"]):
        result = run(*words, database=url)
        assert (result.exit_code, result.stderr) == (0, ""), words
    history = run("history", "--no-header", database=url).stdout.splitlines()
    assert [line.split("\t")[1:3] for line in history] == [
        ["2", "cancel"], ["1", "resume"], ["2", "pause"], ["1", "pause"], ["4", "pause"],
    ]  # fmt: skip


def test_the_least_rights_on_a_service_database(
    postgres_server: PostgresServer, service_database: Database
) -> None:
    with service_database.writing() as connection:
        for _ in range(3):
            add_order(connection)
    url = granted(postgres_server, service_database, "grants_service", "--write")
    assert run("list", "-q", database=url).exit_code == 0
    result = run("pause", 1, "--direct", database=url)
    assert result.exit_code == 0
    assert "not recorded" in result.stderr
    assert run("db", "init", database=service_database).exit_code == 0
    granted(postgres_server, service_database, "grants_service", "--write")
    result = run("pause", 2, "--direct", database=url)
    assert (result.exit_code, result.stderr) == (0, "")
    for statement in (*NEVER[:13], "DELETE FROM t_data_file", "UPDATE t_order SET url = 'x'",
                      "SELECT url FROM t_order"):  # fmt: skip
        assert denied(url, statement), statement
    assert run("history", "-q", database=url).exit_code == 2  # no such option


def test_odd_role_names_are_quoted(postgres_server: PostgresServer, page: Database) -> None:
    for name in ('a"b', "a; DROP TABLE t_order; --", "Upper Case", "a''b\\", "été", "select",
                 "public", "$1:x{}"):  # fmt: skip
        url = granted(postgres_server, page, name, "--write")
        assert run("pause", 1, database=url).exit_code == 0, name
        assert run("resume", 1, database=url).exit_code == 0, name
    assert run("list", "-q", database=page).stdout.split()


def test_a_role_name_with_a_percent_sign(postgres_server: PostgresServer, page: Database) -> None:
    url = granted(postgres_server, page, "50%", "--write")
    assert run("pause", 1, database=url).exit_code == 0


def test_odd_names_of_schemas_and_databases_are_quoted(
    postgres_server: PostgresServer, page: Database
) -> None:
    execute = postgres_server.execute
    name = page.location.rpartition("/")[2]
    odd = 'My "50%" schema'
    execute(page.location, sql.SQL("ALTER SCHEMA public RENAME TO {}").format(sql.Identifier(odd)))
    path = sql.SQL("ALTER DATABASE {} SET search_path TO {}")
    execute(page.location, path.format(sql.Identifier(name), sql.Identifier(odd)))
    url = granted(postgres_server, page, "grants_schema", "--write")
    assert run("pause", 1, database=url).exit_code == 0
    assert run("history", 1, database=url).exit_code == 0


def test_it_prints_and_runs_nothing(postgres_server: PostgresServer, page: Database) -> None:
    role = postgres_server.role("grants_nothing", "secret")
    printed = run("db", "grants", role, "--write", database=page)
    assert all(line.startswith("GRANT ") for line in printed.stdout.splitlines())
    url = postgres_server.url(page.location.rpartition("/")[2], role, "secret")
    assert denied(url, "SELECT id FROM t_order")
    assert run("list", database=url).exit_code == 1


def test_what_it_refuses(sqlite_database: Database, postgres_server: PostgresServer) -> None:
    for database, code in ((sqlite_database.location, 1), (postgres_server.create_database(), 1)):
        result = run("db", "grants", "somebody", database=database)
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr.count("\n") == 1
    for words in ([""], [" "], []):
        result = run("db", "grants", *words, database=sqlite_database)
        assert (result.exit_code, result.stdout) == (2, "")
