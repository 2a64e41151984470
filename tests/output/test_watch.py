"""``--watch`` and the pager, in a real terminal."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from harness.fill import add_many, add_order
from harness.program import command, run
from harness.terminal import Terminal, written_to_terminal
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from ordercli.store.database import Database

FULL_SCREEN, OLD_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"


@pytest.fixture
def page(database: Database) -> Database:
    """Three running orders."""
    with database.writing() as connection:
        for number in (1, 2, 3):
            add_order(connection, number, status="RUNNING", percent_complete=10 * number)
    return database


def set_progress(database: Database, order_id: int, percent: int) -> None:
    with database.writing() as connection:
        connection.execute(
            update(orders).where(orders.c.id == order_id).values(percent_complete=percent)
        )


def test_a_list_is_drawn_again_and_what_changed_stands_out(page: Database) -> None:
    with Terminal(["list", "--watch", "0.3"], 120, 12, database=page) as terminal:
        terminal.expect("Every 0.3 s, at ")
        terminal.expect("3 orders; Ctrl-C ends")
        terminal.expect(" 2  hello@hello.com  order 2")
        set_progress(page, 2, 77)
        terminal.expect("● 2  hello@hello.com  order 2  ━━━━━━──  77%")
        assert not any("● 1" in line or "● 3" in line for line in terminal.screen())
        with page.writing() as connection:
            add_order(connection, 4)
        terminal.expect("● 4  hello@hello.com")
        terminal.expect("4 orders; Ctrl-C ends")
        terminal.send("\x03")
        assert terminal.exit_code() == 130
        assert terminal.raw.count(FULL_SCREEN) == terminal.raw.count(OLD_SCREEN) == 1
        assert b"Traceback" not in terminal.raw


def test_one_order_is_drawn_again_and_what_changed_stands_out(page: Database) -> None:
    with Terminal(["show", "2", "--watch", "0.3"], 80, 24, database=page) as terminal:
        terminal.expect("order 2; Ctrl-C ends")
        terminal.expect("Progress       20%")
        set_progress(page, 2, 77)
        terminal.expect("● Progress     77%")
        terminal.send("\x03")
        assert terminal.exit_code() == 130


def test_it_survives_a_resized_window(page: Database) -> None:
    with Terminal(["list", "--watch", "60"], 120, 12, database=page) as terminal:
        terminal.expect("Errors count")
        terminal.resize(38, 20)
        terminal.expect("Errors count  0")
        terminal.resize(120, 12)
        terminal.expect(" 3  hello@hello.com  order 3")


def test_it_survives_a_lost_database(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    path = Path(sqlite_database.location)
    away = path.with_suffix(".away")
    with Terminal(["list", "--watch", "0.3"], 150, 12, database=sqlite_database) as terminal:
        terminal.expect("1 order; Ctrl-C ends")
        shutil.move(path, away)
        terminal.expect("lost, trying again: no database at")
        terminal.expect(" 1  hello@hello.com")
        shutil.move(away, path)
        set_progress(sqlite_database, 1, 42)
        terminal.expect("42%")
        assert not any("lost" in line for line in terminal.screen())
        terminal.send("\x03")
        assert terminal.exit_code() == 130


def test_it_needs_a_terminal_and_a_database_at_the_start(sqlite_database: Database) -> None:
    for arguments in (["list"], ["list", "-f", "json"], ["show", "1"]):
        result = run(*arguments, "--watch", "1", database=sqlite_database)
        assert (result.exit_code, result.stdout) == (2, "")
    with Terminal(["list", "--watch", "1"], database="/nowhere/orders.db") as terminal:
        terminal.expect("no database at /nowhere/orders.db")
        assert terminal.exit_code() == 1
        assert FULL_SCREEN not in terminal.raw


@pytest.fixture
def many(sqlite_database: Database) -> Database:
    """More orders than a window has lines."""
    with sqlite_database.writing() as connection:
        for number in range(60):
            add_order(connection, number, label=f"\x1b]0;owned\x07 {number}")
    return sqlite_database


@pytest.mark.needs("less")
def test_all_orders_go_through_the_pager(many: Database) -> None:
    pager = {"PAGER": "sed 's/^/paged: /'"}
    with Terminal(["list", "--all"], 120, 100, database=many, env=pager) as terminal:
        assert terminal.exit_code() == 0
        assert not any("paged" in line for line in terminal.screen())
        assert terminal.screen()[-1] == "60 orders"
    with Terminal(["list", "--all"], 120, 24, database=many, env=pager) as terminal:
        assert terminal.exit_code() == 0
        assert terminal.screen()[-1] == "paged: 60 orders"
        assert b"\x1b]0;" not in terminal.raw
    locale = {"PAGER": "less", "LANG": "fr_FR.UTF-8", "LC_ALL": None}
    with Terminal(["list", "--all"], 120, 24, database=many, env=locale) as terminal:
        terminal.expect("Créée")  # less knows the encoding, also where the locale is missing
        terminal.send("q")
    for arguments, env in ((["--no-pager"], pager), ([], {"PAGER": ""}), ([], {"PAGER": "cat"})):
        with Terminal(["list", "--all", *arguments], 120, 24, database=many, env=env) as terminal:
            assert terminal.exit_code() == 0
            assert terminal.screen()[-1] == "60 orders"


def test_a_long_table_is_one_though_it_is_drawn_in_parts(sqlite_database: Database) -> None:
    """The longest ids come last, and the columns stay where they are."""
    with sqlite_database.writing() as connection:
        add_many(connection, 600, first=99_700)
    words = ["list", "--all", "--sort", "id", "--no-pager", "--columns", "id,label"]
    written = written_to_terminal(words, database=sqlite_database, env={"NO_COLOR": "1"})
    lines = written.decode().splitlines()
    assert lines[-1] == "600 orders"
    assert lines[2:-1] == [f"{number:>6}  order {number}" for number in range(99_700, 100_300)]


def test_a_pager_that_ends_early_is_no_failure(many: Database) -> None:
    with Terminal(["list", "--all"], 120, 24, database=many, env={"PAGER": "head -2"}) as terminal:
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.raw


def test_a_list_that_is_taller_than_the_window_goes_through_the_pager(many: Database) -> None:
    pager = {"PAGER": "sed 's/^/paged: /'"}
    with Terminal(["list"], 120, 24, database=many, env=pager) as terminal:
        assert terminal.exit_code() == 0
        assert terminal.screen()[-1] == "paged: 50 of 60 orders"
    with Terminal(["list", "--limit", "5"], 120, 24, database=many, env=pager) as terminal:
        assert terminal.exit_code() == 0
        assert terminal.screen()[-1] == "5 of 60 orders"
    for rows, options, paged in ((8, [], True), (60, [], False), (8, ["--no-pager"], False)):
        words = ["show", "1", *options]
        with Terminal(words, 120, rows, database=many, env=pager) as terminal:
            assert terminal.exit_code() == 0
            assert any(line.startswith("paged: ") for line in terminal.screen()) == paged


def test_ctrl_c_in_the_pager_is_the_pagers(many: Database) -> None:
    pager = {"PAGER": "cat >/dev/null; trap 'echo caught' INT; echo reading; sleep 1; echo ended"}
    with Terminal(["list"], 120, 24, database=many, env=pager) as terminal:
        terminal.expect("reading")
        terminal.send("\x03")
        terminal.expect("ended")
        assert terminal.exit_code() == 0
        assert not any("interrupted" in line for line in terminal.screen())


def test_a_pager_that_no_shell_can_read_is_an_error(many: Database) -> None:
    with Terminal(["list"], 120, 24, database=many, env={"PAGER": 'less "'}) as terminal:
        terminal.expect('ordercli: PAGER is no command that a shell can read: less "; correct it')
        assert terminal.exit_code() == 2


def test_it_survives_resizes_that_come_faster_than_it_draws(page: Database) -> None:
    with Terminal(["list", "--watch", "60"], 120, 12, database=page) as terminal:
        terminal.expect("Errors count")
        for number in range(1000):
            terminal.resize(100 + number % 20, 12)
        terminal.resize(120, 20)
        set_progress(page, 2, 77)
        terminal.resize(120, 12)
        terminal.expect("77%")
        terminal.send("\x03")
        assert terminal.exit_code() == 130


def test_ctrl_z_gives_the_screen_back_until_the_program_goes_on(page: Database) -> None:
    with Terminal(["-i"], 120, 12, program=["bash", "--norc"], database=page) as terminal:
        terminal.send(f"PS1='ready> '; {shlex.join(command('list', '--watch', '60'))}\n")
        terminal.expect("Ctrl-C ends")
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.expect("ready>")
        terminal.send("fg\n")
        terminal.expect("Ctrl-C ends")
        terminal.send("\x03")
        terminal.send("echo code $?\n")
        terminal.expect("code 130")
        terminal.send("exit\n")
