"""The rights that ``db grants`` gives are enough, and no more: the server itself decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from harness.fill import add_order
from harness.program import run
from harness.rights import every_write, granted, permitted, writes_of_a_changer

if TYPE_CHECKING:
    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

EVENT_COLUMNS = "order_id, action, from_status, to_status, event_date, actor, operation"
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


def check_reading(url: str) -> None:
    for words in (["list"], ["errors"], ["list", "--cause", "x*"], ["show", "1", "--files"],
                  ["list", "-f", "json", "--columns=+status_date,+expiration"],
                  ["show", "1"], ["summary"], ["summary", "--layout", "regards"], ["history"],
                  ["history", "1", "--since", "7d", "--actor", "x", "--action", "pause"],
                  ["pause", "1", "-n"]):  # fmt: skip
        result = run(*words, database=url)
        assert result.exit_code == 0, (words, result.stderr)
    assert run("list", "-q", database=url).stdout.split()
    assert "history: work" in run("db", "check", database=url).stdout


def test_the_administrator_could_do_all_of_it(page: Database) -> None:
    """What is denied below is denied for want of a right, not for another fault."""
    assert permitted(page.location, FOR_CHANGES) == set(FOR_CHANGES)
    everything = every_write(page.location)
    assert len(everything) > 150
    assert permitted(page.location, everything) == set(everything)


def test_a_reader_reads_and_its_every_write_is_denied(
    postgres_server: PostgresServer, page: Database
) -> None:
    url = granted(postgres_server, page, "grants_reader")
    check_reading(url)
    assert permitted(url, [*every_write(page.location), *FOR_CHANGES]) == set()
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
    assert permitted(url, FOR_CHANGES) == set(FOR_CHANGES)
    assert permitted(url, every_write(page.location)) == set(writes_of_a_changer(history=True))
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
    writes = every_write(service_database.location)
    assert permitted(url, writes) == set(writes_of_a_changer(history=True))
    unseen = ["SELECT url FROM t_order", "SELECT * FROM t_order"]
    assert permitted(url, unseen) == set()
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
    assert permitted(url, ["SELECT id FROM t_order"]) == set()
    assert run("list", database=url).exit_code == 1


def test_what_it_refuses(sqlite_database: Database, postgres_server: PostgresServer) -> None:
    for database, code in ((sqlite_database.location, 1), (postgres_server.create_database(), 1)):
        result = run("db", "grants", "somebody", database=database)
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr.count("\n") == 1
    for words in ([""], [" "], []):
        result = run("db", "grants", *words, database=sqlite_database)
        assert (result.exit_code, result.stdout) == (2, "")
