"""What there is in a database: in which schema the orders are, and what we may do to its tables.

PostgreSQL is asked for all of it in one statement, with which the first transaction of a command
begins; whoever has to know takes it from here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

TABLES = ("t_order", "t_dataset_task", "t_data_file", "ordercli_event")
_TEXTS = ("character varying", "text", "character")
_MOMENTS = ("timestamp without time zone",)
_TYPES = {
    "owner": _TEXTS,
    "label": _TEXTS,
    "status": _TEXTS,
    "creation_date": _MOMENTS,
    "expiration_date": _MOMENTS,
    "status_date": _MOMENTS,
    "waiting_for_user": ("boolean",),
}
SINCE_1_12 = frozenset({"message"})
"""The columns of ``t_order`` that a database may lack: older services made none."""
WAITING_OF_AN_EVENT = frozenset({"from_waiting", "to_waiting"})
"""The columns of ``ordercli_event`` that a database may lack: its first versions had none."""
OPTIONAL = SINCE_1_12 | WAITING_OF_AN_EVENT
"""All columns that a database may lack, or our role have no right to."""

MARK = "made by ordercli"
"""The comment that ``db init`` gives the orders' table."""


@dataclass(frozen=True)
class FoundColumn:
    """A column: its type in the database's words, and what our role may do to it.

    One of a view may be ``fixed``: nobody can write to it.
    """

    type: str = ""
    readable: bool = True
    insertable: bool = True
    updatable: bool = True
    fixed: bool = False

    def allows(self, right: str) -> bool:
        """Whether our role has this right, in SQL's word for it."""
        rights = {"SELECT": self.readable, "INSERT": self.insertable, "UPDATE": self.updatable}
        return rights[right]


@dataclass(frozen=True)
class FoundTable:
    """A table: ``r``, ``v`` for a view and so on, its comment, and its columns by name.

    ``indexed`` has the columns that an index begins with.
    """

    kind: str
    comment: str | None
    columns: Mapping[str, FoundColumn]
    indexed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Inventory:
    """The tables that there are, by name, and the schema they are in.

    ``schema`` is None on SQLite, and where no orders were found; ``everywhere`` has each schema
    with a ``t_order``. ``search_path`` is what makes plain names find the tables, but where
    the schema is not ``usable`` to our role.
    """

    tables: Mapping[str, FoundTable] = field(default_factory=dict)
    schema: str | None = None
    everywhere: tuple[str, ...] = ()
    search_path: str | None = None
    usable: bool = True
    on_sqlite: bool = False

    @property
    def ours(self) -> bool:
        """Whether ``db init`` made the orders' table; a service never runs on SQLite."""
        return self.on_sqlite or (self.has("t_order") and self.tables["t_order"].comment == MARK)

    def has(self, table: str, column: str | None = None) -> bool:
        """Whether there is such a table, with such a column."""
        found = self.tables.get(table)
        return found is not None and (column is None or column in found.columns)

    @property
    def hidden_columns(self) -> frozenset[str]:
        """The columns of the orders that this database lacks, or our role may not read."""
        columns = self.tables["t_order"].columns if self.has("t_order") else {}
        return frozenset(
            name for name in SINCE_1_12 if name not in columns or not columns[name].readable
        )

    @property
    def strange_columns(self) -> tuple[str, ...]:
        """The columns of the orders, with their types, that are not of the kind they should be.

        What is compared with them or written to them would fail, or be another moment.
        """
        if self.on_sqlite or not self.has("t_order"):
            return ()
        return tuple(
            f"{name} {column.type}"
            for name, column in self.tables["t_order"].columns.items()
            if name in _TYPES and column.type not in _TYPES[name]
        )

    @property
    def history_is_readable(self) -> bool:
        """Whether the audit trail exists and our role may read it."""
        return self._allows("ordercli_event", "SELECT", but=WAITING_OF_AN_EVENT)

    @property
    def history_is_writable(self) -> bool:
        """Whether the audit trail exists and our role may add to it."""
        return self._allows("ordercli_event", "INSERT", but=WAITING_OF_AN_EVENT | {"id"})

    @property
    def history_tells_waiting(self) -> bool:
        """Whether the audit trail has columns for who waited, and our role may read them."""
        return self._allow_waiting("SELECT")

    @property
    def history_takes_waiting(self) -> bool:
        """Whether the audit trail has columns for who waited, and our role may write them."""
        return self._allow_waiting("INSERT")

    def _allows(self, table: str, right: str, but: frozenset[str]) -> bool:
        """Whether there is such a table, and our role has this right to all its other columns."""
        return self.has(table) and all(
            column.allows(right)
            for name, column in self.tables[table].columns.items()
            if name not in but
        )

    def _allow_waiting(self, right: str) -> bool:
        columns = self.tables["ordercli_event"].columns if self.has("ordercli_event") else {}
        return all(name in columns and columns[name].allows(right) for name in WAITING_OF_AN_EVENT)


def inventory_of(connection: Connection) -> Inventory:
    """What there is in the database of a transaction.

    Raises DatabaseError where it can't be told which of several tables has the orders.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite":
        inventory: Inventory = driver.inventory
        return inventory
    columns: dict[str, dict[str, FoundColumn]] = {}
    indexed: set[tuple[str, str]] = set()
    for table, column, kind, has_index in driver.execute(_ON_SQLITE):
        columns.setdefault(table, {})[column] = FoundColumn(kind)
        if has_index:
            indexed.add((table, column))
    tables = {
        table: FoundTable(
            "r", None, found, frozenset(each for each in found if (table, each) in indexed)
        )
        for table, found in columns.items()
    }
    return Inventory(tables, on_sqlite=True)


def forget(connection: Connection) -> None:
    """Have the database asked anew: tables were made."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name != "sqlite":
        driver.inventory = None


def from_row(row: Any) -> Inventory:
    """The inventory that the row of ``ON_POSTGRESQL`` tells; its first value is the search path."""
    search_path, schema, usable, everywhere, tables = row
    return Inventory(
        {
            name: FoundTable(
                kind,
                comment,
                {column: FoundColumn(*facts) for column, *facts in columns or ()},
                frozenset(indexed or ()),
            )
            for name, kind, comment, columns, indexed in tables or ()
        },
        schema,
        tuple(everywhere or ()),
        search_path,
        usable is not False,
    )


def require_place(inventory: Inventory, named: str | None) -> None:
    """Raise DatabaseError where there are orders, but not in a schema that can be told.

    ``named`` is the schema that the profile names.
    """
    if inventory.schema is not None or not inventory.everywhere:
        return
    there = ", ".join(inventory.everywhere)
    if named is not None:
        raise DatabaseError(
            _("there are no orders in the schema {schema}").format(schema=named),
            _("correct 'schema' in the profile: {schemas} has some").format(schemas=there),
        )
    raise DatabaseError(
        _("several schemas have orders: {schemas}").format(schemas=there),
        _('name one of them in a profile, as in schema = "{schema}"').format(
            schema=inventory.everywhere[0]
        ),
    )


_ON_SQLITE = """
SELECT m.name, c.name, c.type, EXISTS (
    SELECT 1 FROM pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i
    WHERE i.seqno = 0 AND i.name = c.name)
FROM sqlite_master m JOIN pragma_table_info(m.name) c
WHERE m.type IN ('table', 'view')
    AND m.name IN ('t_order', 't_dataset_task', 't_data_file', 'ordercli_event')
"""

ON_POSTGRESQL = """
WITH place AS (
    SELECT n.oid, n.nspname::text AS schema, CASE
        WHEN c.oid = to_regclass('t_order') THEN 1
        WHEN %(schema)s::text IS NOT NULL THEN CASE WHEN n.nspname = %(schema)s::text THEN 2 END
        WHEN n.nspname = 'order_' THEN 2
        WHEN has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')
        THEN 3 ELSE 4 END AS rank
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 't_order' AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
        AND n.nspname !~ '^pg_'
), chosen AS (
    SELECT min(oid::bigint)::oid AS oid, min(schema) AS schema FROM place
    WHERE rank = (SELECT min(rank) FROM place) HAVING count(*) = 1
), tables AS (
    SELECT c.oid, c.relname, c.relkind, has_schema_privilege(c.relnamespace, 'USAGE') AS usable
    FROM unnest(%(tables)s::text[]) name JOIN pg_catalog.pg_class c ON c.oid = coalesce(
        (SELECT o.oid FROM pg_catalog.pg_class o, chosen
            WHERE o.relname = name AND o.relnamespace = chosen.oid),
        to_regclass(name)::oid)
)
SELECT
    (SELECT set_config('search_path', concat_ws(', ', quote_ident(schema),
        nullif(current_setting('search_path'), '')), true) FROM chosen),
    (SELECT schema FROM chosen),
    (SELECT has_schema_privilege(oid, 'USAGE') FROM chosen),
    (SELECT json_agg(schema ORDER BY schema) FROM place),
    (SELECT json_agg(json_build_array(t.relname, t.relkind, obj_description(t.oid, 'pg_class'),
        (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, NULL),
                t.usable AND has_column_privilege(t.oid, a.attnum, 'SELECT'),
                t.usable AND has_column_privilege(t.oid, a.attnum, 'INSERT'),
                t.usable AND has_column_privilege(t.oid, a.attnum, 'UPDATE'),
                NOT pg_column_is_updatable(t.oid, a.attnum, true)) ORDER BY a.attnum)
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped),
        (SELECT json_agg(a.attname) FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = t.oid AND i.indisvalid))) FROM tables t)
"""
"""Sets the search path that finds the tables, for the transaction; gives it, the schema chosen,
whether our role may use that, every schema with orders, and the tables."""
