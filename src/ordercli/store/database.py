"""A URL or a path becomes connections; the only place that knows the two databases' ways in.

Reading opens the database read-only and never creates it. Driver errors become one line.
"""

from __future__ import annotations

import logging
import sqlite3
import weakref
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import registry
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError

from ordercli.base.errors import CommitInterruptedError, DatabaseError
from ordercli.base.files import make_private_directory, shown_path
from ordercli.base.language import _
from ordercli.base.limits import Limits
from ordercli.store.driver_errors import explained
from ordercli.store.postgresql import connect as connect_postgresql
from ordercli.store.postgresql import is_url as is_postgresql_url
from ordercli.store.postgresql import place_of, require_driver
from ordercli.store.sqlite import begin as begin_sqlite
from ordercli.store.sqlite import connect as connect_sqlite
from ordercli.store.sqlite import file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Select

    from ordercli.base.values import Row

    Transactions = Callable[[], AbstractContextManager[Connection]]

for _library in ("sqlalchemy", "psycopg"):  # what they would write to stderr, unasked
    logging.getLogger(_library).addHandler(logging.NullHandler())

registry.register("postgresql.ordercli", "ordercli.store.postgresql_dialect", "Dialect")

_ROWS_AT_A_TIME = 1000
_MOST_KEPT = 33
"""Connections to a server that are kept: as many as ``--jobs`` allows, and one that records."""


class Database:
    """One database of orders.

    A SQLite file is opened anew for each transaction. A server is logged in to once, or once more
    where changes have to go to another one, and the connection kept for what comes next.
    """

    def __init__(
        self,
        location: str,
        limits: Limits | None = None,
        *,
        schema: str | None = None,
        read_only: bool = False,
        profile: str | None = None,
    ) -> None:
        """Take a PostgreSQL URL, or the path (or ``sqlite:///`` URL) of a SQLite file.

        ``limits`` has the waits; the rest is as in ``Settings``: with ``read_only`` it gives no
        transaction that writes. ``warnings`` are those of the server, each once. Raises UsageError
        on a URL of another kind. Nothing is opened yet.
        """
        self.location = location
        self._limits = limits or Limits()
        self._schema = schema
        self._read_only = read_only
        self.profile = profile
        self.path = None if is_postgresql_url(location) else file_of(location)
        self.warnings: dict[str, None] = {}
        self._engines: dict[bool, Engine] = {}
        weakref.finalize(self, _dispose, self._engines)

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        """What the drivers raise, and SQLAlchemy for them."""
        return SQLAlchemyError, require_driver().Error if self.path is None else sqlite3.Error

    @property
    def name(self) -> str:
        """Its name in messages: the path, or the kind of server; never a password."""
        return shown_path(self.path) if self.path else _("the PostgreSQL database")

    @property
    def place(self) -> str:
        """Where it is: the path, or the server's host and the name there; never a password."""
        return shown_path(self.path) if self.path else place_of(self.location)

    @contextmanager
    def reading(self, *, latest: bool = False) -> Iterator[Connection]:
        """A read-only transaction. Raises DatabaseError on whatever the database can't do.

        Of several servers it takes any that answers; with ``latest``, one that takes writes.
        """
        with self._transactions(writing=False, latest=latest) as begin, begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, create: bool = False, owning: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end, or undone as a whole on any exception.

        In SQLite it waits for other writers from its start. ``create`` makes a missing SQLite file;
        ``owning`` is for what only the owner of the tables may do. Raises DatabaseError where
        nothing may be written.
        """
        self._require_writable()
        if create and self.path:
            _make_private_file(self.path)
        with self._transactions(writing=True, owning=owning) as begin, begin() as connection:
            yield connection

    @contextmanager
    def writing_often(self) -> Iterator[Transactions]:
        """A function that begins a writing transaction; all share a connection while it lasts."""
        with self._transactions(writing=True) as begin:
            yield begin

    @contextmanager
    def _transactions(
        self, *, writing: bool, latest: bool = False, owning: bool = False
    ) -> Iterator[Transactions]:
        if writing:
            self._require_writable()
        if self.path is None:
            engine = self._server(latest=writing or latest)
            yield lambda: self._transaction(engine, writing=writing, owning=owning)
            return
        engine = _file_engine(self.path, self._limits.busy_seconds, writing=writing)
        try:
            yield lambda: self._transaction(engine, writing=writing)
        finally:
            engine.dispose()

    def _require_writable(self) -> None:
        if self._read_only:
            raise DatabaseError(
                _("{name} is opened for reading only").format(name=self.name),
                _("nothing was changed"),
            )

    @contextmanager
    def _transaction(
        self, engine: Engine, *, writing: bool, owning: bool = False
    ) -> Iterator[Connection]:
        committing = False
        try:
            with engine.connect() as connection:
                if self.path is None:
                    _driver_of(connection).writing = writing
                try:
                    with connection.begin(), self._schema_required(connection):
                        yield connection
                        committing = writing
                except self._errors:
                    connection.invalidate()  # after a fault a new login is the safer beginning
                    raise
        except self._errors as error:
            name, where = self.name, self.location
            raise explained(error, name, where, writing=writing, owning=owning) from error
        except KeyboardInterrupt as stop:
            if not committing:
                raise
            raise CommitInterruptedError(
                _("interrupted while {name} was committing: it may be done or not").format(
                    name=self.name
                ),
                _("look before you repeat it"),
            ) from stop

    @contextmanager
    def _schema_required(self, connection: Connection) -> Iterator[None]:
        """Where our role may not use the schema of the orders, say so, and not "no such table"."""
        driver = _driver_of(connection)
        try:
            yield
        except self._errors:
            if self.path is None and driver.denial is not None:
                raise driver.denial from None
            raise

    def _server(self, *, latest: bool) -> Engine:
        """The server that any transaction may go to, or the ``latest`` one; it serves both."""
        latest = latest or True in self._engines
        if latest not in self._engines:
            require_driver()
            connect = partial(
                connect_postgresql, self.location, self._limits, schema=self._schema, latest=latest,
                warned=self.warnings.setdefault,
            )  # fmt: skip
            kept_seconds = self._limits.kept_connection_seconds
            self._engines[latest] = _server_engine(connect, kept_seconds, self._engines)
        return self._engines[latest]


def _server_engine(
    connect: Callable[[], Any], kept_seconds: float, used: dict[bool, Engine]
) -> Engine:
    """An engine that keeps connections for as long as it is one of those that are used."""
    engine = create_engine(
        "postgresql+ordercli://",
        creator=connect,
        pool_size=_MOST_KEPT,
        max_overflow=-1,  # each thread that works has its own
        pool_recycle=kept_seconds,
        hide_parameters=True,
        use_native_hstore=False,  # it would ask the server for a type that no table has
    )

    def require_life(connection: Any, _record: object, _proxy: object) -> None:
        if not connection.is_alive():
            raise DisconnectionError

    def close_the_last(_connection: Any, record: Any) -> None:
        if engine not in used.values():
            record.invalidate()

    event.listen(engine, "checkout", require_life)
    event.listen(engine, "checkin", close_the_last)
    return engine


def _file_engine(path: Path, patience: float, *, writing: bool) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: connect_sqlite(path, writing=writing, patience=patience),
        pool_size=1,
        hide_parameters=True,
    )

    def begin(connection: Connection) -> None:
        begin_sqlite(_driver_of(connection), path, writing=writing, patience=patience)

    event.listen(engine, "begin", begin)
    return engine


def _dispose(engines: dict[bool, Engine]) -> None:
    while engines:
        engines.popitem()[1].dispose()


def read_rows(connection: Connection, statement: Select[Any], limit: int | None) -> Iterator[Row]:
    """The rows of a statement, by label, as they are consumed.

    Without a ``limit`` they are fetched in parts: memory does not grow with their number.
    """
    streaming = {"yield_per": _ROWS_AT_A_TIME} if limit is None else {}
    with connection.execute(statement, execution_options=streaming) as rows:
        for row in rows:
            yield dict(row._mapping)


def _make_private_file(path: Path) -> None:
    try:
        if not path.exists():
            make_private_directory(path.parent)
            path.touch(mode=0o600)
    except OSError as error:
        raise DatabaseError(
            _("can't make {name}: {reason}").format(name=path, reason=error.strerror),
            _("name another file"),
        ) from None


def driven(connection: Connection) -> Any:
    """The driver's own connection, in a transaction that has begun."""
    driver = _driver_of(connection)
    if connection.dialect.name != "sqlite":
        driver.begin()
    return driver


def is_unicode(connection: Connection) -> bool:
    """Whether a PostgreSQL database keeps its texts in UTF-8; no question is asked for it."""
    encoding: str = _driver_of(connection).server_encoding
    return encoding == "UTF8"


def _driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection
