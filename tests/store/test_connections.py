"""Connections to a server are closed, whatever went wrong while they were used."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from ordercli.base.errors import DatabaseError
from ordercli.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


def driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


def test_a_fault_closes_its_own_connection_and_no_other(postgresql_database: Database) -> None:
    with postgresql_database.reading() as outer:
        assert outer.execute(text("SELECT 1")).scalar() == 1
        used = [driver_of(outer)]

        def fail() -> None:
            with postgresql_database.reading() as inner:
                used.append(driver_of(inner))
                inner.execute(text("SELECT 1 / 0"))

        with pytest.raises(DatabaseError):
            fail()
        assert [driver.closed for driver in used] == [False, True]
        assert outer.execute(text("SELECT 2")).scalar() == 2


def test_what_is_in_use_when_a_database_is_given_up_is_closed_after_it(
    postgresql_database: Database,
) -> None:
    class Traceback:
        """What an exception holds: the database, and who was reading from it."""

    held: Any = Traceback()
    held.itself, held.database = held, Database(postgresql_database.location)
    held.reading = held.database.reading()
    used = driver_of(held.reading.__enter__())
    used.begin()
    gone = weakref.ref(held)
    del held
    gc.collect()
    assert gone() is None
    assert used.closed
