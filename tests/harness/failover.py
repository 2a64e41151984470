"""A server and its standby, named together in one URL."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import psycopg

from harness.fill import add_order
from harness.postgres_server import PostgresServer, WheelServer
from harness.program import run
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

READING = (
    ["list"], ["list", "-f", "json", "--columns=+status_date"], ["list", "-u", "hello*", "-q"],
    ["show", "1"], ["summary"], ["summary", "--layout", "regards"], ["db", "check"],
    ["pause", "1", "-n"], ["wait", "1", "--for", "pending"],
)  # fmt: skip


class Pair:
    """A primary with some orders, and its hot standby."""

    def __init__(self, primary: WheelServer, standby: WheelServer, database: str) -> None:
        self.primary = primary
        self.standby = standby
        self.database = database

    def stop_replaying(self) -> None:
        """Let the standby stay as it is now, however the primary goes on."""
        self.catch_up()
        with closing(psycopg.connect(self.standby.url, autocommit=True)) as connection:
            connection.execute("SELECT pg_wal_replay_pause()")

    def url(self, *servers: WheelServer, options: str = "") -> str:
        """One URL that names these servers, in this order."""
        login = servers[0].url.partition("@")[0]
        hosts = ",".join(each.url.partition("@")[2].partition("/")[0] for each in servers)
        return f"{login}@{hosts}/{self.database}{options}"

    def catch_up(self) -> None:
        """Wait until the standby has all that was committed."""
        with closing(psycopg.connect(self.primary.url, autocommit=True)) as connection:
            connection.execute("SET synchronous_commit TO on")
            connection.execute("SELECT pg_logical_emit_message(true, 'all', '')")  # and flushed
            end = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
        deadline = time.monotonic() + 60
        with closing(psycopg.connect(self.standby.url, autocommit=True)) as connection:
            caught_up = "SELECT pg_last_wal_replay_lsn() >= %s"
            while connection.execute(caught_up, end).fetchone() != (True,):
                assert time.monotonic() < deadline
                time.sleep(0.01)


@contextmanager
def running_pair(tables: str = "") -> Iterator[Pair]:
    """Two servers of their own for a test that ends one of them; the orders are 1 to 3.

    ``tables`` is the SQL of a service's tables, where the database is to be one of a service.
    """
    primary = WheelServer()
    with ExitStack() as stack:
        stack.callback(primary.stop)
        server = PostgresServer(primary.url)
        location = server.create_database()
        if tables:
            server.execute(location, tables)
        database = Database(location)
        schema.initialise(database)
        with database.writing() as connection:
            for _ in range(3):
                add_order(connection)
        standby = WheelServer(primary)
        stack.callback(standby.stop)
        made = Pair(primary, standby, location.rpartition("/")[2])
        made.catch_up()
        yield made


def check_reading(location: str) -> None:
    """Assert that every reading command answers there."""
    for words in READING:
        result = run(*words, database=location)
        assert (result.exit_code, bool(result.stdout)) == (0, True), words


def check_changing(location: str) -> None:
    """Pause an order and resume it, and assert that both are done."""
    for action, told in (("pause", "paused (was pending)"), ("resume", "resumed (was pause)")):
        result = run(action, "2", database=location)
        assert (result.exit_code, result.stderr) == (0, ""), action
        assert told in result.stdout.replace("running", "pending")
