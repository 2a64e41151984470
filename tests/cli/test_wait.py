"""``ordercli wait``: until orders reach a status, on both databases."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from harness.fill import add_order
from harness.program import command, environment, run
from harness.terminal import Terminal
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from ordercli.store.database import Database


@pytest.fixture
def page(database: Database) -> Database:
    """One order of each kind that matters to somebody who waits."""
    with database.writing() as connection:
        for number, status in enumerate(("RUNNING", "DONE", "FAILED", "DELETED", "EXPIRED"), 1):
            add_order(connection, number, status=status)
    return database


def test_orders_that_are_there_already(page: Database) -> None:
    result = run("wait", "2", "3", "--for", "done,failed", database=page)
    assert (result.exit_code, result.stderr) == (0, "")
    assert sorted(result.stdout.splitlines()) == ["2 done", "3 failed"]
    from_stdin = run("wait", "-", "--for", "done", database=page, stdin="2 # delivered\n\n")
    assert (from_stdin.exit_code, from_stdin.stdout) == (0, "2 done\n")
    nothing = run("wait", "-", "--for", "done", database=page, stdin="")
    assert (nothing.exit_code, nothing.stdout) == (0, "")


def test_orders_that_can_not_get_there_are_named_at_once(page: Database) -> None:
    begun = time.monotonic()
    words = ("--for", "done", "--interval", "60s")
    result = run("wait", "2", "3", "4", "5", "9", *words, database=page)
    assert time.monotonic() - begun < 30
    assert (result.exit_code, result.stdout) == (3, "2 done\n")
    assert result.stderr.splitlines() == [
        "ordercli: order 3 is failed and can't get there any more",
        "ordercli: order 4 is removed and can't get there any more",
        "ordercli: order 5 is expired and can't get there any more",
        "ordercli: no order 9",
    ]


def test_the_time_is_up(page: Database) -> None:
    result = run("wait", "1", "--for", "done", "--timeout", "1s", "--interval", "1s", database=page)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "ordercli: order 1 did not get there in 1s, it is running\n"


def test_it_ends_when_the_order_gets_there(page: Database) -> None:
    waiting = subprocess.Popen(
        command("wait", "1", "2", "--for", "done", "--interval", "1s", "--timeout", "60s"),
        stdout=subprocess.PIPE, env=environment(page),
    )  # fmt: skip
    with waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"2 done\n"
        with page.writing() as connection:
            connection.execute(update(orders).where(orders.c.id == 1).values(status="DONE"))
        assert waiting.stdout.readline() == b"1 done\n"
        assert waiting.wait(60) == 0


def test_what_means_nothing_is_refused(page: Database) -> None:
    for arguments in (
        [], ["--for", "done"], ["1", "-u", "x"], ["-i"], ["-u", ""], ["1", "--for", "don"],
        ["1x", "--for", "done"],
        ["1", "--for", "done", "--timeout", "soon"], ["1", "--for", "done", "--interval", "0s"],
    ):  # fmt: skip
        result = run("wait", *arguments, database=page)
        assert (result.exit_code, result.stdout) == (2, ""), arguments
        assert result.stderr.count("\n") == 1


def test_orders_that_are_chosen_once(page: Database) -> None:
    """The default is that they have ended; --any returns at the first."""
    ended = run("wait", "-s", "done,failed,expired", database=page)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == ["2 done", "3 failed", "5 expired"]
    first = run("wait", "--no-waiting", "--any", database=page)
    assert (first.exit_code, first.stderr, "1" in first.stdout.split()) == (0, "", False)
    lost = run("wait", "-s", "ended", "--for", "done,failed", "--any", database=page)
    assert (lost.exit_code, lost.stdout) == (0, "2 done\n3 failed\n")
    for words in (["--for", "running"], ["--for", "pause", "--any"]):
        never = run("wait", "-s", "removed,expired", *words, database=page)
        assert (never.exit_code, never.stdout, never.stderr.count("can't get there")) == (3, "", 2)
    late = run("wait", "-s", "running", "--any", "--timeout", "0s", database=page)
    assert (late.exit_code, late.stderr) == (
        3, "ordercli: order 1 did not get there in 0s, it is running\n",
    )  # fmt: skip
    nobody = run("wait", "-u", "nobody", database=page)
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert nobody.stderr == "ordercli: no order matches\n"


def test_what_is_waited_for_is_shown_on_a_terminal(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        for number, status in enumerate(("RUNNING", "RUNNING", "PENDING", "DONE"), 1):
            add_order(connection, number, status=status)
    words = ["wait", "-s", "!removed", "--interval", "1s", "--bell"]
    with Terminal(words, database=sqlite_database, columns=60) as terminal:
        terminal.expect("waiting for 3 orders: 2 running, 1 pending")
        with sqlite_database.writing() as connection:
            connection.execute(update(orders).where(orders.c.id == 3).values(status="FAILED"))
        terminal.expect("waiting for 2 orders: 2 running")
        with sqlite_database.writing() as connection:
            connection.execute(update(orders).values(status="DONE"))
        assert terminal.exit_code() == 0
        assert terminal.screen() == ["4 done", "3 failed", "1 done", "2 done"]
    assert b"\a" in terminal.raw
