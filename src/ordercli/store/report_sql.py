"""Records of a report made by the database: whole lines by SQLite, fields for COPY by PostgreSQL.

The database writes only what is stored as it should be. An order that holds anything else (a text
in place of a number, bytes in place of a text, no date where one belongs) is marked as irregular,
and ``report_records`` makes its record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BLOB, ColumnElement, Select, case, cast, func, literal, or_

from ordercli.base.csv_json import FORMULA, QUOTED
from ordercli.base.values import Kind
from ordercli.store.order_query import OrderSource, order_rows
from ordercli.store.sql_functions import regular_moment_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.csv_json import RecordStyle
    from ordercli.domain.columns import Column
    from ordercli.domain.selection import OrderQuery

_FAST_DELIMITERS = ",;|\t"
_RUNS = "-" + FORMULA.replace("-", "").replace("\0", "")  # a hyphen in between would mean a range
_HARMLESS = (
    max(ord(each) for each in f"{_RUNS}'" if each.isascii()) + 1,
    min(ord(each) for each in _RUNS if not each.isascii()) - 1,
)
"""First characters, as code points, that need no second look: those of nearly every text."""


def database_makes(query: OrderQuery, style: RecordStyle) -> bool:
    """Whether the database can make the records of this query.

    It can't where a moment or a status may hold the delimiter, nor a record of one field.
    """
    return style.delimiter in _FAST_DELIMITERS and len(query.columns) > 1


def lines(query: OrderQuery, style: RecordStyle, hidden: frozenset[str]) -> Select[Any]:
    """For SQLite: the id of each order, and its line in bytes, NULL where it is irregular.

    ``hidden`` is as ``order_rows`` takes it.
    """

    def id_and_line(columns: Sequence[Column], source: OrderSource) -> list[ColumnElement[Any]]:
        regular = _RegularSource(**vars(source))
        fields = [_sqlite_field(column, regular, style) for column in columns]
        line = fields[0]
        for field in fields[1:]:
            line = line.concat(style.delimiter).concat(field)
        return [source.order.c.id, cast(line.concat("\n"), BLOB)]

    return order_rows(query, id_and_line, hidden)


def copied(
    query: OrderQuery, style: RecordStyle, hidden: frozenset[str], *, with_id: bool
) -> Select[Any]:
    """For PostgreSQL: the fields of each order, for COPY to write as CSV with this delimiter.

    COPY quotes the delimiter, quotes and line ends alone; irregular moments are told apart. The id
    comes before them ``with_id``.
    """

    def fields(columns: Sequence[Column], source: OrderSource) -> list[ColumnElement[Any]]:
        regular = _RegularSource(**vars(source))
        made = [_postgresql_field(column, regular, style) for column in columns]
        return [source.order.c.id, *made] if with_id else made

    return order_rows(query, fields, hidden)


class _RegularSource(OrderSource):
    """What columns are made from, in which irregular moments are told apart."""

    def moment(self, name: str) -> ColumnElement[Any]:
        """The machine value of a timestamp."""
        return regular_moment_text(self.order.c[name], self.order.c.id)


def _sqlite_field(column: Column, source: OrderSource, style: RecordStyle) -> ColumnElement[Any]:
    """The field as it is written; NULL where it is irregular, which makes the whole line NULL."""
    value = source.value(column)
    if column.kind.numeric and column.key != "id":
        return case((func.typeof(value) == "integer", value))
    if column.kind is not Kind.TEXT:
        return value
    if column.nullable:
        value = func.coalesce(value, "")
    strange = or_(func.typeof(value) != "text", func.instr(value, func.char(0)))
    if not style.quotes:
        return case((or_(strange, _has(value, f"{style.delimiter}\r\n")), None), else_=value)
    special = _has(value, QUOTED + style.delimiter)
    quoted = func.replace(value, '"', '""').concat('"')
    cases: list[Any] = [(strange, None)]
    if style.guarded:
        runs = func.ltrim(value, "'").op("GLOB")(f"[{_RUNS}]*")
        cases.append((runs, case((special, literal("\"'").concat(quoted)), else_="'" + value)))
    return case(*cases, (special, literal('"').concat(quoted)), else_=value)


def _has(value: ColumnElement[Any], characters: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = value.op("GLOB")(f"*[{characters}]*")
    return found


def _postgresql_field(
    column: Column, source: OrderSource, style: RecordStyle
) -> ColumnElement[Any]:
    value = source.value(column)
    if column.kind is not Kind.TEXT:
        return value
    if style.guarded:
        runs = func.ascii(func.ltrim(value, "'")).in_([ord(each) for each in _RUNS])
        harmless = func.ascii(value).between(*_HARMLESS)
        value = case((harmless, value), (runs, literal("'").concat(value)), else_=value)
    return func.nullif(value, "")  # COPY would write an empty text as two quotes
