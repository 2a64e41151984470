"""Databases of orders to measure with: any number of orders, half as many datasets again.

Everything about an order follows from its id, so that every database of a size holds the same
orders, and one in a hundred labels needs quotes or a guard in CSV.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg

from harness.postgres_server import connected
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

# By the last two digits of an id: most orders have ended, one in fifty is still to be processed.
_STATUS = """
    CASE WHEN i % 100 < 60 THEN 'DONE' WHEN i % 100 < 75 THEN 'EXPIRED'
         WHEN i % 100 < 85 THEN 'DELETED' WHEN i % 100 < 90 THEN 'DONE_WITH_WARNING'
         WHEN i % 100 < 94 THEN 'FAILED' WHEN i % 100 < 96 THEN 'PAUSED'
         WHEN i % 100 < 99 THEN 'RUNNING' ELSE 'PENDING' END
"""
_LABEL = """
    CASE i % 300 WHEN 1 THEN 'Sentinel-2, tile ' || i WHEN 2 THEN '=1+' || i
                 WHEN 3 THEN 'so-called "raw" ' || i ELSE 'SWOT L2 HR ' || i END
"""
_ORDERS = f"""
    INSERT INTO t_order (id, owner, label, creation_date, expiration_date, percent_complete,
                         files_in_error, status, status_date, waiting_for_user)
    SELECT i, 'user' || (i % 997) || '@example.org', {_LABEL}, {{moment}}, {{expiration}},
           CASE WHEN i % 100 < 94 THEN 100 ELSE i % 100 END,
           CASE WHEN i % 20 = 0 THEN i % 7 ELSE 0 END, {_STATUS}, {{moment}}, {{waiting}}
    FROM {{numbers}}
"""
_DATASETS = """
    INSERT INTO t_dataset_task (id, order_id, dataset_label, files_count, files_size, objects_count)
    SELECT i, {order_id}, 'SWOT level 2', i % 1000, i % 1000 * 31415926, i % 100 FROM {numbers}
"""
_REASON = """
    CASE i / {every} % 5
         WHEN 0 THEN 'storage nearline-' || (i % 3) || ' did not answer within 30000 ms: GET /aip/'
                     || (i * 7919) || {line_end} || '    at org.example.Storage.read(Storage.java:'
                     || (i % 900) || ')'
         WHEN 1 THEN 'the checksum of URN:AIP:DATA:p:' || (i * 104729) || ':V1 differs'
         WHEN 2 THEN 'HTTP 503 Service Unavailable for file ' || i || '.nc'
         WHEN 3 THEN 'connection reset by peer' END
"""
_FILES = f"""
    INSERT INTO t_data_file (id, order_id, name, size, mime_type, data_type, data_objects_ip_id,
                             state, download_error_reason)
    SELECT i, 1 + i * 7 % {{orders}}, 'file_' || i || '.nc', i % 1000 * 31415,
           'application/x-netcdf', 'RAWDATA', 'URN:AIP:DATA:p:' || i || ':V1',
           CASE WHEN i % {{every}} <> 0 THEN 'AVAILABLE' ELSE 'ERROR' END,
           CASE WHEN i % {{every}} = 0 THEN {_REASON} END
    FROM {{numbers}}
"""
BULK = "UPDATE t_order SET owner = 'bulk@example.org', status = 'RUNNING' WHERE id % 10 = 5"
"""A tenth of the orders, of one user, that a bulk change is to pause."""


def fill_sqlite(path: Path, orders: int) -> None:
    """Make a database of ours in this file, with so many orders."""
    schema.initialise(Database(str(path)))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _sql in indexes:
            connection.execute(f"DROP INDEX {name}")
        moment = (
            "strftime('%Y-%m-%d %H:%M:%S', 1700000000 + {} * 60, 'unixepoch')"
            " || CASE WHEN i % 1000 THEN rtrim(printf('.%03d', i % 1000), '0') ELSE '' END"
        )
        connection.execute(
            _ORDERS.format(
                moment=moment.format("i"),
                expiration=f"CASE WHEN i % 100 < 90 THEN {moment.format('(i + 43200)')} END",
                waiting="i % 100 = 97",
                numbers=_counted(orders),
            )
        )
        connection.execute(
            _DATASETS.format(
                order_id=f"CASE WHEN i <= {orders} THEN i ELSE (i - {orders}) * 2 END",
                numbers=_counted(orders * 3 // 2),
            )
        )
        for _name, sql in indexes:
            connection.execute(sql)
        connection.execute("COMMIT")


def fill_postgresql(url: str, orders: int) -> None:
    """Add so many orders to the tables that are in this database, ours or a service's."""
    start = "timestamp '2023-11-14 22:13:20'"
    moment = start + " + {} * interval '1 minute' + i % 1000 * interval '1 ms'"
    with connected(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit TO off")
        connection.execute(
            _ORDERS.format(
                moment=moment.format("i"),
                expiration=f"CASE WHEN i % 100 < 90 THEN {moment.format('(i + 43200)')} END",
                waiting="i % 100 = 97",
                numbers=f"generate_series(1, {orders}) AS n (i)",
            ).encode()
        )
        connection.execute(
            _DATASETS.format(
                order_id=f"CASE WHEN i <= {orders} THEN i ELSE (i - {orders}) * 2 END",
                numbers=f"generate_series(1::bigint, {orders * 3 // 2}) AS n (i)",
            ).encode()
        )
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def add_files(location: str, files: int, orders: int, *, failed: int) -> None:
    """Add so many files to the first orders; one in ``failed`` could not be delivered."""
    values = {"orders": orders, "every": failed}
    if location.startswith("postgresql:"):
        with psycopg.connect(location, autocommit=True) as server:
            numbers = f"generate_series(1::bigint, {files}) AS n (i)"
            statement = _FILES.format(numbers=numbers, line_end="chr(10)", **values)
            server.execute(statement.encode())
            server.execute("VACUUM ANALYZE t_data_file")
        return
    with closing(sqlite3.connect(location, isolation_level=None)) as file:
        file.execute("PRAGMA synchronous = OFF")
        file.execute(_FILES.format(numbers=_counted(files), line_end="char(10)", **values))


def _counted(last: int) -> str:
    return (
        "(WITH RECURSIVE n (i) AS"
        f" (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n)"
    )
