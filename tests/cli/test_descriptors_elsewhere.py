"""Lost streams on PostgreSQL, through a live service and while loading; a terminal that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.descriptors import CLOSED, FULL, NO_READER, UNTIL_FIRST, ended
from harness.fill import add_order
from harness.program import run
from harness.stored import recorded, statuses
from harness.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from harness.site import Site
    from ordercli.store.database import Database


def test_a_postgresql_database(postgresql_database: Database, tmp_path: Path) -> None:
    database = postgresql_database
    with database.writing() as connection:
        for order_id in range(1, 5):
            add_order(connection, order_id, status="RUNNING")
    for words, way, code in (("list", FULL, 1), ("summary", NO_READER, 141), ("summary", FULL, 1)):
        found = ended([words], database, tmp_path, 1, way)
        assert (found.exit_code, found.stderr.count("\n")) == (code, way != NO_READER), found
    found = ended(["summary"], database, tmp_path, 2, CLOSED)
    assert (found.exit_code, found.stdout.count(b"\n")) == (0, 5)
    grants = ["db", "grants", "ops", "--write"]
    for stream, way, code in ((2, CLOSED, 0), (1, CLOSED, 1), (1, FULL, 1)):
        found = ended(grants, database, tmp_path, stream, way)
        assert (found.exit_code, found.stderr.count("\n")) == (code, code == 1), (way, found)
        assert (b"GRANT" in found.stdout) == (code == 0)
    assert ended(["pause", 1], database, tmp_path, 1, CLOSED).exit_code == 1
    assert recorded(database) == []
    for number, (stream, way, code) in enumerate(
        ((1, FULL, 1), (1, NO_READER, 141), (2, FULL, 0), (2, CLOSED, 0)), 1
    ):
        assert ended(["pause", number], database, tmp_path, stream, way).exit_code == code, way
        assert len(recorded(database)) == number
    assert set(statuses(database).values()) == {"PAUSED"}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"], indirect=True)
def test_a_terminal_that_goes_away(database: Database) -> None:
    """At a question nothing is changed."""
    with database.writing() as connection:
        for order_id in (1, 2):
            add_order(connection, order_id, status="RUNNING")
    with Terminal(["pause", "-u", "*"], database=database) as terminal:
        terminal.expect("[y/N]")
        assert terminal.vanish() == 129
    assert set(statuses(database).values()) == {"RUNNING"}
    assert recorded(database) == []


def test_loading(database: Database, sqlite_database: Database, tmp_path: Path) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    report = tmp_path / "orders.csv"
    assert run("summary", "-o", report, database=sqlite_database).exit_code == 0
    nothing = ended(["db", "load", "-", "--update"], database, tmp_path, 0, CLOSED)
    assert nothing.exit_code == 1
    assert "standard input is closed" in nothing.stderr
    for stream, way in ((1, CLOSED), (2, FULL)):
        found = ended(["db", "load", report, "--update"], database, tmp_path, stream, way)
        assert (found.exit_code, found.stdout) == (0, b""), (stream, way, found)
    assert list(statuses(database)) == [1]


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_what_goes_through_a_live_service(site: Site, tmp_path: Path) -> None:
    with site.database.writing() as connection:
        for order_id, status in enumerate(("FAILED", "FAILED", "DELETED", "DELETED"), 1):
            add_order(connection, order_id, status=status, files_in_error=1)
    changes = (
        ["restart", 1, "--label", "again"], ["retry", 2], ["remove", 3, "--yes"],
        ["remove", 4, "--yes"],
    )  # fmt: skip
    for words in changes[:2]:
        refused = ended(words, None, tmp_path, 1, CLOSED, site.env)
        assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1), words
    assert site.history() == []
    ways = ((1, FULL, 1), (1, NO_READER, 141), (2, FULL, 0), (1, UNTIL_FIRST, 0))
    for words, (stream, way, code) in zip(changes, ways, strict=True):
        found = ended(words, None, tmp_path, stream, way, site.env)
        assert found.exit_code == code or (way == UNTIL_FIRST and found.exit_code == 141), found
    assert [each[:2] for each in site.history()] == [
        (1, "restart"), (2, "retry"), (3, "remove"), (4, "remove"),
    ]  # fmt: skip
    assert not {3, 4} & set(site.statuses())
