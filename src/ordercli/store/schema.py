"""Making the tables, and telling whose database this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.store.inventory import MARK, OPTIONAL, forget, inventory_of
from ordercli.store.tables import data_files, dataset_tasks, events, orders

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from ordercli.store.database import Database
    from ordercli.store.inventory import FoundTable


def initialise(database: Database) -> list[str]:
    """Make what is missing, and give the names of what was made.

    In a database of ours that is every table and index; in a service's, our audit trail alone,
    beside its tables. Raises DatabaseError, with nothing made, where the database does not allow
    it, or orders are somewhere else in it.
    """
    with database.writing(create=True, owning=True) as connection:
        if connection.dialect.name == "postgresql":  # two at once would both make the tables
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ordercli db init'))"))
            forget(connection)
        new = not inventory_of(connection).has(orders.name)
        made = _make(connection, events)
        if new or is_ours(connection):
            for table in (orders, dataset_tasks, data_files):
                made += _make(connection, table)
        if new and connection.dialect.name == "postgresql":
            connection.execute(text(f"COMMENT ON TABLE {orders.name} IS '{MARK}'"))
        forget(connection)
    return made


def is_ours(connection: Connection) -> bool:
    """Whether ``db init`` made the orders' table; a service never runs on SQLite."""
    return connection.dialect.name == "sqlite" or inventory_of(connection).ours


def require_tables(connection: Connection) -> None:
    """Raise DatabaseError where the orders' table is missing, or has columns of another kind."""
    there = inventory_of(connection)
    if not there.has(orders.name):
        raise DatabaseError(
            _("there are no tables here yet"), _("make them with 'ordercli db init'")
        )
    if there.strange_columns:
        raise DatabaseError(
            _("t_order has columns of another kind than a service's: {columns}").format(
                columns=", ".join(there.strange_columns)
            ),
            _("give them the types of the service; nothing was changed"),
        )


def require_ours(connection: Connection, what: str) -> None:
    """Raise DatabaseError unless this is a database of ours, with its tables: for ``what``."""
    require_tables(connection)
    if not is_ours(connection):
        raise DatabaseError(
            _(
                "a live service made this database; {what} is only for one that 'db init' made"
            ).format(what=what),
            _("name another with --database; nothing was changed"),
        )


def require_empty(connection: Connection) -> None:
    """Raise DatabaseError where there are orders already."""
    if connection.execute(select(orders.c.id).limit(1)).first() is not None:
        raise DatabaseError(
            _("there are orders here already, and a sample is only for an empty database"),
            _("name another with --database; nothing was changed"),
        )


def history_is_readable(connection: Connection) -> bool:
    """Whether the audit trail exists and this role may read it."""
    return inventory_of(connection).history_is_readable


def history_is_writable(connection: Connection) -> bool:
    """Whether the audit trail exists and this role may add to it."""
    return inventory_of(connection).history_is_writable


def _make(connection: Connection, named: Table) -> list[str]:
    from ordercli.store.models import TABLES  # noqa: PLC0415 - slow to import

    table, there = TABLES[named.name], inventory_of(connection)
    if not there.has(table.name):
        if there.schema is not None:  # where our role may not use it, a plain name means another
            connection.execution_options(schema_translate_map={None: there.schema})
        table.create(connection)
        return [_("table {name}").format(name=table.name)]
    made = _add_columns(connection, named, there.tables[table.name])
    present = {index["name"] for index in inspect(connection).get_indexes(table.name)}
    missing = [index for index in table.indexes if index.name not in present]
    for index in sorted(missing, key=lambda index: str(index.name)):
        index.create(connection)
    return made + sorted(_("index {name}").format(name=index.name) for index in missing)


def _add_columns(connection: Connection, table: Table, found: FoundTable) -> list[str]:
    """Add the columns that older tables of ours lack, and give their names."""
    if found.kind != "r":
        return []
    missing = [column for column in table.columns if column.name in OPTIONAL - set(found.columns)]
    for column in missing:
        kind = column.type.compile(connection.dialect)
        connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {column.name} {kind}"))
    return [_("column {name}").format(name=column.name) for column in missing]
