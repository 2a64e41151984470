"""The harness does what the other tests trust it to do, on real servers."""

from __future__ import annotations

import os
import re
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, String, func, inspect, select, text, update

from harness.fill import add_order
from harness.program import Clock, ProcessResult, Result, run, run_process
from harness.terminal import Terminal
from ordercli import __version__
from ordercli.base.errors import DatabaseError
from ordercli.store import schema
from ordercli.store.database import Database
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from harness.postgres_server import PostgresServer

_OURS = {"t_order", "t_dataset_task", "t_data_file", "ordercli_event"}


def test_server_answers(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    rows = postgres_server.execute(url, "CREATE TABLE t (n int); INSERT INTO t VALUES (7); TABLE t")
    assert rows == [(7,)]
    postgres_server.drop_database(url)


def test_server_refuses_a_wrong_password(postgres_server: PostgresServer) -> None:
    user = postgres_server.role("somebody", "r/i:g@h t")
    database = Database(postgres_server.url("postgres", user, "r/i:g@h t"))
    with database.reading() as connection:
        assert connection.execute(text("SELECT current_user")).scalar() == user
    for password in ("wrong", None):
        database = Database(postgres_server.url("postgres", user, password))
        with pytest.raises(DatabaseError, match="login refused"), database.reading():
            pass


def test_database_has_our_empty_tables(database: Database, dialect: str) -> None:
    with database.reading() as connection:
        assert connection.dialect.name == dialect
        assert _tables(connection) == _OURS
        assert _indexes(connection, "t_dataset_task") == {"idx_dataset_task_totals"}
        assert schema.is_ours(connection)
        assert connection.execute(select(func.count()).select_from(orders)).scalar() == 0


def test_empty_location_has_no_tables(empty_location: str, dialect: str) -> None:
    if dialect == "sqlite":
        with pytest.raises(DatabaseError, match="no database"), Database(empty_location).reading():
            pass
    else:
        with Database(empty_location).reading() as connection:
            assert _tables(connection) == set()


def test_service_database_is_not_ours(service_database: Database) -> None:
    with service_database.reading() as connection:
        tables = _tables(connection)
        assert tables >= {"t_order", "t_dataset_task", "t_data_file"}
        assert "ordercli_event" not in tables
        assert not schema.is_ours(connection)
        assert _indexes(connection, "t_dataset_task") == set()


def test_service_schemas_differ_in_indexes(
    service_database: Database, request: pytest.FixtureRequest
) -> None:
    with service_database.reading() as connection:
        indexed = _indexes(connection, "t_order")
    newest = request.node.callspec.params["service_database"] == "newest"
    assert ("idx_order_owner_status" in indexed) == newest


def test_reader_may_only_read(postgres_server: PostgresServer, service_database: Database) -> None:
    with service_database.writing() as connection:
        add_order(connection, datasets=[("d1", 1, 2, 3)])
    reader = Database(postgres_server.reader_location(service_database))
    with reader.reading() as connection:
        assert connection.execute(select(dataset_tasks.c.files_size)).scalar() == 2
    with pytest.raises(DatabaseError, match="permission denied"), reader.writing() as connection:
        connection.execute(update(orders).values(status="DONE"))


def test_orders_are_added(database: Database) -> None:
    _check_added_orders(database)


def test_orders_are_added_to_a_service(service_database: Database) -> None:
    _check_added_orders(service_database)


def test_clock_stands_still(clock: Clock) -> None:
    assert clock() == datetime(2026, 3, 10, 12, tzinfo=UTC)
    clock.advance(hours=1)
    assert clock() == datetime(2026, 3, 10, 13, tzinfo=UTC)
    clock.set("2026-07-01T00:00:00+02:00")
    assert clock() == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_environment_is_the_same_everywhere(tmp_path: Path) -> None:
    assert time.tzname == ("CET", "CEST")
    assert not [name for name in os.environ if name.startswith(("PG", "ORDERCLI_", "XDG_"))]
    assert {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LANG"}.isdisjoint(os.environ)
    assert tmp_path.home() == Path(os.environ["HOME"])
    assert not list(Path(os.environ["HOME"]).iterdir())


def test_program_runs_in_this_process() -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert __version__ in result.stdout
    assert result.stderr == ""
    assert run("no-such-command").exit_code == 2


def test_program_runs_in_a_process() -> None:
    result = run_process("--version")
    assert (result.exit_code, result.stderr) == (0, b"")
    assert __version__.encode() in result.stdout


def test_database_is_handed_to_the_program(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 12)
    assert run("list", "-q", database=database) == Result(0, "12\n", "")
    assert run_process("list", "-q", database=database) == ProcessResult(0, b"12\n", b"")


def test_terminal_shows_the_program(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, label="seen in a terminal")
    with Terminal(["list"], columns=120, rows=10, database=sqlite_database) as terminal:
        terminal.expect("seen in a terminal")
        assert terminal.exit_code() == 0
        assert b"\x1b[" in terminal.raw


def test_terminal_takes_keys_and_sizes() -> None:
    script = "stty size; read answer; echo got $answer; stty size; exec sleep 60"
    with Terminal(["-c", script], columns=70, rows=9, program=["sh"]) as terminal:
        terminal.expect("9 70")
        terminal.resize(100, 30)
        terminal.send("yes\r")
        terminal.expect("got yes")
        terminal.expect("30 100")
        terminal.send("\x03")
        assert terminal.exit_code() == -signal.SIGINT


def test_terminal_gives_the_exit_code() -> None:
    with Terminal(["no-such-command"]) as terminal:
        terminal.expect("no-such-command")
        assert terminal.exit_code() == 2


def test_terminal_fails_with_what_it_shows() -> None:
    with Terminal(["--version"]) as terminal:
        with pytest.raises(AssertionError, match=re.escape(__version__)):
            terminal.expect("something else")
        assert terminal.exit_code() == 0


def _check_added_orders(database: Database) -> None:
    with database.writing() as connection:
        first = add_order(connection, owner="a@b.c", creation_date="2026-03-01T01:00:00+02:00")
        second = add_order(
            connection, 40, status="DONE", datasets=[("d1", 1, 2, 3), ("d2", None, None, None)]
        )
        assert (first, second, add_order(connection)) == (1, 40, 41)
    with database.reading() as connection:
        moments = select(orders.c.creation_date.cast(String)).order_by(orders.c.id)
        assert connection.execute(moments).scalars().first() == "2026-02-28 23:00:00"
        stored = select(*dataset_tasks.c["order_id", "files_count", "files_size", "objects_count"])
        assert connection.execute(stored.order_by(dataset_tasks.c.id)).all() == [
            (40, 1, 2, 3),
            (40, None, None, None),
        ]


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _indexes(connection: Connection, table: str) -> set[str | None]:
    return {index["name"] for index in inspect(connection).get_indexes(table)}
