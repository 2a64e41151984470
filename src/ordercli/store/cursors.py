"""Cursors of a connection to PostgreSQL whose transactions begin with their first statement."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import Transformer
from psycopg.sql import Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ordercli.store.pipeline import PipelinedConnection

_ROWS_AT_A_TIME = 1000


class StatementCursor(psycopg.Cursor[Any]):
    """A cursor that begins the transaction where its statement is the first."""

    connection: PipelinedConnection

    def execute(self, *statement: Any, **options: Any) -> StatementCursor:
        """Execute a statement, as the driver does."""
        if self.connection.is_begun:
            super().execute(*statement, **options)
        else:
            with self.connection.together():
                super().execute(*statement, **options)
        return self

    def executemany(self, *statement: Any, **options: Any) -> None:
        """Execute a statement with many values, as the driver does."""
        self.connection.begin()
        super().executemany(*statement, **options)

    def copy(self, *statement: Any, **options: Any) -> Any:
        """Copy rows, as the driver does."""
        self.connection.begin()
        return super().copy(*statement, **options)


class StreamingCursor(StatementCursor):
    """A cursor whose rows come as the server makes them, the transaction's end with the last one.

    No transaction waits for whoever takes the rows.
    """

    def __init__(self, connection: PipelinedConnection, name: str, **_: Any) -> None:
        super().__init__(connection)
        self._rows: Iterator[Any] = iter(())

    def execute(self, query: str, values: Any = None, **_: Any) -> StreamingCursor:  # type: ignore[override]
        """Execute a statement, as SQLAlchemy hands it over, and wait for its first row."""
        # In brackets: a cast binds closer than the sign of the lowest number there is.
        literals = {
            name.encode(): b"(%s)" % Literal(value).as_bytes(self.connection)
            for name, value in (values or {}).items()
        }
        self.connection.send_last(query.encode() % literals)
        if psycopg.capabilities.has_stream_chunked():
            self.connection.pgconn.set_chunked_rows_mode(_ROWS_AT_A_TIME)
        else:
            self.connection.pgconn.set_single_row_mode()
        results = self.connection.results()
        self.pgresult = next(results)  # which describes the columns
        self._rows = _loaded(self.connection, chain([self.pgresult], results))
        return self

    def fetchone(self) -> Any:
        """The next row; None after the last one."""
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows, not more than ``size``; none after the last one."""
        return list(islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        """All rows that are left."""
        return list(self._rows)


def _loaded(connection: PipelinedConnection, results: Iterable[Any]) -> Iterator[Any]:
    """The rows of these results; no cursor is kept alive by them."""
    loading = Transformer(connection)
    for result in results:
        if result.nfields:
            loading.set_pgresult(result)
            yield from loading.load_rows(0, result.ntuples, tuple)
