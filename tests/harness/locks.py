"""Which locks the program holds in PostgreSQL, and how long a service has to wait for it."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from harness.postgres_server import connected
from harness.program import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ordercli.store.database import Database

_FILL = """
INSERT INTO t_order (id, owner, label, creation_date, percent_complete, files_in_error, status,
                     status_date, waiting_for_user)
SELECT n, 'user' || n % 1000 || '@example.org', 'order ' || n,
       timestamp '2020-01-01' + n * interval '1 second', 0, 0, 'PENDING', timestamp '2026-03-01',
       false
FROM generate_series(1, {orders}) n;
INSERT INTO t_dataset_task (id, order_id, dataset_label, files_count, files_size, objects_count)
SELECT n, 1 + n % {orders}, 'dataset', 3, 1000, 2 FROM generate_series(1, {orders}) n;
ANALYZE t_order, t_dataset_task
"""
_HELD = """
SELECT DISTINCT coalesce(lock.relation::regclass::text, lock.locktype), lock.mode
FROM pg_locks lock JOIN pg_stat_activity session ON session.pid = lock.pid
WHERE session.application_name = 'ordercli' AND session.datname = current_database()
AND lock.locktype NOT IN ('virtualxid')
"""
_WAITING_FOR_US = """
SELECT count(*) FROM pg_stat_activity waiting, pg_stat_activity ours
WHERE ours.application_name = 'ordercli' AND ours.pid = ANY (pg_blocking_pids(waiting.pid))
"""
SERVICE_WRITES = (
    "UPDATE t_order SET status = 'RUNNING', percent_complete = 1 WHERE id = {id}",
    "INSERT INTO t_order (id, owner, label, creation_date, percent_complete, files_in_error,"
    " status, status_date, waiting_for_user)"
    " VALUES (-{id}, 'new', 'new {id}', now(), 0, 0, 'PENDING', now(), false)",
    "SELECT id FROM t_order WHERE id = {id} FOR UPDATE",
    "DELETE FROM t_dataset_task WHERE id = {id}",
    "LOCK TABLE t_order IN EXCLUSIVE MODE",
)
"""What a service does all day, as it is allowed beside readers."""


def fill(database: Database, orders: int) -> None:
    """Add pending orders with a dataset each; their ids begin at 1."""
    with _session(database) as run:
        for statement in _FILL.format(orders=orders).split(";"):
            run(statement)


class Export:
    """An export that is under way; ``rest`` reads what is left of it and ends it."""

    def __init__(self, database: Database) -> None:
        self._process = subprocess.Popen(
            command("summary"), env=environment(database), stdout=subprocess.PIPE
        )
        assert self._process.stdout
        self._output = self._process.stdout
        self._lines = len(self._output.readline()[:1])

    def rest(self) -> int:
        """The number of orders that it wrote in all."""
        self._lines += sum(1 for _ in self._output)
        self._output.close()
        assert self._process.wait() == 0
        return self._lines - 1


class Watch:
    """What is seen in ``pg_locks`` while it runs: kinds of locks of ours, and who waits for us."""

    def __init__(self, database: Database, pause: float = 0.02) -> None:
        self.held: set[tuple[str, str]] = set()
        self.looks = 0
        self.waiting = 0
        self._database = database
        self._pause = pause
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with _session(self._database) as run:
            while not self._over.wait(self._pause):
                held = run(_HELD)
                self.held.update(held)
                self.looks += bool(held)
                self.waiting = max(self.waiting, run(_WAITING_FOR_US)[0][0])


def slowest_write(database: Database, numbers: range) -> float:
    """The most seconds that one of the service's writes took, each done for each number."""
    slowest = 0.0
    with _session(database) as run:
        for number in numbers:
            for statement in SERVICE_WRITES:
                begun = time.monotonic()
                run(statement.format(id=number))
                slowest = max(slowest, time.monotonic() - begun)
    return slowest


def is_refused(database: Database, statement: str, patience: str = "200ms") -> bool:
    """Whether a statement would wait for longer than this; it is undone if not."""
    with connected(database.location) as connection:
        connection.execute(f"SET LOCAL lock_timeout TO '{patience}'".encode())
        try:
            connection.execute(statement.encode())
        except psycopg.errors.LockNotAvailable:
            return True
        finally:
            connection.rollback()
    return False


_LOCKED = """
SELECT count(*) FROM t_order WHERE pg_xact_status(nullif(xmax::text, '0')::xid8) = 'in progress'
GROUP BY xmax ORDER BY 1 DESC LIMIT 1
"""


def locked_rows(database: Database) -> int:
    """How many rows of ``t_order`` one transaction has locked or changed now, the most of any."""
    with _session(database) as run:
        found = run(_LOCKED)
    return int(found[0][0]) if found else 0


@contextmanager
def _session(database: Database) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """A session of the service, which commits each of its statements."""
    with connected(database.location, application_name="service") as connection:

        def run(statement: str) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return rows

        yield run
