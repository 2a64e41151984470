"""Transactions that are tried again where the database did not do it this time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from ordercli.base.errors import (
    ConnectionLostError,
    DatabaseError,
    ServerSilentError,
    TransientError,
)
from ordercli.store.events import recorded_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sqlalchemy import Connection

    from ordercli.domain.change import Change
    from ordercli.store.database import Database, Transactions

_Gift = TypeVar("_Gift")


def write_persistently(
    begin: Transactions, pauses: Iterable[float], write: Callable[[Connection, bool], _Gift]
) -> _Gift:
    """What ``write`` gives, once it is committed.

    It is tried again after a deadlock, a lock held too long or a lost connection, after each of
    the pauses, in seconds; ``write`` is then told that a try before may have been committed. A
    server that does not answer is not tried again. Raises DatabaseError, ConnectionLostError where
    any try may have been committed without an answer.
    """
    lost = False
    waits = iter(pauses)
    while True:
        try:
            with begin() as connection:
                return write(connection, lost)
        except DatabaseError as error:
            lost = lost or isinstance(error, ConnectionLostError)
            again = isinstance(error, TransientError) and not isinstance(error, ServerSilentError)
            wait = next(waits, None) if again else None
            if wait is None:
                raise (ConnectionLostError(error.what) if lost else error) from error
        time.sleep(wait)


def read_persistently(
    database: Database, pauses: Sequence[float], read: Callable[[Connection], _Gift]
) -> _Gift:
    """What is read on the server that is written to, tried again after each of the pauses.

    Raises DatabaseError where the last try fails as well.
    """
    for pause in (*pauses, None):
        try:
            with database.reading(latest=True) as connection:
                return read(connection)
        except DatabaseError:
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError


def recorded_after_all(database: Database, change: Change, ids: Sequence[int]) -> set[int] | None:
    """Which of these orders the history says were changed; None where it can't be asked."""
    try:
        with database.reading(latest=True) as connection:
            return recorded_orders(connection, change.operation, ids)
    except (DatabaseError, KeyboardInterrupt):
        return None
