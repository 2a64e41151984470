"""A URL or a path becomes connections; the only place that knows the two databases' ways in.

Reading opens the database read-only and never creates it. Driver errors become one line.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from ordercli.base.errors import DatabaseError
from ordercli.base.files import make_private_directory
from ordercli.base.language import _
from ordercli.store.driver_errors import explained
from ordercli.store.postgresql import connect as connect_postgresql
from ordercli.store.postgresql import is_url as is_postgresql_url
from ordercli.store.postgresql import require_driver
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

_BUSY_SECONDS = 30
_ROWS_AT_A_TIME = 1000


class Database:
    """One database of orders, opened anew for each transaction."""

    def __init__(self, location: str, patience: float | None = None) -> None:
        """Take a PostgreSQL URL, or the path (or ``sqlite:///`` URL) of a SQLite file.

        Locks on a file are waited for as long as other programs usually hold them, or for so many
        seconds of ``patience``. Raises UsageError on a URL of another kind. Nothing is opened yet.
        """
        self.location = location
        self._patience = patience
        self.path = None if is_postgresql_url(location) else file_of(location)

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        """What the drivers raise, and SQLAlchemy for them."""
        return SQLAlchemyError, require_driver().Error if self.path is None else sqlite3.Error

    @property
    def name(self) -> str:
        """What to call it in a message: the path, or the kind of server; never a password."""
        return str(self.path) if self.path else _("the PostgreSQL database")

    @contextmanager
    def reading(self, *, latest: bool = False) -> Iterator[Connection]:
        """A read-only transaction. Raises DatabaseError on whatever the database can't do.

        Of several servers it takes any that answers; with ``latest``, one that takes writes.
        """
        with self._transactions(writing=False, latest=latest) as begin, begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, create: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end, or undone as a whole on any exception.

        In SQLite it waits for other writers from its start. ``create`` makes a missing SQLite file.
        """
        if create and self.path:
            _make_private_file(self.path)
        with self.writing_often() as begin, begin() as connection:
            yield connection

    @contextmanager
    def writing_often(self) -> Iterator[Transactions]:
        """A function that begins a writing transaction; all share a connection while it lasts."""
        with self._transactions(writing=True) as begin:
            yield begin

    @contextmanager
    def _transactions(self, *, writing: bool, latest: bool = False) -> Iterator[Transactions]:
        engine = self._engine(writing=writing, latest=latest)
        try:
            yield lambda: self._transaction(engine)
        finally:
            engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except self._errors as error:
            raise explained(error, self.name, self.location) from error

    def _engine(self, *, writing: bool, latest: bool) -> Engine:
        if self.path is None:
            require_driver()
            return create_engine(
                "postgresql+psycopg://",
                creator=lambda: connect_postgresql(self.location, writing=writing, latest=latest),
                pool_size=1,
                hide_parameters=True,
                use_native_hstore=False,  # it would ask the server for a type that no table has
            )
        path = self.path
        patience = _BUSY_SECONDS if self._patience is None else self._patience
        engine = create_engine(
            "sqlite://",
            creator=lambda: connect_sqlite(path, writing=writing, patience=patience),
            pool_size=1,
            hide_parameters=True,
        )

        def begin(connection: Connection) -> None:
            begin_sqlite(driven(connection), path, writing=writing, patience=patience)

        event.listen(engine, "begin", begin)
        return engine


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


def driven(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection
