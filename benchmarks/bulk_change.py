"""How long pausing many orders by filter takes, beside the bare SQL that does the same.

Run it with ``make bench``. Quote the ratios of medians; the seconds are this machine's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from ordercli import schema
from ordercli.database import Database
from postgres_server import PostgresServer, WheelServer

_ORDERS = """
    INSERT INTO t_order (id, owner, label, creation_date, expiration_date, percent_complete,
                         files_in_error, status, status_date, waiting_for_user)
    SELECT i, 'user' || (i % 10) || '@example.org', 'Order ' || i, {moment}, {moment}, i % 101, 0,
           'RUNNING', {moment}, {false} FROM {numbers}
"""
_BARE = """
    INSERT INTO ordercli_event (order_id, action, from_status, to_status, event_date, actor,
                                reason, operation)
    SELECT id, 'pause', status, 'PAUSED', {now}, 'benchmark', NULL,
           '00000000-0000-0000-0000-000000000000'
    FROM t_order WHERE owner = 'user1@example.org' AND status IN ('PENDING', 'RUNNING');
    UPDATE t_order SET status = 'PAUSED', status_date = {now}, waiting_for_user = {false}
    WHERE owner = 'user1@example.org' AND status IN ('PENDING', 'RUNNING');
"""
_OURS = ("pause", "--yes", "--quiet", "--user", "user1@example.org")


def main() -> None:
    """Measure both databases and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000, help="a tenth of them is paused")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print("database    paused   ordercli  bare SQL  ratio  peak memory")
    with tempfile.TemporaryDirectory() as folder:
        measure_sqlite(Path(folder), options.orders, options.runs)
    measure_postgresql(options.orders, options.runs)


def measure_sqlite(folder: Path, orders: int, runs: int) -> None:
    """Pause in fresh copies of one SQLite file."""
    original, copy = folder / "original.db", folder / "copy.db"
    schema.initialise(Database(str(original)))
    numbers = (
        "(WITH RECURSIVE n (i) AS"
        f" (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {orders}) SELECT i FROM n)"
    )
    with sqlite3.connect(original) as connection:
        connection.execute(
            _ORDERS.format(moment="'2026-01-01 00:00:00'", false="0", numbers=numbers)
        )
    connection.close()
    bare = _BARE.format(now="'2026-01-02 00:00:00'", false="0")
    ours: list[tuple[float, int]] = []
    theirs: list[float] = []
    for _ in range(runs):
        shutil.copyfile(original, copy)
        ours.append(run_ours(str(copy)))
        shutil.copyfile(original, copy)
        begun = time.perf_counter()
        with sqlite3.connect(copy) as connection:
            connection.executescript(f"BEGIN IMMEDIATE; {bare} COMMIT;")
        connection.close()
        theirs.append(time.perf_counter() - begun)
    report("SQLite", orders // 10, ours, theirs)


def measure_postgresql(orders: int, runs: int) -> None:
    """Pause in fresh copies of one PostgreSQL database, with every commit made durable."""
    wheel = WheelServer()
    try:
        server = PostgresServer(wheel.url)
        with psycopg.connect(wheel.url, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} TO on".encode())
            connection.execute("SELECT pg_reload_conf()")
        numbers = f"generate_series(1, {orders}) AS n (i)"
        fill = _ORDERS.format(moment="timestamp '2026-01-01'", false="false", numbers=numbers)

        def prepare(url: str) -> None:
            schema.initialise(Database(url))
            server.execute(url, fill)

        template = server.template("bulk", prepare)
        bare = _BARE.format(now="timestamp '2026-01-02'", false="false")
        ours: list[tuple[float, int]] = []
        theirs: list[float] = []
        for _ in range(runs):
            url = fresh_copy(server, template)
            ours.append(run_ours(url))
            server.drop_database(url)
            url = fresh_copy(server, template)
            begun = time.perf_counter()
            with psycopg.connect(url) as connection:
                connection.execute(bare.encode())
            theirs.append(time.perf_counter() - begun)
            server.drop_database(url)
        report("PostgreSQL", orders // 10, ours, theirs)
    finally:
        wheel.stop()


def fresh_copy(server: PostgresServer, template: str) -> str:
    """A database like the template, tidied up so that no run pays for the one before."""
    url = server.create_database(template)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return url


def run_ours(location: str) -> tuple[float, int]:
    """Seconds of the whole process, and its peak memory in kilobytes."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "ordercli", *_OURS, "--database", location],
        stdin=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"ordercli ended with {process.returncode}")
    return time.perf_counter() - begun, usage.ru_maxrss


def report(name: str, paused: int, ours: list[tuple[float, int]], theirs: list[float]) -> None:
    """Print the medians and their ratio."""
    mine = statistics.median(seconds for seconds, _ in ours)
    bare = statistics.median(theirs)
    memory = max(kilobytes for _, kilobytes in ours) / 1024
    print(
        f"{name:<10} {paused:>7,} {mine:>9.2f}s {bare:>8.2f}s {mine / bare:>6.2f} {memory:>8.0f} MB"
    )


if __name__ == "__main__":
    main()
