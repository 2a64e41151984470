"""Connections to SQLite files, named by a path or a URL."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ordercli.base.errors import DatabaseError, MissingDatabaseError, UsageError
from ordercli.base.files import shown_path
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LIKE_A_SERVER = re.compile(
    r"(postgres(ql)?|sqlite):|\w+\s*=\s*\S|(//|[^/.~])[^@]*:[^@]*@", re.IGNORECASE
)
_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*")
_SLICE_SECONDS = 0.1
_WRITER_KILOBYTES = 32_000
"""What a transaction may change in memory; beyond it, readers are locked out before the commit."""
_STDOUT = 1
_FIRST_LOOK = "SELECT count(*) FROM sqlite_master"


def file_of(location: str) -> Path:
    """The file that a path or a ``sqlite:///`` URL names; raises UsageError where it names none."""
    scheme, separator, path = location.partition("://")
    if separator and scheme == "sqlite":
        if not path.startswith("/") or path == "/":
            raise UsageError(
                _("the SQLite URL names no file"), _("write sqlite:///PATH, or the path alone")
            )
        return Path(path.removeprefix("/"))
    if separator and _SCHEME.fullmatch(scheme):
        raise UsageError(
            _("no database of the kind '{scheme}'").format(scheme=scheme),
            _("name a file, or a server as in postgresql://USER@HOST/DATABASE"),
        )
    if separator or _LIKE_A_SERVER.match(location):  # not repeated: it may hold a password
        raise UsageError(
            _("the database is named like a server, but not by a URL"),
            _("write postgresql://USER@HOST/DATABASE, or ./NAME for a file of that name"),
        )
    try:
        return Path(location).expanduser()
    except RuntimeError:
        raise UsageError(
            _("no home directory is known for {path}").format(path=location),
            _("name the file by its whole path, or ./NAME"),
        ) from None


def connect(path: Path, *, writing: bool, patience: float) -> sqlite3.Connection:
    """A connection to the file, read-only unless ``writing``, that never makes it.

    It waits for locks as many seconds as its ``patience``; transactions are begun by hand. Raises
    DatabaseError where there is no such file, and UsageError where the program's output goes into
    it. The driver's own errors pass through.
    """
    _require_file(path)
    path = path.resolve()  # its journal lies beside the file itself, not beside a link
    if not writing:
        _play_back(path, patience)
    connection = _opened(path, "rw" if writing else "ro", patience)
    try:
        if writing:
            connection.execute(f"PRAGMA cache_size = -{_WRITER_KILOBYTES}")
    except BaseException:
        connection.close()
        raise
    return connection


def fetched(
    connection: sqlite3.Connection, statement: str, values: Sequence[Any], number: int
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a statement, so many at a time; the driver's errors pass through."""
    with closing(connection.execute(statement, values)) as cursor:
        while rows := cursor.fetchmany(number):
            yield rows


def _require_file(path: Path) -> None:
    try:
        found = path.stat()
    except FileNotFoundError:
        raise MissingDatabaseError(
            _("no database at {path}").format(path=shown_path(path)),
            _("make it with 'ordercli db init', or name another with --database"),
            path,
        ) from None
    except OSError as error:
        raise DatabaseError(
            _("can't read {name}: {reason}").format(name=path, reason=error.strerror),
            _("name another with --database"),
        ) from None
    if stat.S_ISDIR(found.st_mode):
        raise DatabaseError(
            _("{path} is a directory").format(path=path), _("name a file inside it")
        )
    if not stat.S_ISREG(found.st_mode):
        raise DatabaseError(
            _("{path} is not a file").format(path=path), _("name another with --database")
        )
    with suppress(OSError):  # it is closed
        if os.path.samestat(found, os.fstat(_STDOUT)):
            raise UsageError(
                _("the output {path} is the database itself").format(path=path),
                _("name another file; nothing was written"),
            )


def begin(connection: sqlite3.Connection, path: Path, *, writing: bool, patience: float) -> None:
    """Begin a transaction on the file that waits for locks now, so many seconds, and not later.

    A writer that began as a reader would fail as busy where two do so at once. Raises
    sqlite3.DatabaseError where the file is cut off within its last page, for which SQLite itself
    would read zeros.
    """
    if writing:
        _execute_patiently(connection, "BEGIN IMMEDIATE", patience)
    else:
        connection.execute("BEGIN")
        _execute_patiently(connection, _FIRST_LOOK, patience)
    _require_whole(connection, path)


def _require_whole(connection: sqlite3.Connection, path: Path) -> None:
    def told(what: str) -> Any:
        return connection.execute(f"PRAGMA {what}").fetchone()

    (mode,), (pages,), (size,) = told("journal_mode"), told("page_count"), told("page_size")
    there = path.stat().st_size
    if mode != "wal" and 0 < there < pages * size:  # a new file has a page, and is empty
        raise damaged()


def _execute_patiently(connection: sqlite3.Connection, statement: str, patience: float) -> None:
    """Execute a statement once no lock is in its way, for so many seconds.

    The driver would wait for all of them without hearing Ctrl-C. Its errors pass through.
    """
    deadline = time.monotonic() + patience
    _set_patience(connection, min(patience, _SLICE_SECONDS))
    try:
        while True:
            try:
                connection.execute(statement).fetchone()
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
            else:
                return
    finally:
        _set_patience(connection, patience)


def _set_patience(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")


def damaged() -> sqlite3.DatabaseError:
    """The error for a damaged file: counting its orders and reading them gave two numbers."""
    return sqlite3.DatabaseError("database disk image is malformed")


def _play_back(path: Path, patience: float) -> None:
    """Undo what a killed writer left half done, which a connection that only reads may not."""
    with suppress(sqlite3.Error, OSError):  # a name may be too long for there to be another
        if path.with_name(f"{path.name}-journal").exists():
            with closing(_opened(path, "rw", patience)) as connection:
                _execute_patiently(connection, _FIRST_LOOK, patience)


def _opened(path: Path, mode: str, patience: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.text_factory = _decoded
    return connection


def _decoded(stored: bytes) -> str:
    """A text of the database, in which anybody may have stored bytes that are none."""
    return stored.decode(errors="replace")
