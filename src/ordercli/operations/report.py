"""The CSV reports, in blocks of whole records: memory does not grow with the number of orders.

The database makes the records, which is several times as fast as making them here; those that hold
anything irregular are made here. A report of every order by id is made by two processes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ordercli.base.csv_json import CsvDialect, ServiceStyle, headed, with_guard
from ordercli.base.text import encoded, is_utf8
from ordercli.base.values import Kind
from ordercli.domain.columns import STORED_STATUS, SortKey, column_named
from ordercli.operations.second_process import SecondProcess
from ordercli.store import postgresql, sqlite
from ordercli.store.conditions import Selection
from ordercli.store.database import Database, driven, executable, read_rows, see_snapshot, snapshot
from ordercli.store.order_query import OrderQuery, first_and_last_id, order_rows
from ordercli.store.report_sql import can_be_made, copied, lines
from ordercli.store.sql_functions import IRREGULAR

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import IO

    from sqlalchemy import Connection

    from ordercli.base.csv_json import RecordStyle
    from ordercli.domain.anomalies import Faults
    from ordercli.domain.columns import Column

_BY_ID = (SortKey(column_named("id")),)
_AT_A_TIME = 1000
_WORTH_TWO = 100_000
"""Ids in a report, from the first to the last, that a second process is worth its start for."""

_SERVICE_LAYOUT = {
    "ORDER_ID": column_named("id"),
    "CREATION_DATE": column_named("creation"),
    "EXPIRATION_DATE": column_named("expiration"),
    "OWNER": column_named("user"),
    "STATUS": STORED_STATUS,
    "STATUS_DATE": column_named("status_date"),
    "PERCENT_COMPLETE": column_named("progress"),
    "FILES_IN_ERROR": column_named("errors_count"),
    "FILES_SIZE": column_named("total_size"),
    "FILES_COUNT": column_named("files_count"),
}
"""The report of the service itself: its titles, in its order."""


class Block(NamedTuple):
    """Whole records in UTF-8, and how many there are."""

    records: bytes
    number: int


def report(
    database: Database, query: OrderQuery, dialect: CsvDialect, faults: Faults, *, header: bool
) -> Generator[Block, None, None]:
    """The orders of the query as CSV records, after a header of column keys.

    What is wrong with them is noted in ``faults``. Raises DatabaseError where the database can't
    answer.
    """
    keys = [column.key for column in query.columns]
    blocks = _blocks(database, _Report(query, dialect, faults))
    return headed(_block([dialect.line(keys)], 0), blocks) if header else blocks


def service_report(
    database: Database, selection: Selection, faults: Faults, *, header: bool
) -> Generator[Block, None, None]:
    """The orders in the service's own layout: semicolons, no quotes, ascending ids.

    Raises OrdercliError on an order with a text that this layout can't hold, else as above.
    """
    query = OrderQuery(selection, tuple(_SERVICE_LAYOUT.values()), _BY_ID)
    blocks = _blocks(database, _Report(query, ServiceStyle(), faults))
    return headed(_block([";".join(_SERVICE_LAYOUT) + "\n"], 0), blocks) if header else blocks


@dataclass(frozen=True)
class _Report:
    """What is to be written, and where to note what is wrong with it."""

    query: OrderQuery
    style: RecordStyle
    faults: Faults

    def part(self, first: int, last: int) -> _Report:
        """The orders with these ids and those in between."""
        return replace(self, query=replace(self.query, span=(first, last)))


def _blocks(database: Database, wanted: _Report) -> Generator[Block, None, None]:
    query = wanted.query
    if query.selection.everything and query.sort == _BY_ID and can_be_made(query, wanted.style):
        yield from _by_two(database, wanted)
        return
    with database.reading() as connection:
        yield from _read(connection, wanted)


def _by_two(database: Database, wanted: _Report) -> Iterator[Block]:
    """The records of every order by id: the upper half is made by a second process meanwhile.

    Both see the same moment of the database. The second one gives up where anything is wrong, with
    the database or with an order: this one then does its half itself, and can tell about it.
    """

    def write_upper_half(words: str, stream: IO[bytes]) -> None:
        first, last, moment = words.split(" ", 2)
        # A writer that came in between waits for the first process, and lets nobody else in.
        with Database(database.location, patience=0).reading() as connection:
            see_snapshot(connection, moment)
            for block in _read(connection, wanted.part(int(first), int(last))):
                stream.write(block.records)
        if wanted.faults.warning():
            raise ValueError("this half has to be told about")

    with SecondProcess(write_upper_half) as second, database.reading() as connection:
        moment = snapshot(connection)
        first, last = connection.execute(first_and_last_id()).one()
        if moment is None or None in (first, last) or last - first < _WORTH_TWO:
            yield from _read(connection, wanted)
            return
        middle = (first + last) // 2
        second.tell(f"{middle + 1} {last} {moment}")
        yield from _read(connection, wanted.part(first, middle))
        made = second.result()
        if made is None:
            yield from _read(connection, wanted.part(middle + 1, last))
            return
        while records := made.readlines(1 << 16):
            yield Block(b"".join(records), len(records))


def _read(connection: Connection, wanted: _Report) -> Iterator[Block]:
    """The records of the query, as fast as the database gives them."""
    if not can_be_made(wanted.query, wanted.style):
        return _made_here(connection, wanted)
    if connection.dialect.name == "sqlite":
        return _made_by_sqlite(connection, wanted)
    return _made_by_copy(connection, wanted)


def _made_here(connection: Connection, wanted: _Report) -> Iterator[Block]:
    made = _records(connection, wanted, wanted.query)
    while gathered := list(islice(made, _AT_A_TIME)):
        yield _block([record for _id, record in gathered], len(gathered))


def _made_by_sqlite(connection: Connection, wanted: _Report) -> Iterator[Block]:
    statement, values = executable(connection, lines(wanted.query, wanted.style))
    for rows in sqlite.fetched(driven(connection), statement, values, _AT_A_TIME):
        try:
            records = b"".join([line for line, _id in rows])
        except TypeError:  # one of them is NULL
            records = b""
        regular = records and is_utf8(records)
        yield Block(records if regular else _mended(rows, connection, wanted), len(rows))


def _mended(rows: Sequence[tuple[Any, ...]], connection: Connection, wanted: _Report) -> bytes:
    """The records of these rows, of which those that are irregular are made here."""
    strange = [order_id for line, order_id in rows if line is None or not is_utf8(line)]
    query = replace(wanted.query, selection=Selection(ids=tuple(strange)), sort=(), span=None)
    made = dict(_records(connection, wanted, query))
    if not made.keys() >= set(strange):
        raise sqlite.damaged()
    return b"".join(
        encoded(made[order_id]) if order_id in made else line for line, order_id in rows
    )


def _records(
    connection: Connection, wanted: _Report, query: OrderQuery
) -> Iterator[tuple[Any, str]]:
    """The id and the record of each order of a query, made here."""
    with_id = replace(query, columns=tuple(dict.fromkeys((*query.columns, column_named("id")))))
    rows = read_rows(connection, order_rows(with_id), query.limit)
    for row in wanted.faults.mended(rows, query.columns):
        yield row["id"], wanted.style.line([row[column.key] for column in query.columns])


def _made_by_copy(connection: Connection, wanted: _Report) -> Iterator[Block]:
    statement, values = executable(connection, copied(wanted.query, wanted.style))
    careful = _Careful(wanted)
    for made in postgresql.copied(
        driven(connection), statement, values, wanted.style.delimiter, _AT_A_TIME
    ):
        yield Block(careful.joined(made), len(made))


class _Careful:
    """Looks at the records that COPY made for what it writes in another way than the style does."""

    def __init__(self, wanted: _Report) -> None:
        style = wanted.style
        self._columns = wanted.query.columns
        self._faults = wanted.faults
        self._guard = with_guard if style.guarded else str
        # The other texts have their guard already.
        self._style = CsvDialect(style.delimiter, guarded=False) if style.guarded else style
        # COPY quotes line ends, quotes and the delimiter, and nothing else.
        special = set(",;\t") - {style.delimiter} if style.quotes else {'"'}
        self._special = [each.encode() for each in (IRREGULAR, *special)]

    def joined(self, made: Sequence[bytes]) -> bytes:
        """The records together, as the style has them."""
        together = b"".join(made)
        return b"".join(map(self._mended, made)) if self._concerns(together) else together

    def _concerns(self, made: bytes) -> bool:
        return any(each in made for each in self._special)

    def _mended(self, record: bytes) -> bytes:
        if not self._concerns(record):
            return record
        text = record.decode().removesuffix("\n")
        fields = next(csv.reader([text], delimiter=self._style.delimiter, strict=True))
        plain = [
            self._plain(column, field) for column, field in zip(self._columns, fields, strict=True)
        ]
        return encoded(self._style.line(plain))

    def _plain(self, column: Column, field: str) -> str:
        """The field; without the order's id, and told about, where it is irregular."""
        if column.kind is Kind.TEXT or not field.startswith(IRREGULAR):
            return field
        _, order_id, value = field.split(IRREGULAR, 2)
        self._faults.mend({column.key: value}, [column], int(order_id))
        return self._guard(value)


def _block(records: Sequence[str], number: int) -> Block:
    return Block(encoded("".join(records)), number)
