"""Fixtures for the full screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order

if TYPE_CHECKING:
    from ordercli.store.database import Database


@pytest.fixture
def sqlite_page(sqlite_database: Database) -> Database:
    """Twelve orders in a SQLite file, of which one is running."""
    with sqlite_database.writing() as connection:
        for order_id in range(1, 13):
            status = "RUNNING" if order_id == 7 else "DONE"
            add_order(connection, order_id, status=status)
    return sqlite_database
