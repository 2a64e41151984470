"""The CSV reports, in blocks of whole records: memory does not grow with the number of orders.

The database makes the records, which is several times as fast as making them here; those that hold
anything irregular are made here. A report of every order by id is made by two processes.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ordercli import postgresql, sqlite
from ordercli.columns import STORED_STATUS, SortKey, column_named
from ordercli.database import driven, executable, read_rows, see_snapshot, snapshot
from ordercli.expressions import IRREGULAR
from ordercli.filters import Selection
from ordercli.lines import CsvDialect, ServiceStyle, headed, with_guard
from ordercli.query import OrderQuery, first_and_last_id, order_rows
from ordercli.report_lines import can_be_made, copied, lines
from ordercli.second_process import SecondProcess
from ordercli.text import as_utf8, encoded
from ordercli.values import Kind

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from typing import IO

    from sqlalchemy import Connection

    from ordercli.database import Database
    from ordercli.lines import RecordStyle

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
    database: Database, query: OrderQuery, dialect: CsvDialect, *, header: bool
) -> Generator[Block, None, None]:
    """The orders of the query as CSV records, after a header of column keys.

    Raises DatabaseError where the database can't answer.
    """
    keys = [column.key for column in query.columns]
    blocks = _blocks(database, query, dialect)
    return headed(_block([dialect.line(keys)], 0), blocks) if header else blocks


def service_report(
    database: Database, selection: Selection, *, header: bool
) -> Generator[Block, None, None]:
    """The orders in the service's own layout: semicolons, no quotes, ascending ids.

    Raises OrdercliError on an order with a text that this layout can't hold, else as above.
    """
    query = OrderQuery(selection, tuple(_SERVICE_LAYOUT.values()), _BY_ID)
    blocks = _blocks(database, query, ServiceStyle())
    return headed(_block([";".join(_SERVICE_LAYOUT) + "\n"], 0), blocks) if header else blocks


def _blocks(
    database: Database, query: OrderQuery, style: RecordStyle
) -> Generator[Block, None, None]:
    if query.selection.everything and query.sort == _BY_ID and can_be_made(query, style):
        yield from _by_two(database, query, style)
        return
    with database.reading() as connection:
        yield from _read(connection, query, style)


def _by_two(database: Database, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
    """The records of every order by id: the upper half is made by a second process meanwhile.

    Both see the same moment of the database. What the second one fails at, this one does itself.
    """

    def write_upper_half(words: str, stream: IO[bytes]) -> None:
        first, last, moment = words.split(" ", 2)
        with database.reading() as connection:
            see_snapshot(connection, moment)
            part = replace(query, span=(int(first), int(last)))
            stream.writelines(block.records for block in _read(connection, part, style))

    with SecondProcess(write_upper_half) as second, database.reading() as connection:
        moment = snapshot(connection)
        first, last = connection.execute(first_and_last_id()).one()
        if moment is None or first is None or last - first < _WORTH_TWO:
            yield from _read(connection, query, style)
            return
        middle = (first + last) // 2
        second.tell(f"{middle + 1} {last} {moment}")
        yield from _read(connection, replace(query, span=(first, middle)), style)
        made = second.result()
        if made is None:
            yield from _read(connection, replace(query, span=(middle + 1, last)), style)
            return
        while records := made.readlines(1 << 16):
            yield Block(b"".join(records), len(records))


def _read(connection: Connection, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
    """The records of the query, as fast as the database gives them."""
    if not can_be_made(query, style):
        return _made_here(connection, query, style)
    if connection.dialect.name == "sqlite":
        return _made_by_sqlite(connection, query, style)
    return _made_by_copy(connection, query, style)


def _made_here(connection: Connection, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
    gathered: list[str] = []
    for row in read_rows(connection, order_rows(query), query.limit):
        gathered.append(style.line([row[column.key] for column in query.columns]))
        if len(gathered) == _AT_A_TIME:
            yield _block(gathered, len(gathered))
            gathered = []
    yield _block(gathered, len(gathered))


def _made_by_sqlite(
    connection: Connection, query: OrderQuery, style: RecordStyle
) -> Iterator[Block]:
    statement, values = executable(connection, lines(query, style))
    for made in sqlite.fetched(driven(connection), statement, values, _AT_A_TIME):
        irregular = [line for line in made if isinstance(line, int)]
        mended = _lines_of(irregular, connection, query, style) if irregular else {}
        records = (mended.get(line, line) for line in made) if irregular else made
        yield Block(as_utf8(b"".join(records)), len(made))


def _lines_of(
    ids: Sequence[int], connection: Connection, query: OrderQuery, style: RecordStyle
) -> dict[int, bytes]:
    """The records of these orders, made here."""
    columns = (column_named("id"), *query.columns)
    wanted = OrderQuery(Selection(ids=tuple(ids)), columns, ())
    rows = connection.execute(order_rows(wanted)).all()
    return {row[0]: encoded(style.line(row[1:])) for row in rows}


def _made_by_copy(connection: Connection, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
    statement, values = executable(connection, copied(query, style))
    careful = _Careful(query, style)
    for made in postgresql.copied(
        driven(connection), statement, values, style.delimiter, _AT_A_TIME
    ):
        yield Block(careful.joined(made), len(made))


class _Careful:
    """Looks at the records that COPY made for what it writes in another way than the style does."""

    def __init__(self, query: OrderQuery, style: RecordStyle) -> None:
        self._moments = [column.kind is Kind.MOMENT for column in query.columns]
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
        return encoded(self._style.line(list(map(self._plain, fields, self._moments))))

    def _plain(self, field: str, is_moment: bool) -> str:
        irregular = is_moment and field.startswith(IRREGULAR)
        return self._guard(field.removeprefix(IRREGULAR)) if irregular else field


def _block(records: Sequence[str], number: int) -> Block:
    return Block(encoded("".join(records)), number)
