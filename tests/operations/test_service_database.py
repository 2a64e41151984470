"""Beside a live service: its tables are read, in every version, and never touched."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import inspect, text

from harness.fill import add_order
from harness.program import command, environment, run
from ordercli.domain.columns import COLUMN_KEYS
from ordercli.store.database import Database

if TYPE_CHECKING:
    from harness.postgres_server import PostgresServer
    from harness.program import Clock

EVERY_COLUMN = ",".join(COLUMN_KEYS)
LARGEST = 2**63 - 1

_CATALOGUE = """
SELECT relation.relname, relation.relkind, relation.relacl::text, relation.relchecks,
       obj_description(relation.oid), attribute.attname, attribute.atttypid::regtype,
       attribute.atttypmod, attribute.attnotnull,
       CASE WHEN relation.relkind = 'i' THEN pg_get_indexdef(relation.oid) END
FROM pg_class relation LEFT JOIN pg_attribute attribute ON attribute.attrelid = relation.oid
WHERE relation.relnamespace IN ('order_'::regnamespace, 'public'::regnamespace)
ORDER BY relation.relname, attribute.attnum
"""


@pytest.fixture
def service(service_database: Database, clock: Clock) -> Database:
    """A service's database with orders of every kind, those that no client expects among them."""
    with service_database.writing() as connection:
        add_order(connection, 1, status="DONE", percent_complete=100, files_in_error=3,
                  creation_date="2026-03-01T08:00:00.664Z", expiration_date="2026-03-12T00:00:00Z",
                  datasets=[("d1", 33, 5_556_123, 25), ("d2", 250, 321, 12)])  # fmt: skip
        add_order(connection, 2, status="RUNNING", waiting_for_user=True, percent_complete=56)
        add_order(connection, 3, status="SOMETHING_NEW")
        add_order(connection, 4, datasets=[("d3", None, None, None), ("d4", 2, None, 1)])
        add_order(connection, 5, datasets=[("d5", 0, 0, 0)])
        add_order(connection, 6, datasets=[("d6", 1, LARGEST, 1), ("d7", 1, LARGEST, 1)])
        for order in (7, 8, 9):
            add_order(connection, order, label="a %, a 'quote'" if order == 9 else None)
        for order, moments in (
            (7, "creation_date = 'infinity', expiration_date = '-infinity'"),
            (8, "creation_date = '0044-03-15 12:00:00 BC', status_date = '294276-12-31'"),
        ):
            connection.execute(text(f"UPDATE t_order SET {moments} WHERE id = {order}"))
    return service_database


def snapshot(server: PostgresServer, database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every object and every row of the database."""
    with database.reading() as connection:
        tables = inspect(connection).get_table_names()
    rows = {
        table: server.execute(
            database.location, f"SELECT xmin::text, to_jsonb(t) FROM {table} t ORDER BY t.id"
        )
        for table in tables
    }
    return {**rows, "catalogue": server.execute(database.location, _CATALOGUE)}


def listed(database: Database | str, *arguments: object) -> dict[int, dict[str, Any]]:
    """All columns of all orders by id, as JSON gives them."""
    result = run("list", "-f", "json", "--columns", EVERY_COLUMN, *arguments, database=database)
    assert result.exit_code == 0
    assert result.stderr.count("\n") == result.stderr.count("can't be right") <= 1
    return {row["id"]: row for row in json.loads(result.stdout)}


def test_a_reader_sees_every_order_and_touches_nothing(
    service: Database, postgres_server: PostgresServer
) -> None:
    reader = postgres_server.reader_location(service)
    before = snapshot(postgres_server, service)
    rows = listed(reader)
    assert rows == listed(service)
    assert sorted(rows) == list(range(1, 10))
    assert rows[1] == {
        "id": 1, "user": "hello@hello.com", "label": "order 1", "progress": 100,
        "creation": "2026-03-01T08:00:00.664Z", "total_size": 5_556_444, "errors_count": 3,
        "status": "done", "expiration": "2026-03-12T00:00:00Z", "objects_count": 37,
        "files_count": 283, "status_date": "2026-03-01T08:00:00.664Z",
        "in_status": 792_000, "message": None, "reason": None, "profile": None,
    }  # fmt: skip
    assert rows[2]["status"] == "waiting user"
    assert rows[3]["status"] == "unknown"
    totals = {
        order: tuple(rows[order][key] for key in ("files_count", "total_size", "objects_count"))
        for order in (3, 4, 5, 6)
    }
    assert totals == {3: (0, 0, 0), 4: (2, 0, 1), 5: (0, 0, 0), 6: (2, 2 * LARGEST, 2)}
    assert (rows[7]["creation"], rows[7]["expiration"]) == ("infinity", "-infinity")
    assert rows[8]["creation"] == "0044-03-15 12:00:00 BC"
    assert rows[8]["status_date"].startswith("294276-12-31")
    for style in ("table", "plain", "csv", "tsv", "github", "html"):
        shown = run("list", "-f", style, "--columns", EVERY_COLUMN, database=reader)
        assert shown.exit_code == 0, style
        assert "can't be right" in shown.stderr, style
        assert "infinity" in shown.stdout, style
    assert list(listed(reader, "--sort", "creation"))[:1] == [8]
    assert list(listed(reader, "--sort", "-creation"))[:1] == [7]
    assert sorted(listed(reader, "-s", "unknown")) == [3]
    summary = run("summary", database=reader)
    assert summary.exit_code == 0
    assert [row["id"] for row in csv.DictReader(io.StringIO(summary.stdout))] == list("123456789")
    regards = run("summary", "--layout", "regards", database=reader).stdout.splitlines()
    assert regards[3].split(";")[4] == "SOMETHING_NEW"
    assert len(regards) == 10
    for order in range(1, 10):
        for style in ("json", "table"):
            shown = run("show", order, "-f", style, database=reader)
            assert shown.exit_code == 0, order
            assert bool(shown.stderr) == (order in (7, 8)), order
    detail = json.loads(run("show", 4, "-f", "json", database=reader).stdout)
    assert detail["history"] is None
    assert [dataset["files_size"] for dataset in detail["datasets"]] == [None, None]
    assert "SOMETHING_NEW" in run("show", 3, database=reader).stdout
    assert snapshot(postgres_server, service) == before
    assert "ordercli_event" not in before


def test_sums_past_64_bits(database: Database, dialect: str) -> None:
    with database.writing() as connection:
        add_order(connection, 1, datasets=[("d1", 1, LARGEST, 1)] * 3)
        add_order(connection, 2, datasets=[("d1", 1, LARGEST, 1), ("d2", 1, -1, 1)])
        add_order(connection, 3, datasets=[("d1", 1, 1000, 1)])
    for rows in (listed(database), listed(database, "--limit", 3, "--sort", "-size")):
        assert rows[2]["total_size"] == LARGEST - 1
        assert rows[3]["total_size"] == 1000
        if dialect == "postgresql":
            assert rows[1]["total_size"] == 3 * LARGEST
        else:  # which has no number that large: rounded is what it can give
            assert rows[1]["total_size"] == pytest.approx(3 * LARGEST, rel=1e-12)
    assert run("list", "-f", "table", database=database).stdout.count("\n") == 5
    assert run("summary", database=database).stdout.count("\n") == 4


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        ("DROP TABLE t_dataset_task CASCADE", "t_dataset_task"),
        ("DROP TABLE t_order CASCADE", "t_order"),
        ("ALTER TABLE t_order DROP COLUMN label", "label"),
        ("ALTER TABLE t_dataset_task DROP COLUMN files_size", "files_size"),
    ],
)
def test_what_a_version_lacks_is_one_line(
    service: Database, postgres_server: PostgresServer, statement: str, missing: str
) -> None:
    postgres_server.execute(service.location, statement)
    for words in (["list"], ["list", "--limit", 5], ["summary"], ["show", 1]):
        result = run(*words, database=service)
        assert (result.exit_code, result.stdout) == (1, ""), words
        assert result.stderr.startswith("ordercli: the PostgreSQL database lacks a ")
        assert missing in result.stderr
        assert "; " in result.stderr
        assert result.stderr.count("\n") == 1


def test_init_adds_the_history_and_nothing_else(
    service: Database, postgres_server: PostgresServer
) -> None:
    role = postgres_server.role("initialiser")
    postgres_server.execute(service.location, f"GRANT CREATE, USAGE ON SCHEMA order_ TO {role}")
    name = str(conninfo_to_dict(service.location)["dbname"])
    before = snapshot(postgres_server, service)
    made = run("db", "init", database=postgres_server.url(name, role, "secret"))
    assert (made.exit_code, made.stdout) == (0, "")
    assert made.stderr.count("\n") == 1
    assert "made table ordercli_event" in made.stderr
    assert "t_order" not in made.stderr
    after = snapshot(postgres_server, service)
    assert after["ordercli_event"] == []
    assert {table: after[table] for table in before if table != "catalogue"} == {
        table: rows for table, rows in before.items() if table != "catalogue"
    }
    added = {row[0] for row in after["catalogue"]} - {row[0] for row in before["catalogue"]}
    assert added
    assert all(relation.startswith(("ordercli_event", "idx_ordercli_event")) for relation in added)
    assert [row for row in after["catalogue"] if row[0] not in added] == before["catalogue"]
    again = run("db", "init", database=service)
    assert (again.exit_code, "nothing to make" in again.stderr) == (0, True)
    assert snapshot(postgres_server, service) == after
    assert "Orders belong to a live service" in run("db", "check", database=service).stdout


def test_init_makes_everything_where_nothing_is(empty_location: str) -> None:
    assert run("db", "init", database=empty_location).exit_code == 0
    database = Database(empty_location)
    with database.reading() as connection:
        inspector = inspect(connection)
        names = {"t_order", "t_dataset_task", "t_data_file", "ordercli_event"}
        assert set(inspector.get_table_names()) == names
        assert inspector.get_indexes("t_dataset_task")
    with database.writing() as connection:
        add_order(connection, 1)
    assert run("db", "init", database=empty_location).exit_code == 0
    assert run("list", "-q", database=empty_location).stdout == "1\n"


def test_init_at_once(empty_location: str) -> None:
    processes = [
        subprocess.Popen(
            command("db", "init"),
            env=environment(empty_location),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    outcomes = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outcomes
    made = [stderr for _, stderr in outcomes if b"nothing to make" not in stderr]
    assert len(made) == 1
    assert run("list", "-q", database=empty_location).exit_code == 0
