"""The orders are found in whatever schema they are, by every command, and nothing is made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from psycopg import sql

from harness.fill import add_order
from harness.program import run
from harness.rights import granted
from ordercli.store import completion_lookup, schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.postgres_server import PostgresServer

EVERY_VERSION = pytest.mark.parametrize(
    "service_database", ["1.3", "1.6", "1.9", "1.12", "2.0"], indirect=True
)
NEWEST = pytest.mark.parametrize("service_database", ["newest"], indirect=True)
LOOKS_LIKE = {
    "1.3": "1.3 or 1.4", "1.6": "1.5 to 1.8", "1.9": "1.9 to 1.11", "1.12": "1.12 or later",
    "2.0": "1.12 or later",
}  # fmt: skip


@pytest.fixture
def page(service_database: Database) -> Database:
    """Three orders of a live service, with our history beside its tables."""
    schema.initialise(service_database)
    with service_database.writing() as connection:
        for order_id in (1, 2, 3):
            add_order(connection, order_id, datasets=[("d1", 1, 2, 3)])
    return service_database


@pytest.fixture
def empty(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of a database without tables."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


def tables(server: PostgresServer, url: str) -> set[str]:
    found = server.execute(
        url,
        "SELECT schemaname || '.' || tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    return {name for (name,) in found}


def make(server: PostgresServer, url: str, *schemas: str) -> None:
    """Make a table of orders, one each, in these schemas."""
    for number, name in enumerate(schemas, 1):
        statements = """
            CREATE SCHEMA IF NOT EXISTS {0};
            CREATE TABLE {0}.t_order (id bigint PRIMARY KEY, owner varchar(100), label varchar(50),
                creation_date timestamp, expiration_date timestamp, percent_complete int,
                files_in_error int, status varchar(20), status_date timestamp,
                waiting_for_user boolean);
            CREATE TABLE {0}.t_dataset_task (id bigint PRIMARY KEY, order_id bigint,
                dataset_label varchar(128), files_count int, files_size bigint, objects_count int);
            INSERT INTO {0}.t_order
                VALUES ({1}, 'u', 'l', now(), NULL, 0, 0, 'PENDING', now(), false)
        """
        composed = sql.SQL(statements).format(sql.Identifier(name), sql.Literal(number))
        server.execute(url, composed)


@EVERY_VERSION
def test_every_command_finds_it(
    page: Database, request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> None:
    for words in (
        ["list", "-q"], ["list", "-u", "h*", "-s", "pending", "--sort", "-size"], ["show", 1],
        ["summary"], ["summary", "--layout", "regards"], ["pause", 1, "--direct"], ["history"],
        ["resume", 1, "--direct"], ["cancel", "2", "--yes", "--direct"],
        ["pause", 3, "-n", "--direct"],
        ["wait", "2", "--for", "removed"], ["db", "init"],
    ):  # fmt: skip
        result = run(*words, database=page)
        assert result.exit_code == 0, (words, result.stderr)
    assert completion_lookup.users(page.location, "") == ["hello@hello.com"]
    assert completion_lookup.order_ids(page.location, "") == ["3", "2", "1"]
    lines = run("db", "check", database=page).stdout.splitlines()
    version = request.node.callspec.params["service_database"]
    assert "They are in the schema order_" in lines
    assert f"The tables are as in version {LOOKS_LIKE[version]} of the service" in lines
    assert tables(postgres_server, page.location) == {
        f"order_.{name}" for name in ("t_order", "t_dataset_task", "t_data_file", "ordercli_event")
    }


@NEWEST
def test_a_role_gets_the_rights_to_it(page: Database, postgres_server: PostgresServer) -> None:
    url = granted(postgres_server, page, "schema_changer", "--write")
    assert run("list", "-q", database=url).stdout.split() == ["1", "2", "3"]
    result = run("pause", 1, "--direct", database=url)
    assert (result.exit_code, result.stderr) == (0, "")


@NEWEST
def test_an_empty_search_path(page: Database, postgres_server: PostgresServer) -> None:
    name = page.location.rpartition("/")[2]
    postgres_server.execute(page.location, f"ALTER DATABASE {name} SET search_path TO ''")
    assert run("list", "-q", database=page).stdout.split() == ["1", "2", "3"]


def test_a_history_is_put_beside_the_orders(empty: str, postgres_server: PostgresServer) -> None:
    """Where another schema is the first of the search path."""
    make(postgres_server, empty, "rs_order")
    postgres_server.execute(empty, "CREATE SCHEMA ops")
    name = empty.rpartition("/")[2]
    postgres_server.execute(empty, f"ALTER DATABASE {name} SET search_path TO ops, rs_order")
    assert run("db", "init", database=empty).exit_code == 0
    assert "rs_order.ordercli_event" in tables(postgres_server, empty)
    url = granted(postgres_server, Database(empty), "schema_ops", "--write")
    postgres_server.execute(empty, f"ALTER DATABASE {name} RESET search_path")
    result = run("pause", 1, "--direct", database=url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "1\tpause" in run("history", "--no-header", database=url).stdout


def test_the_search_path_is_followed_first(empty: str, postgres_server: PostgresServer) -> None:
    make(postgres_server, empty, "order_", "public")
    assert run("list", "-q", database=empty).stdout == "2\n"


def test_the_schema_of_services_comes_before_others(
    empty: str, postgres_server: PostgresServer
) -> None:
    make(postgres_server, empty, "aaa", "order_", "zzz")
    assert run("list", "-q", database=empty).stdout == "2\n"


def test_the_profile_names_it(empty: str, postgres_server: PostgresServer, tmp_path: Path) -> None:
    make(postgres_server, empty, "first", "order_", 'My "odd" one')
    configuration = tmp_path / "config.toml"
    env = {"ORDERCLI_CONFIG": str(configuration)}
    profile = f'default_profile = "p"\n[profiles.p]\ndatabase = "{empty}"\n'
    for named, shown in (("first", "1\n"), ("order_", "2\n"), ('My \\"odd\\" one', "3\n")):
        configuration.write_text(f'{profile}schema = "{named}"\n')
        assert run("list", "-q", env=env).stdout == shown
    configuration.write_text(f'{profile}schema = "nowhere"\n')
    for words in (["list"], ["db", "check"], ["db", "init"], ["pause", 1, "--direct"]):
        result = run(*words, env=env)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "no orders in the schema nowhere" in result.stderr
        assert "first" in result.stderr
        assert result.stderr.count("\n") == 1


def test_two_candidates_are_named(empty: str, postgres_server: PostgresServer) -> None:
    make(postgres_server, empty, "one", "two")
    before = tables(postgres_server, empty)
    for words in (
        ["list"], ["summary"], ["show", 1], ["history"], ["pause", 1], ["db", "check"],
        ["db", "init"], ["db", "grants", "x"], ["wait", "1", "--for", "done"],
    ):  # fmt: skip
        result = run(*words, database=empty)
        assert (result.exit_code, result.stdout) == (1, ""), words
        assert result.stderr == (
            "ordercli: several schemas have orders: one, two;"
            ' name one of them in a profile, as in schema = "one"\n'
        )
    assert tables(postgres_server, empty) == before


def test_one_of_them_that_the_role_may_read_is_taken(
    empty: str, postgres_server: PostgresServer
) -> None:
    make(postgres_server, empty, "one", "two")
    role = postgres_server.role("one_schema")
    postgres_server.execute(
        empty,
        f"GRANT USAGE ON SCHEMA two TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA two TO {role}",
    )
    url = postgres_server.url(empty.rpartition("/")[2], role, "secret")
    assert run("list", "-q", database=url).stdout == "2\n"


def test_nothing_is_made_beside_orders_that_may_not_be_read(
    empty: str, postgres_server: PostgresServer
) -> None:
    make(postgres_server, empty, "order_")
    role = postgres_server.role("sees_nothing")
    postgres_server.execute(empty, f"GRANT CREATE ON SCHEMA public TO {role}")
    url = postgres_server.url(empty.rpartition("/")[2], role, "secret")
    before = tables(postgres_server, empty)
    for words in (["db", "init"], ["list"], ["summary"], ["show", 1], ["pause", 1, "--direct"]):
        result = run(*words, database=url)
        assert (result.exit_code, result.stdout) == (1, ""), words
        assert "permission denied for schema order_" in result.stderr, words
    assert tables(postgres_server, empty) == before


def test_another_session_s_temporary_table_is_no_candidate(
    empty: str, postgres_server: PostgresServer
) -> None:
    make(postgres_server, empty, "one")
    with Database(empty).writing() as connection:
        connection.exec_driver_sql("CREATE TEMPORARY TABLE t_order (id int)")
        assert run("list", "-q", database=empty).stdout == "1\n"
