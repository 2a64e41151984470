"""``db check`` tells in plain words what a database allows, and is right about it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict

from harness.fill import add_order
from harness.program import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

ORDER_COLUMNS = (
    "id, owner, label, creation_date, expiration_date, percent_complete, files_in_error, status, "
    "status_date, waiting_for_user"
)
DATASET_COLUMNS = "id, order_id, dataset_label, files_count, files_size, objects_count"


def checked(location: Database | str) -> tuple[int, list[str]]:
    """The exit code and the lines of ``db check``, which have to agree with ``list``."""
    result = run("db", "check", database=location)
    listed = run("list", database=location)
    assert result.exit_code in (0, 1)
    assert result.exit_code == listed.exit_code, listed.stderr
    lines = result.stdout.splitlines()
    works = "work" if result.exit_code == 0 else "do not work"
    assert f"list, show, summary: {works}" in lines
    return result.exit_code, lines


def test_a_database_of_ours(database: Database, dialect: str) -> None:
    with database.writing() as connection:
        add_order(connection)
    code, lines = checked(database)
    assert code == 0
    server = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[dialect]
    assert re.match(rf"Reached {server} [\d.]+", lines[0])
    assert "read-only" not in lines[0]
    assert lines[1:] == [
        "t_order: complete",
        "t_dataset_task: complete",
        "t_data_file: complete",
        "ordercli_event: complete",
        "Filters without an index, which look at orders one by one: --label, "
        "--expires-within, --with-errors, --progress, --errors, --expires, --changed, "
        "--ignore-case",
        "Filters that look at every dataset or file: --size, --objects, --files, --cause",
        "Orders belong to this tool",
        *(["They are in the schema public"] if dialect == "postgresql" else []),
        "list, show, summary: work",
        "errors: work",
        "history: work",
        "pause, resume, cancel: work, recorded",
    ]


def test_a_service_s_database(
    service_database: Database, postgres_server: PostgresServer, request: pytest.FixtureRequest
) -> None:
    version = request.node.callspec.params["service_database"]
    code, lines = checked(service_database)
    assert code == 0
    assert "Orders belong to a live service" in lines
    assert "ordercli_event: missing, 'ordercli db init' makes it" in lines
    assert "history: do not work" in lines
    assert any(line.startswith("t_dataset_task has no index on order_id") for line in lines)
    assert (
        "pause, resume, cancel: work with --direct only, but not recorded in the history" in lines
    )
    files = "t_data_file has no index on order_id"
    assert any(line.startswith(files) for line in lines) == (version == "oldest")
    index = "CREATE INDEX ON t_dataset_task (order_id); CREATE INDEX ON t_data_file (order_id)"
    postgres_server.execute(service_database.location, index)
    assert not any("no index" in line for line in checked(service_database)[1])
    reader = postgres_server.reader_location(service_database)
    code, lines = checked(reader)
    assert code == 0
    assert lines[0].startswith("Reached PostgreSQL")
    assert f"as {conninfo_to_dict(reader)['user']}" in lines[0]
    assert "t_order: no right to write status, status_date, waiting_for_user" in lines
    assert "pause, resume, cancel: can't be written here" in lines
    assert run("db", "init", database=service_database).exit_code == 0
    code, lines = checked(service_database)
    assert "history: work" in lines
    assert "pause, resume, cancel: work with --direct only, recorded" in lines


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DROP TABLE t_dataset_task CASCADE", "t_dataset_task: missing"),
        ("DROP TABLE t_order CASCADE", "t_order: missing"),
        ("ALTER TABLE t_order DROP COLUMN label", "t_order: lacks label"),
        ("ALTER TABLE t_order DROP COLUMN waiting_for_user, DROP COLUMN status_date",
         "t_order: lacks status_date, waiting_for_user"),
        ("ALTER TABLE t_dataset_task DROP COLUMN files_size", "t_dataset_task: lacks files_size"),
    ],
)  # fmt: skip
def test_what_is_missing(
    service_database: Database, postgres_server: PostgresServer, statement: str, told: str
) -> None:
    postgres_server.execute(service_database.location, statement)
    code, lines = checked(service_database)
    assert code == 1
    assert told in lines


@pytest.mark.parametrize(
    ("grants", "code", "told"),
    [
        ([], 1, "t_order: no right to read id, owner"),
        (["SELECT ON t_order"], 1, "t_dataset_task: no right to read id, order_id"),
        (["SELECT ON t_dataset_task"], 1, "t_order: no right to read id"),
        ([f"SELECT ({ORDER_COLUMNS}) ON t_order", f"SELECT ({DATASET_COLUMNS}) ON t_dataset_task"],
         0, "no right to write status"),
        ([f"SELECT ({ORDER_COLUMNS.replace('label, ', '')}) ON t_order",
          "SELECT ON t_dataset_task"], 1, "t_order: no right to read label"),
        (["SELECT, UPDATE (status, status_date, waiting_for_user) ON t_order",
          "SELECT ON t_dataset_task"], 0, "t_order: complete"),
    ],
)  # fmt: skip
def test_which_rights_are_missing(
    service_database: Database,
    postgres_server: PostgresServer,
    grants: list[str],
    code: int,
    told: str,
) -> None:
    role = postgres_server.role("checked")
    for grant in grants:
        postgres_server.grant(service_database.location, grant, role)
    name = str(conninfo_to_dict(service_database.location)["dbname"])
    found, lines = checked(postgres_server.url(name, role, "secret"))
    assert found == code
    assert any(told in line for line in lines), lines
    assert (
        run("show", 1, database=postgres_server.url(name, role, "secret")).exit_code == 3 - 2 * code
    )


@pytest.mark.parametrize(
    ("view", "told", "changes"),
    [
        ("SELECT * FROM real_order", "t_order: complete", "work with --direct only"),
        ("SELECT *, 1 AS one FROM real_order GROUP BY id",
         "t_order: a view in which nobody can write status", "can't be written here"),
        ("SELECT id, owner, label, creation_date, expiration_date, percent_complete,"
         " files_in_error, upper(status)::varchar(20) AS status, status_date, waiting_for_user"
         " FROM real_order",
         "t_order: a view in which nobody can write status", "can't be written here"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_orders_that_are_a_view(
    service_database: Database, postgres_server: PostgresServer, view: str, told: str, changes: str
) -> None:
    """What is said of changes is what becomes of one."""
    with service_database.writing() as connection:
        add_order(connection, 1)
    postgres_server.execute(
        service_database.location,
        "SET search_path TO order_; ALTER TABLE t_order RENAME TO real_order;"
        f" CREATE VIEW t_order AS {view}",
    )
    code, lines = checked(service_database)
    assert code == 0
    assert any(line.startswith(told) for line in lines), lines
    assert any(line.startswith(f"pause, resume, cancel: {changes}") for line in lines), lines
    result = run("pause", 1, "--direct", database=service_database)
    assert result.exit_code == ("work" not in changes), result.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("CREATE TYPE state AS ENUM ('PENDING', 'PAUSED');"
         " ALTER TABLE t_order ALTER status TYPE state USING status::state", "status "),
        ("ALTER TABLE t_order ALTER creation_date TYPE timestamptz,"
         " ALTER status_date TYPE timestamptz",
         "creation_date timestamp with time zone, status_date timestamp with time zone"),
        ("ALTER TABLE t_order ALTER waiting_for_user TYPE int USING waiting_for_user::int",
         "waiting_for_user integer"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("service_database", ["oldest"], indirect=True)
def test_columns_of_another_type(
    service_database: Database, postgres_server: PostgresServer, change: str, told: str
) -> None:
    """They are told, and nothing is changed; moments are shown as they are."""
    with service_database.writing() as connection:
        add_order(connection, 1)
    reports = (["list", "-f", "json"], ["summary"])
    before = [run(*words, database=service_database).stdout for words in reports]
    postgres_server.execute(
        service_database.location, f"SET timezone TO 'UTC'; SET search_path TO order_; {change}"
    )
    result = run("db", "check", database=service_database)
    assert f"t_order: not of the service's types: {told}" in result.stdout
    assert "pause, resume, cancel: can't be written here" in result.stdout
    for words in (["pause", 1, "--direct"], ["cancel", "1", "--yes", "--direct"]):
        result = run(*words, database=service_database)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "columns of another kind than a service's" in result.stderr
        assert told in result.stderr
    if "timestamptz" in change:
        assert [run(*words, database=service_database).stdout for words in reports] == before


def test_a_session_that_may_not_write(
    postgresql_database: Database, postgres_server: PostgresServer
) -> None:
    name = str(conninfo_to_dict(postgresql_database.location)["dbname"])
    postgres_server.execute(
        postgresql_database.location,
        f"ALTER DATABASE {name} SET default_transaction_read_only TO on",
    )
    code, lines = checked(postgresql_database)
    assert code == 0
    assert lines[0].endswith(", read-only")
    assert "pause, resume, cancel: can't be written here" in lines


def test_a_file_that_may_not_be_written(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sqlite_database.path
    sqlite_database.path.chmod(0o444)
    if os.access(sqlite_database.path, os.W_OK):  # for root no mode forbids anything
        monkeypatch.setattr("ordercli.store.inspection.os.access", lambda *_: False)
    code, lines = checked(sqlite_database)
    assert code == 0
    assert lines[0].endswith(", read-only")
    assert "pause, resume, cancel: can't be written here" in lines


def _no_file(path: Path) -> None:
    path.unlink(missing_ok=True)


def _a_text(path: Path) -> None:
    path.write_text("not a database, but long enough to have a header\n" * 100)


@pytest.mark.parametrize("prepare", [_no_file, _a_text, lambda path: path.mkdir()])
def test_a_file_that_is_no_database(tmp_path: Path, prepare: Callable[[Path], object]) -> None:
    path = tmp_path / "orders.db"
    prepare(path)
    for command in (["db", "check"], ["list"]):
        result = run(*command, database=str(path))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("ordercli: ")
        assert result.stderr.count("\n") == 1


def test_a_location_without_tables(empty_location: str, dialect: str) -> None:
    if dialect == "sqlite":
        open(empty_location, "wb").close()  # noqa: PTH123 - an empty file is an empty database
    code, lines = checked(empty_location)
    assert code == 1
    made = ", 'ordercli db init' makes it" if dialect == "sqlite" else ""
    assert lines[1:5] == [
        "t_order: missing",
        "t_dataset_task: missing",
        f"t_data_file: missing{made}",
        "ordercli_event: missing, 'ordercli db init' makes it",
    ]


def test_a_server_that_is_not_there() -> None:
    location = "postgresql://ordercli:canary@127.0.0.1:1/orders"
    result = run("db", "check", database=location)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "port 1" in result.stderr
    assert "canary" not in result.stderr
    assert result.stderr.count("\n") == 1
