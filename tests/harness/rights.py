"""Every way of writing to a database, for the server to allow or to deny."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from harness.postgres_server import connected
from harness.program import run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

_COLUMNS = """
SELECT relation.relname, attribute.attname
FROM pg_class relation JOIN pg_attribute attribute ON attribute.attrelid = relation.oid
WHERE relation.relnamespace::regnamespace::text IN ('public', 'order_') AND relation.relkind = 'r'
AND attribute.attnum > 0 AND NOT attribute.attisdropped ORDER BY 1, attribute.attnum
"""
_PER_COLUMN = (
    "INSERT INTO {table} ({column}) VALUES (DEFAULT)",
    "UPDATE {table} SET {column} = DEFAULT",
    "ALTER TABLE {table} DROP COLUMN {column} CASCADE",
    "COMMENT ON COLUMN {table}.{column} IS 'x'",
)
_ROW_LOCKS = ("UPDATE", "NO KEY UPDATE", "SHARE", "KEY SHARE")
_TABLE_LOCKS = (
    "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE", "ACCESS EXCLUSIVE",
)  # fmt: skip
_PER_TABLE = (
    "DELETE FROM {table}",
    "WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT * FROM gone",
    "MERGE INTO {table} USING (SELECT 1) one ON false WHEN MATCHED THEN DELETE",
    "MERGE INTO {table} USING (SELECT 1) one ON false WHEN NOT MATCHED THEN INSERT (id) VALUES (1)",
    "INSERT INTO {table} (id) VALUES (1) ON CONFLICT DO NOTHING",
    "TRUNCATE {table} CASCADE",
    *(f"SELECT 1 FROM {{table}} FOR {strength}" for strength in _ROW_LOCKS),
    *(f"LOCK TABLE {{table}} IN {mode} MODE" for mode in _TABLE_LOCKS),
    "DROP TABLE {table} CASCADE",
    "ALTER TABLE {table} ADD COLUMN x int",
    "ALTER TABLE {table} RENAME TO x",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "CREATE INDEX x ON {table} (id)",
    "CREATE RULE x AS ON UPDATE TO {table} DO INSTEAD NOTHING",
    "CREATE POLICY x ON {table}",
    "CREATE STATISTICS x ON id, ctid FROM {table}",
    "COMMENT ON TABLE {table} IS 'x'",
    "REINDEX TABLE {table}",
)
_ELSEWHERE = (
    "CREATE TABLE x (n int)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE SEQUENCE x",
    "CREATE FUNCTION x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TYPE x AS (n int)",
    "CREATE SCHEMA x",
    "DROP SCHEMA public CASCADE",
    "CREATE ROLE x",
    "COPY (SELECT 1) TO '/dev/null'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('PG_VERSION')",
)
_WRITTEN_BY_A_CHANGE = ("status", "status_date", "waiting_for_user")
_COLUMNS_OF_AN_EVENT = (
    "order_id", "action", "from_status", "to_status", "from_waiting", "to_waiting",
    "event_date", "actor", "reason", "operation",
)  # fmt: skip


def every_write(url: str) -> list[str]:
    """Statements that write to or lock each column and table of the database in every way."""
    with connected(url) as connection:
        columns = connection.execute(_COLUMNS).fetchall()
    tables = dict.fromkeys(table for table, _ in columns)
    per_table = [text.format(table=table) for table in tables for text in _PER_TABLE]
    per_column = [
        text.format(table=table, column=column) for table, column in columns for text in _PER_COLUMN
    ]
    return [*per_column, *per_table, *_ELSEWHERE]


def writes_of_a_changer(*, history: bool) -> Iterator[str]:
    """Those that ``db grants --write`` is to allow."""
    for column in _WRITTEN_BY_A_CHANGE:
        yield f"UPDATE t_order SET {column} = DEFAULT"
    for strength in _ROW_LOCKS:
        yield f"SELECT 1 FROM t_order FOR {strength}"
    for column in _COLUMNS_OF_AN_EVENT if history else ():
        yield f"INSERT INTO ordercli_event ({column}) VALUES (DEFAULT)"


def granted(server: PostgresServer, database: Database, name: str, *options: str) -> str:
    """The URL for a new role that has what ``db grants`` prints for it, and nothing else."""
    role = server.role(name, "secret")
    printed = run("db", "grants", role, *options, database=database)
    assert (printed.exit_code, printed.stderr) == (0, "")
    server.execute(database.location, printed.stdout)
    return server.url(database.location.rpartition("/")[2], role, "secret")


def permitted(url: str, statements: Iterable[str]) -> set[str]:
    """The statements that the server does not refuse for want of a right; all are undone."""
    allowed = set()
    with connected(url) as connection:
        for statement in statements:
            try:
                connection.execute(statement.encode())
                allowed.add(statement)
            except psycopg.errors.InsufficientPrivilege:
                pass
            except psycopg.Error:  # it was allowed to try
                allowed.add(statement)
            connection.rollback()
    return allowed
