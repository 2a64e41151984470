"""A terminal that goes away in the middle of a run: exit code 129, and the orders agree with it.

No traceback, nothing half changed, no file half written, no process left behind.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from harness.changes import batch_size
from harness.commands import without_row
from harness.fill import add_many, add_order
from harness.program import command, run
from harness.stored import recorded, statuses
from harness.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.site import Site
    from ordercli.store.database import Database

READING = (
    ["list"], ["list", "--watch", "1"], ["show", 1], ["summary"], ["summary", "-o", "report.csv"],
    ["stats"], ["errors"], ["metrics", "-o", "report.csv"], ["history"],
    ["wait", 1, "--for", "done"], ["top"], ["profiles", "--check"], ["db", "check"],
    ["pause", "-u", "*", "-n"],
)  # fmt: skip
CHANGING = (
    ["pause", 1], ["resume", 2], ["cancel", 1, "--yes"], ["undo", "5f2b8c1a", "--yes"],
    ["restart", 3, "--label", "again"], ["retry", 3], ["remove", 4, "--yes"], ["db", "init"],
    ["db", "load", "orders.csv", "--update"],
)  # fmt: skip
NEVER_WAITS = (["db", "grants"],)
"""What only prints."""
TABLES = "order_.t_order, order_.t_data_file, order_.ordercli_event"
REDIRECTED = ["sh", "-c", 'exec "$@" 2>>"$0"']
"""What goes to stderr goes into a file, so that it can be read; then nobody can be asked."""


def test_the_matrix_has_every_command() -> None:
    assert without_row([*READING, *CHANGING, *NEVER_WAITS]) == set()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with orders to load."""
    folder = tmp_path / "current"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "orders.csv").write_text(
        "id,user,label,creation,status\n9,a@x,nine,2026-03-01T00:00:00Z,done\n"
    )
    return folder


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
@pytest.mark.parametrize("lines", [READING, CHANGING], ids=["reading", "changing"])
def test_every_command_while_it_waits_for_the_database(
    site: Site, folder: Path, tmp_path: Path, lines: Sequence[Sequence[object]]
) -> None:
    """Somebody else has locked the tables, so that no command gets any further."""
    with site.database.writing() as connection:
        for order_id, status in enumerate(("RUNNING", "PAUSED", "FAILED", "DELETED"), 1):
            add_order(connection, order_id, status=status, files_in_error=1)
    before = statuses(site.database)
    stderr = tmp_path / "stderr"
    redirected = [*REDIRECTED, str(stderr), *command()]
    for words in lines:
        program = command() if words == ["top"] else redirected
        with closing(psycopg.connect(site.database.location)) as locking:
            locking.execute(f"LOCK TABLE {TABLES} IN ACCESS EXCLUSIVE MODE")
            with Terminal(words, program=program, env=site.env) as terminal:
                terminal.until(lambda: _somebody_waits(locking))
                assert terminal.vanish() == 129, words
        assert stderr.read_text() in ("", "ordercli: terminated\n"), words
        stderr.write_text("")
    assert [each.name for each in folder.iterdir()] == ["orders.csv"]
    assert (statuses(site.database), recorded(site.database)) == (before, [])


def _somebody_waits(connection: psycopg.Connection[tuple[int]]) -> bool:
    """Whether one waits who came later; what an earlier command asked may still be under way."""
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE NOT granted AND datname = current_database() AND backend_start >"
        " (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())"
    )
    connection.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees one, once it looks
    found = connection.execute(waiting).fetchone()
    return found is not None and found[0] > 0


def test_a_question(database: Database) -> None:
    """Nothing is changed, and the answer that was half typed is none."""
    with database.writing() as connection:
        add_many(connection, 3, "RUNNING")
    for words in (["pause", "-u", "*"], ["cancel", "1"]):
        with Terminal(words, database=database) as terminal:
            terminal.expect("[y/N]")
            terminal.send("y")
            assert terminal.vanish() == 129
    assert (set(statuses(database).values()), recorded(database)) == ({"RUNNING"}, [])


@pytest.mark.parametrize("action", [["pause", "-u", "*", "-y"], ["cancel", "-u", "*", "-y"]])
def test_a_change_of_many_orders(database: Database, action: Sequence[str]) -> None:
    """The batch at hand is finished; what is done is in the history, and nothing else is."""
    with database.writing() as connection:
        add_many(connection, 3 * batch_size(database), "RUNNING")
    with Terminal([*action, "-f", "json"], database=database) as terminal:
        while not recorded(database):  # nobody reads what it writes: it comes no further
            time.sleep(0.02)
        assert terminal.vanish() == 129
    changed = {key for key, status in statuses(database).items() if status != "RUNNING"}
    assert len(changed) == batch_size(database)
    assert sorted(each[0] for each in recorded(database)) == sorted(changed)


def test_what_is_drawn_until_it_is_told_to_end(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_many(connection, 40)
    for words, shown in (
        (["list", "--watch", "0.1"], "40 orders"), (["wait", "-u", "*"], "waiting for 40"),
        (["top"], "40 orders"), (["list", "--all"], "order 20"),
    ):  # fmt: skip
        with Terminal(words, database=sqlite_database, env={"PAGER": "less -R"}) as terminal:
            terminal.expect(shown)
            assert terminal.vanish() == 129, words


def test_a_report_is_the_old_one_or_the_new_one(sqlite_database: Database, folder: Path) -> None:
    """It goes away once the new one has been begun."""
    with sqlite_database.writing() as connection:
        add_many(connection, 20_000)
    report = folder / "report.csv"
    assert run("summary", "-o", report, database=sqlite_database).exit_code == 0
    new = report.read_bytes()
    report.write_bytes(b"old")
    with Terminal(["summary", "-o", report], database=sqlite_database) as terminal:
        terminal.until(lambda: any(folder.glob(".ordercli-*")) or report.read_bytes() == new)
        assert terminal.vanish() in (0, 129)
    assert report.read_bytes() in (b"old", new)
    assert sorted(each.name for each in folder.iterdir()) == ["orders.csv", "report.csv"]


@pytest.mark.parametrize("begun", [False, True], ids=["asked", "begun"])
def test_the_page_while_it_changes_orders(sqlite_database: Database, begun: bool) -> None:
    """What was begun comes to its end, here when another writer lets it; a question to none."""
    with sqlite_database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
    location = sqlite_database.location
    with (
        closing(sqlite3.connect(location, isolation_level=None, check_same_thread=False)) as writer,
        Terminal(["top"], database=sqlite_database) as terminal,
    ):
        terminal.expect("1 order")
        terminal.send("p")
        terminal.expect("Esc changes nothing")
        if begun:
            writer.execute("BEGIN IMMEDIATE")
            terminal.send("\ry\r")
            terminal.expect("0 of 1 order done")
            threading.Timer(0.3, writer.rollback).start()
        assert terminal.vanish() == 129
    assert statuses(sqlite_database) == {1: "PAUSED" if begun else "RUNNING"}
    assert [each[:2] for each in recorded(sqlite_database)] == [(1, "pause")][: int(begun)]


@pytest.mark.parametrize("words", [["top"], ["list", "--watch", "0.1"]], ids=" ".join)
def test_a_terminal_that_goes_without_a_signal(
    sqlite_database: Database, tmp_path: Path, words: list[str]
) -> None:
    """As for a program that ignores it, or that the terminal does not belong to."""
    with sqlite_database.writing() as connection:
        add_many(connection, 3)
    ignoring = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command()]
    with Terminal(words, program=ignoring, database=sqlite_database) as terminal:
        terminal.expect("3 orders")
        assert terminal.vanish() == 129
