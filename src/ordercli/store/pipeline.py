"""A connection to PostgreSQL on which what belongs together travels together.

A transaction is begun with its first statement: ``BEGIN``, the settings and, once, the question
what there is go in the same message. Settings are the transaction's own, so that a pooled
connection is left as it was found. The end of a transaction that only reads is not waited for.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from select import select
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import generators
from psycopg.adapt import Buffer, Loader
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.waiting import Wait

from ordercli.store.cursors import StatementCursor, StreamingCursor
from ordercli.store.frozen_server import WatchedConnection
from ordercli.store.inventory import ON_POSTGRESQL, TABLES, Inventory, from_row, require_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg.abc import PQGen

_SETTINGS = """
SELECT set_config('datestyle', 'ISO', true), set_config('timezone', 'UTC', true),
    set_config('lock_timeout', %(lock)s, true),
    set_config('statement_timeout', coalesce(%(statement)s, current_setting('statement_timeout')),
        true),
    set_config('client_encoding', %(encoding)s, true),
    set_config('search_path', coalesce(%(path)s, current_setting('search_path')), true)
"""


class PipelinedConnection(WatchedConnection):
    """A connection that begins its transactions by itself, read-only ones unless ``writing``.

    ``schema`` is the one that a profile names, ``statement_seconds`` how long one statement may
    take, where not as long as it takes.
    """

    writing = False
    schema: str | None = None
    statement_seconds: float | None = None
    server_cursor_factory: Any
    _inventory: Inventory | None = None
    _begun = False
    _ending = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.cursor_factory = StatementCursor
        self.server_cursor_factory = StreamingCursor
        if self._declares_nothing:
            for kind in ("text", "varchar", "bpchar", "name", 0):  # 0 is what has no loader
                self.adapters.register_loader(kind, _AnyBytes)

    @property
    def inventory(self) -> Inventory:
        """What there is in this database; raises DatabaseError where it can't be told."""
        self.begin()
        return self._inventory or Inventory()

    @inventory.setter
    def inventory(self, _: None) -> None:
        self._inventory = None

    @property
    def server_encoding(self) -> str:
        """The encoding in which the database keeps its texts."""
        return self.info.parameter_status("server_encoding") or "UTF8"

    @property
    def _declares_nothing(self) -> bool:
        """Whether the database takes and gives any bytes for texts."""
        return self.server_encoding == "SQL_ASCII"

    @property
    def denial(self) -> psycopg.Error | None:
        """The server's error for a schema that our role may not use; None where it may."""
        if self._inventory is None or self._inventory.usable:
            return None
        schema = self._inventory.schema
        return psycopg.errors.InsufficientPrivilege(f"permission denied for schema {schema}")

    @property
    def is_begun(self) -> bool:
        """Whether a transaction has begun, and it is known what there is."""
        return self._begun and self._inventory is not None

    def begin(self) -> None:
        """Begin a transaction, if none has begun."""
        if not self.is_begun:
            with self.together():
                pass

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is executed meanwhile travels together, with what begins the transaction if need be.

        The driver's own errors pass through, and DatabaseError where there are orders in several
        schemas.
        """
        asked = None
        try:
            with self.pipeline():
                if not self.is_begun:
                    asked = self._begin()
                yield
        except psycopg.Error:
            self._take(asked)  # it tells more than what followed from it
            raise
        self._take(asked)

    def send_last(self, statement: bytes) -> None:
        """Send the last statement of a reading transaction, and with it the end.

        The server so ends it when it has given all: it does not wait for us to take it.
        """
        self.begin()
        self.pgconn.send_query(statement + b"; COMMIT")
        self._begun = False
        self.wait(generators.send(self.pgconn))

    def results(self) -> Iterator[Any]:
        """What the server answers, as it comes; raises the driver's own errors."""
        while result := self.wait(generators.fetch(self.pgconn)):
            if result.error_message:
                raise psycopg.errors.error_from_result(result)
            yield result

    def wait_for_more(self) -> None:
        """Wait until something has come that can be read."""

        def heard() -> PQGen[None]:
            while not (yield Wait.R):
                pass
            self.pgconn.consume_input()

        self.wait(heard())

    def commit(self) -> None:
        """End the transaction; what was only read ends unheard."""
        if self.writing:
            self._begun = False
            super().commit()
        else:
            self._end("COMMIT")

    def rollback(self) -> None:
        """End the transaction, and undo what was written."""
        if self.writing:
            self._begun = False
            super().rollback()
        else:
            self._end("ROLLBACK")

    def is_alive(self) -> bool:
        """Whether the connection is open, as far as is known without asking the server."""
        try:
            self._hear_of_the_end()
            return self.pgconn.status == ConnStatus.OK and not select([self], [], [], 0)[0]
        except psycopg.Error:
            return False

    def _begin(self) -> psycopg.Cursor[Any] | None:
        """Send what a transaction begins with; what there is is asked for where it is not known."""
        settings = {
            "lock": _milliseconds(
                self.limits.lock_seconds if self.writing else self.limits.reading_lock_seconds
            ),
            "statement": self.statement_seconds and _milliseconds(self.statement_seconds),
            "encoding": "SQL_ASCII" if self._declares_nothing else "UTF8",
            "path": self._inventory and self._inventory.search_path,
        }
        if not self._begun:
            self._hear_of_the_end()
            self._begun = True
            begin = b"BEGIN READ WRITE" if self.writing else b"BEGIN READ ONLY"
            psycopg.Cursor(self).execute(begin)
            psycopg.Cursor(self).execute(_SETTINGS, settings)
        if self._inventory is not None:
            return None
        values = {"schema": self.schema, "tables": list(TABLES)}
        return psycopg.Cursor(self).execute(ON_POSTGRESQL, values)

    def _take(self, asked: psycopg.Cursor[Any] | None) -> None:
        """Keep the answer to what there is, if it was asked for and came."""
        if asked is None or asked.description is None:
            return
        found = from_row(asked.fetchone())
        require_place(found, self.schema)
        self._inventory = found

    def _end(self, statement: str) -> None:
        self._begun = False
        status = self.pgconn.transaction_status
        if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            with suppress(psycopg.Error):
                self.pgconn.send_query(statement.encode())
                self._ending = True
                self.pgconn.flush()
        elif status != TransactionStatus.IDLE and not self._ending:
            self.close()  # in the middle of an answer that nobody takes any more

    def _hear_of_the_end(self) -> None:
        if self._ending:
            self._ending = False
            self.wait(generators.execute(self.pgconn))


class _AnyBytes(Loader):
    """Reads a text in which anybody may have stored bytes that are none."""

    def load(self, data: Buffer) -> str:
        """The text, with a mark for what is not UTF-8."""
        return bytes(data).decode(errors="replace")


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
