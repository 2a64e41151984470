"""Orders as the records of a report, in blocks: memory does not grow with the number of orders.

The database makes the records, which is several times as fast as making them here; those of orders
that hold anything irregular are made here.
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ordercli.base.csv_json import CsvDialect, with_guard
from ordercli.base.text import encoded, is_utf8
from ordercli.base.values import Kind
from ordercli.domain.columns import column_named
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.store import postgresql, sqlite
from ordercli.store.database import driven, is_unicode, read_rows
from ordercli.store.order_query import hidden_fields, order_rows
from ordercli.store.orders import require_all
from ordercli.store.report_sql import copied, database_makes, lines
from ordercli.store.sql_functions import IRREGULAR

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from sqlalchemy import Connection, Select

    from ordercli.base.csv_json import RecordStyle
    from ordercli.domain.anomalies import Anomalies
    from ordercli.domain.columns import Column
    from ordercli.store.database import Database

_ORDERS_AT_A_TIME = 1000

_PARTS = 8
"""Records are looked through in so many parts; one with something special, in as many again."""

Line = tuple[int, bytes]
"""The id of an order, and its record in UTF-8."""


class Block(NamedTuple):
    """Whole records in UTF-8, and how many there are."""

    records: bytes
    number: int


def read_records(
    database: Database, query: OrderQuery, style: RecordStyle, anomalies: Anomalies
) -> Iterator[Block]:
    """The records of the orders of a query; what is wrong with them is noted in ``anomalies``.

    Raises DatabaseError where the database can't answer, or does not give all of them.
    """
    with _reader(database, query, style, anomalies) as reader:
        yield from reader.blocks()


def read_lines(
    database: Database, query: OrderQuery, style: RecordStyle, anomalies: Anomalies
) -> Generator[Line, None, None]:
    """The same, one by one, each after the id of its order; raises as above."""
    with _reader(database, query, style, anomalies) as reader:
        yield from reader.lines()


@contextmanager
def _reader(
    database: Database, query: OrderQuery, style: RecordStyle, anomalies: Anomalies
) -> Iterator[_Reader]:
    query = replace(query, profile=database.profile)
    with database.reading() as connection:
        reader = _Reader(connection, query, style, anomalies)
        yield reader
        require_all(connection, query, reader.number)


class _Reader:
    """Reads the records of one query, on one connection; ``number`` is how many it has read."""

    def __init__(
        self, connection: Connection, query: OrderQuery, style: RecordStyle, anomalies: Anomalies
    ) -> None:
        self.number = 0
        self._connection = connection
        self._query = query
        self._style = style
        self._anomalies = anomalies
        self._hidden = hidden_fields(connection, query)
        self._in_sqlite = connection.dialect.name == "sqlite"
        self._made_there = database_makes(query, style) and (
            # PostgreSQL tells by code points what a spreadsheet runs.
            self._in_sqlite or is_unicode(connection)
        )

    def blocks(self) -> Iterator[Block]:
        """The records, as fast as the database gives them."""
        if self._made_there and not self._in_sqlite:
            correction = self._correction()
            for made in self._copied():
                yield self._counted(b"".join(correction.corrected(made)), len(made))
        else:
            for lines in self._gathered():
                yield self._counted(b"".join([line for _id, line in lines]), len(lines))

    def lines(self) -> Iterator[Line]:
        """The same, one by one, each after the id of its order."""
        if self._made_there and not self._in_sqlite:
            correction, delimiter = self._correction(), self._style.delimiter.encode()
            for made in self._copied(with_id=True):
                parts = [each.partition(delimiter) for each in made]
                records = correction.corrected([record for _id, _delimiter, record in parts])
                yield from zip((int(part[0]) for part in parts), records, strict=True)
        else:
            for lines in self._gathered():
                self.number += len(lines)
                yield from lines

    def _counted(self, records: bytes, number: int) -> Block:
        self.number += number
        return Block(records, number)

    def _gathered(self) -> Iterator[list[Line]]:
        if self._made_there:
            return self._made_by_sqlite()
        made = self._records(self._query)
        return iter(lambda: list(islice(made, _ORDERS_AT_A_TIME)), [])

    def _made_by_sqlite(self) -> Iterator[list[Line]]:
        statement, values = executable(
            self._connection, lines(self._query, self._style, self._hidden)
        )
        connection = driven(self._connection)
        for rows in sqlite.fetched(connection, statement, values, _ORDERS_AT_A_TIME):
            try:
                regular = is_utf8(b"".join([line for _id, line in rows]))
            except TypeError:  # one of them is NULL
                regular = False
            yield rows if regular else self._mended(rows)

    def _mended(self, rows: Sequence[tuple[Any, Any]]) -> list[Line]:
        """The records of these rows, of which those that are irregular are made here."""
        irregular = [order_id for order_id, line in rows if line is None or not is_utf8(line)]
        query = replace(self._query, selection=Selection(ids=tuple(irregular)), sort=())
        made = dict(self._records(query))
        if not made.keys() >= set(irregular):
            raise sqlite.damaged()
        return [(order_id, made.get(order_id, line)) for order_id, line in rows]

    def _records(self, query: OrderQuery) -> Iterator[Line]:
        """The records of a query, made here."""
        with_id = replace(query, columns=tuple(dict.fromkeys((*query.columns, column_named("id")))))
        rows = read_rows(self._connection, order_rows(with_id, hidden=self._hidden), query.limit)
        for row in self._anomalies.mend_all(rows, query.columns):
            record = self._style.line([row[column.key] for column in query.columns])
            yield row["id"], encoded(record)  # type: ignore[misc]  # it is a number

    def _copied(self, *, with_id: bool = False) -> Iterator[list[bytes]]:
        statement, values = executable(
            self._connection, copied(self._query, self._style, self._hidden, with_id=with_id)
        )
        return postgresql.copied(
            driven(self._connection), statement, values, self._style.delimiter, _ORDERS_AT_A_TIME
        )

    def _correction(self) -> _CopyCorrection:
        return _CopyCorrection(self._query.columns, self._style, self._anomalies)


class _CopyCorrection:
    """Writes again the records that COPY writes in another way than the style does."""

    def __init__(self, columns: Sequence[Column], style: RecordStyle, anomalies: Anomalies) -> None:
        self._columns = columns
        self._anomalies = anomalies
        self._guard = with_guard if style.guarded else str
        # The other texts have their guard already.
        self._style = CsvDialect(style.delimiter, guarded=False) if style.guarded else style
        # COPY quotes line ends, quotes and the delimiter, and nothing else.
        special = set(",;\t") - {style.delimiter} if style.quotes else {'"'}
        self._special = [each.encode() for each in (IRREGULAR, *special)]

    def corrected(self, made: Sequence[bytes]) -> Sequence[bytes]:
        """The records as the style has them."""
        together = b"".join(made)
        if not any(each in together for each in self._special):
            return made
        if len(made) == 1:
            return [self._corrected(together)]
        size = -(-len(made) // _PARTS)
        parts = (made[start : start + size] for start in range(0, len(made), size))
        return [record for part in parts for record in self.corrected(part)]

    def _corrected(self, record: bytes) -> bytes:
        text = record.decode().removesuffix("\n")
        fields = next(csv.reader([text], delimiter=self._style.delimiter, strict=True))
        plain = [
            self._plain(column, field) for column, field in zip(self._columns, fields, strict=True)
        ]
        return encoded(self._style.line(plain))

    def _plain(self, column: Column, field: str) -> str:
        """The field; without the order's id, which it is noted with, where it is irregular."""
        if column.kind is Kind.TEXT or not field.startswith(IRREGULAR):
            return field
        _, order_id, value = field.split(IRREGULAR, 2)
        self._anomalies.mend({column.key: value}, [column], int(order_id))
        return self._guard(value)


def executable(connection: Connection, statement: Select[Any]) -> tuple[str, Any]:
    """The statement as the driver takes it, and its bound values: for what only the driver can."""
    dialect = connection.dialect
    compiled: Any = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state()
    processors = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for bound, name in compiled.bind_names.items()
    }
    processors |= state.processors
    values = {
        name: processors[name](value) if processors.get(name) else value
        for name, value in state.parameters.items()
    }
    if compiled.positional:
        return state.statement, [values[name] for name in state.positiontup]
    return state.statement, values
