"""Orders spread over two more servers: what is read and changed is as on one server.

``make test-long`` runs the tests of ``list``, ``summary`` and the changes themselves there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database


def test_it_is_as_on_one_server(
    sqlite_database: Database, federated_database: Database, clock: object
) -> None:
    everywhere = (sqlite_database, federated_database)
    sample = run("db", "init", "--sample", 300, database=sqlite_database)
    assert sample.exit_code == 0
    pages = run("summary", "--columns", "+files,+status_date", database=sqlite_database).stdout
    assert run("db", "load", "-", database=federated_database, stdin=pages).exit_code == 0
    for words in (
        ["list", "--limit", "20", "-f", "json"],
        ["list", "--limit", "9", "-s", "running,failed", "--sort=-size", "-f", "json"],
        ["summary"],
        ["summary", "-u", "a*", "--since", "2026-01-15", "--columns=+files"],
        ["pause", "-u", "a*", "-s", "running,pending", "--yes", "-f", "json"],
        ["cancel", "17", "18", "999", "--yes", "-f", "json"],
        ["list", "-f", "tsv", "--sort", "status,-creation"],
    ):
        one, spread = (run(*words, database=database) for database in everywhere)
        assert one.stdout
        assert (spread.exit_code, spread.stdout) == (one.exit_code, one.stdout), words
