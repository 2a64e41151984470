"""Orders in bulk, what became of them, and others who hold their locks."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, text, update

from ordercli.base import times
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from ordercli.store.database import Database


def fill(database: Database, number: int, status: str = "PENDING") -> None:
    """Orders 1 to ``number``, all of one status, and no history."""
    now = times.now()
    with database.writing() as connection:
        connection.execute(delete(events))
        connection.execute(delete(orders))
        connection.execute(
            insert(orders),
            [
                {"id": order_id, "owner": "many@cnes.fr", "label": f"order {order_id}",
                 "creation_date": now, "percent_complete": 0, "files_in_error": 0,
                 "status": status, "status_date": now, "waiting_for_user": False}
                for order_id in range(1, number + 1)
            ],
        )  # fmt: skip


def resume_all(database: Database) -> None:
    """All orders running, and no history."""
    with database.writing() as connection:
        connection.execute(delete(events))
        connection.execute(update(orders).values(status="RUNNING"))


def states(database: Database) -> dict[int, tuple[str, int]]:
    """The stored status of each order and the number of its events, at one moment."""
    with database.reading() as connection:
        rows = connection.execute(
            text(
                "SELECT t_order.id, status, count(ordercli_event.id) FROM t_order"
                " LEFT JOIN ordercli_event ON order_id = t_order.id GROUP BY t_order.id, status"
            )
        )
        return {order_id: (status, number) for order_id, status, number in rows}


@contextmanager
def locked(database: Database, order_id: int = 1) -> Iterator[Connection]:
    """Another session that has changed an order and not committed yet."""
    with database.writing() as connection:
        connection.execute(
            update(orders).where(orders.c.id == order_id).values(label="locked by another")
        )
        yield connection


@contextmanager
def in_background(work: Callable[[], None]) -> Iterator[None]:
    """The work is done meanwhile, and has to succeed."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if failures:
        raise failures[0]


def waits_for_a_lock(database: Database, transactions: int = 1, timeout: float = 60) -> int:
    """The process number of a session of the program's that waits for a row, once there is one.

    It is the last of so many ``transactions`` that were seen to wait.
    """
    query = text(
        "SELECT pid, xact_start::text FROM pg_stat_activity WHERE application_name = 'ordercli'"
        " AND datname = current_database() AND wait_event_type = 'Lock'"
    )
    seen = set()
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        with database.reading() as connection:
            for process, begun in connection.execute(query):
                seen.add((process, begun))
                if len(seen) == transactions:
                    return int(process)
        time.sleep(0.02)
    raise AssertionError(f"{len(seen)} transactions have waited for a lock")


def until_waited_for(database: Database, transactions: int = 1) -> None:
    """Let others come to wait for a lock that is held; in SQLite nobody can see whether they do."""
    if database.path is None:
        waits_for_a_lock(database, transactions)
    else:
        time.sleep(0.25)
