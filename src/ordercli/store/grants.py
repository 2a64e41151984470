"""The least rights that a role needs, as SQL to read and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.store.inspection import CHANGED_COLUMNS
from ordercli.store.inventory import OPTIONAL, inventory_of
from ordercli.store.schema import require_tables
from ordercli.store.tables import data_files, dataset_tasks, events, orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Table

    from ordercli.store.database import Database


def grants(database: Database, role: str, *, write: bool) -> list[str]:
    """The SQL that lets ``role`` read the orders and their history, and with ``write`` change them.

    Nothing is run. Raises DatabaseError on SQLite, which has no roles, and where the orders'
    tables are missing.
    """
    if database.path is not None:
        raise DatabaseError(
            _("SQLite has no roles"), _("a file's own rights decide who may read it")
        )
    with database.reading() as connection:
        return list(_statements(connection, role, write=write))


def _statements(connection: Connection, role: str, *, write: bool) -> Iterator[str]:
    def quoted(name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    require_tables(connection)
    there = inventory_of(connection)
    names = text("SELECT quote_ident(:schema), current_database()")
    schema, database = connection.execute(names, {"schema": there.schema}).one()
    database = quoted(database)
    to = f"TO {quoted(role)};"
    yield f"GRANT CONNECT ON DATABASE {database} {to}"
    yield f"GRANT USAGE ON SCHEMA {schema} {to}"
    with_history = there.has(events.name)
    others = [table for table in (data_files, events) if there.has(table.name)]
    for table in (orders, dataset_tasks, *others):
        absent = [name for name in OPTIONAL if not there.has(table.name, name)]
        yield f"GRANT SELECT ({_columns(table, but=absent)}) ON {schema}.{table.name} {to}"
    if write:
        yield f"GRANT UPDATE ({', '.join(CHANGED_COLUMNS)}) ON {schema}.{orders.name} {to}"
    if write and with_history:
        absent = ["id", *(name for name in OPTIONAL if not there.has(events.name, name))]
        yield f"GRANT INSERT ({_columns(events, but=absent)}) ON {schema}.{events.name} {to}"


def _columns(table: Table, but: Sequence[str]) -> str:
    names: Sequence[str] = [column.name for column in table.columns if column.name not in but]
    return ", ".join(names)
