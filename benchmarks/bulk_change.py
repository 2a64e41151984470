"""How long pausing many orders by filter takes, beside the bare SQL that does the same."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg

from data import BULK, fill_postgresql, fill_sqlite
from measure import run
from ordercli.store import schema
from ordercli.store.database import Database
from places import ordercli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from measure import Figures

_BARE = """
    INSERT INTO ordercli_event (order_id, action, from_status, to_status, event_date, actor,
                                reason, operation)
    SELECT id, 'pause', status, 'PAUSED', {now}, 'benchmark', NULL,
           '00000000-0000-0000-0000-000000000000'
    FROM t_order WHERE owner = 'bulk@example.org' AND status IN ('PENDING', 'RUNNING');
    UPDATE t_order SET status = 'PAUSED', status_date = {now}, waiting_for_user = {false}
    WHERE owner = 'bulk@example.org' AND status IN ('PENDING', 'RUNNING');
"""
_OURS = ("pause", "--yes", "--quiet", "--user", "bulk@example.org")
_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def measured(folder: Path, server: PostgresServer, orders: int, runs: int) -> list[list[str]]:
    """A row for each database: its name, seconds, ratio to the bare SQL, megabytes."""
    return [_on_sqlite(folder, orders, runs), _on_postgresql(server, orders, runs)]


def _on_sqlite(folder: Path, orders: int, runs: int) -> list[str]:
    """In fresh copies of one file."""
    original, copy = folder / "bulk.db", folder / "copy.db"
    fill_sqlite(original, orders)
    with closing(sqlite3.connect(original)) as connection:
        connection.execute(BULK)
        connection.commit()
    bare = _BARE.format(now="'2026-01-02 00:00:00'", false="0")

    def run_bare() -> None:
        with closing(sqlite3.connect(copy)) as connection:
            connection.executescript(f"BEGIN IMMEDIATE; {bare} COMMIT;")

    return _row("SQLite", str(copy), lambda: shutil.copyfile(original, copy), run_bare, runs)


def _on_postgresql(server: PostgresServer, orders: int, runs: int) -> list[str]:
    """In one database whose orders are put back before each run, with durable commits."""
    url = server.create_database()
    schema.initialise(Database(url))
    fill_postgresql(url, orders)
    bare = _BARE.format(now="timestamp '2026-01-02'", false="false")

    def put_back() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(BULK.encode())
            connection.execute("TRUNCATE ordercli_event")
            connection.execute("VACUUM FULL ANALYZE t_order")
            connection.execute("CHECKPOINT")

    def run_bare() -> None:
        with psycopg.connect(url) as connection:
            connection.execute(bare.encode())

    with psycopg.connect(url, autocommit=True) as connection:
        for setting in _DURABLE:
            connection.execute(f"ALTER SYSTEM SET {setting} TO on".encode())
        connection.execute("SELECT pg_reload_conf()")
    row = _row("PostgreSQL", url, put_back, run_bare, runs)
    server.drop_database(url)
    return row


def _row(
    name: str,
    location: str,
    put_back: Callable[[], object],
    run_bare: Callable[[], None],
    runs: int,
) -> list[str]:
    ours: list[Figures] = []
    theirs: list[float] = []
    for _ in range(runs):
        put_back()
        ours.append(run(ordercli(*_OURS, location=location)))
        put_back()
        begun = time.perf_counter()
        run_bare()
        theirs.append(time.perf_counter() - begun)
    mine = statistics.median(each.seconds for each in ours)
    memory = max(each.memory for each in ours) / 1e6
    return [name, f"{mine:.2f}", f"{mine / statistics.median(theirs):.2f}", f"{memory:.0f}"]
