"""How often a command waits for its server: over a slow line nothing else takes time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.program import run
from harness.waits import WaitCounter
from ordercli.store import completion_lookup

if TYPE_CHECKING:
    from ordercli.store.database import Database


@pytest.fixture
def page(postgresql_database: Database) -> Database:
    """Three orders in a database of ours, one of which has a history."""
    with postgresql_database.writing() as connection:
        for order_id in (1, 2, 3):
            add_order(connection, order_id, datasets=[("d1", 1, 2, 3)])
    assert run("pause", 3, database=postgresql_database).exit_code == 0
    return postgresql_database


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("list", 5),
        ("list --limit 2", 5),
        ("history", 5),
        ("show 3", 7),
        ("summary", 7),
        ("list -u nobody", 8),
        ("pause 1", 12),
        ("db check", 14),
    ],
)
def test_waits_of_a_command(page: Database, command: str, most: int) -> None:
    """The three of the login, the one for the end of a transaction, and the others."""
    with WaitCounter(page) as proxy:
        result = run(*command.split(), database=proxy.location)
    assert result.exit_code == 0, result.stderr
    assert proxy.logins == 1
    assert proxy.waits <= most


def test_waits_of_a_completion(page: Database) -> None:
    for look_up in (completion_lookup.users, completion_lookup.order_ids):
        with WaitCounter(page) as proxy:
            assert look_up(proxy.location, "")
        assert proxy.waits <= 4


def test_a_line_that_takes_long_is_seldom_gone_over(page: Database) -> None:
    """Many orders are changed with few waits more than one."""
    with page.writing() as connection:
        for order_id in range(10, 210):
            add_order(connection, order_id)
    with WaitCounter(page) as proxy:
        assert run("pause", "-u", "*", "--yes", database=proxy.location).exit_code == 0
    assert proxy.waits <= 12
