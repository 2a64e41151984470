"""A wrong pause of ten thousand orders is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from harness.contention import fill, states
from harness.program import run
from harness.stored import rows
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from ordercli.store.database import Database

NUMBER = 10_000


def as_stored(database: Database) -> dict[int, tuple[str, bool]]:
    return {key: (row["status"], row["waiting_for_user"]) for key, row in rows(database).items()}


def test_ten_thousand_orders_are_as_they_were(database: Database) -> None:
    fill(database, NUMBER)
    with database.writing() as connection:
        third = select(orders.c.id).where(orders.c.id % 3 == 0)
        running = update(orders).where(orders.c.id.in_(third)).values(status="RUNNING")
        connection.execute(running)
        waiting = update(orders).where(orders.c.id % 7 == 0).values(waiting_for_user=True)
        connection.execute(waiting)
    before = as_stored(database)
    assert len(set(before.values())) == 4
    assert run("pause", "-u", "*", "-y", "-q", database=database).exit_code == 0
    named = run("history", "--limit", "1", "--columns", "operation", "--no-header",
                database=database)  # fmt: skip
    assert run("undo", named.stdout.strip(), "-y", "-q", database=database).exit_code == 0
    assert as_stored(database) == before
    assert {number for _status, number in states(database).values()} == {2}
