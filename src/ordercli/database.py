"""A URL or a path becomes connections; the only place that knows the two databases' ways in.

Reading opens the database read-only and never creates it. Driver errors become one line.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError

from ordercli.driver_errors import explained
from ordercli.errors import DatabaseError, UsageError
from ordercli.postgresql import connect as connect_postgresql
from ordercli.postgresql import is_url as is_postgresql_url
from ordercli.postgresql import require_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Transactions = Callable[[], AbstractContextManager[Connection]]

_BUSY_SECONDS = 30
_LIKE_A_SERVER = re.compile(r"(postgres(ql)?|sqlite):|\w+=\S", re.IGNORECASE)
_SQLITE_URL = "sqlite://"


class Database:
    """One database of orders, opened anew for each transaction."""

    def __init__(self, location: str) -> None:
        """Take a PostgreSQL URL, or the path (or ``sqlite:///`` URL) of a SQLite file.

        Raises UsageError on a URL of another kind. Nothing is opened yet.
        """
        self.location = location
        self.path = None if is_postgresql_url(location) else _sqlite_path(location)

    @property
    def name(self) -> str:
        """What to call it in a message: the path, or the kind of server; never a password."""
        return str(self.path) if self.path else "the PostgreSQL database"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction. Raises DatabaseError on whatever the database can't do."""
        with self._transactions(writing=False) as begin, begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, create: bool = False) -> Iterator[Connection]:
        """A transaction that is committed at the end, or undone as a whole on any exception.

        In SQLite it waits for other writers from its start. ``create`` makes a missing SQLite file.
        """
        if create and self.path and not self.path.exists():
            _make_private_file(self.path)
        with self.writing_often() as begin, begin() as connection:
            yield connection

    @contextmanager
    def writing_often(self) -> Iterator[Transactions]:
        """A function that begins a writing transaction; all share a connection while it lasts."""
        with self._transactions(writing=True) as begin:
            yield begin

    @contextmanager
    def _transactions(self, *, writing: bool) -> Iterator[Transactions]:
        engine = self._engine(writing=writing)
        try:
            yield lambda: self._transaction(engine)
        finally:
            engine.dispose()

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise explained(error, self.name, self.location) from error

    def _engine(self, *, writing: bool) -> Engine:
        if self.path is None:
            require_driver()
            return create_engine(
                "postgresql+psycopg://",
                creator=lambda: connect_postgresql(self.location, writing=writing),
                pool_size=1,
                hide_parameters=True,
            )
        path = self.path
        engine = create_engine(
            _SQLITE_URL,
            creator=lambda: _connect_sqlite(path, writing=writing),
            pool_size=1,
            hide_parameters=True,
        )
        # The driver would begin late and deferred: two writers would then fail as busy.
        event.listen(engine, "begin", _begin_immediate if writing else _begin_deferred)
        return engine


def has_table(connection: Connection, name: str) -> bool:
    """Whether the database has this table, in the schema that unqualified names mean."""
    return inspect(connection).has_table(name)


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_deferred(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _sqlite_path(location: str) -> Path:
    if location.startswith(_SQLITE_URL):
        path = location.removeprefix(_SQLITE_URL).removeprefix("/")
        if not path:
            raise UsageError(
                "the SQLite URL names no file", "write sqlite:///PATH, or the path alone"
            )
        return Path(path)
    if "://" in location:
        scheme = location.partition("://")[0]
        raise UsageError(
            f"no database of the kind '{scheme}'",
            "name a file, or a server as in postgresql://USER@HOST/DATABASE",
        )
    if _LIKE_A_SERVER.match(location):  # not repeated: it may hold a password
        raise UsageError(
            "the database is named like a server, but not by a URL",
            "write postgresql://USER@HOST/DATABASE, or ./NAME for a file of that name",
        )
    return Path(location).expanduser()


def _connect_sqlite(path: Path, *, writing: bool) -> sqlite3.Connection:
    if not path.exists():
        raise DatabaseError(
            f"no database at {path}",
            "make it with 'ordercli db init', or name another with --database",
        )
    if path.is_dir():
        raise DatabaseError(f"{path} is a directory", "name a file inside it")
    mode = "rw" if writing else "ro"
    # SQLAlchemy begins transactions itself, hence no isolation level of the driver's.
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _make_private_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise DatabaseError(f"can't make {path}: {error.strerror}", "name another file") from None
