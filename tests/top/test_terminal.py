"""``top`` in a real terminal: it leaves it as it was, however it ends."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from harness.program import run
from harness.terminal import Terminal

if TYPE_CHECKING:
    from ordercli.store.database import Database

_COLOUR = re.compile(rb"\x1b\[[0-9;]*\b(3[0-7]|[34]8|9[0-7])\b[0-9;]*m")
_ALTERNATE_SCREEN_LEFT = b"\x1b[?1049l"


def test_a_change_is_made_in_a_terminal_without_colours(sqlite_page: Database) -> None:
    env = {"NO_COLOR": "1", "ORDERCLI_LANG": "fr"}
    with Terminal(["top", "-s", "running"], database=sqlite_page, env=env) as terminal:
        terminal.expect("1 commande  ► en cours 1")
        terminal.send("p")
        terminal.expect("Mettre en pause 1 commande")
        terminal.resize(60, 20)
        terminal.expect("Motif")
        terminal.expect("Échap ne change rien")
        terminal.send("disque plein\ro\r")
        terminal.expect("1 commande")
        terminal.expect("u défait")
        terminal.send("q")
        assert terminal.exit_code() == 0
        assert _ALTERNATE_SCREEN_LEFT in terminal.raw
        told = terminal.raw.rpartition(_ALTERNATE_SCREEN_LEFT)[2].decode()
        assert "pause" in told
        assert _COLOUR.search(terminal.raw) is None
    assert "disque plein" in run("history", database=sqlite_page).stdout


@pytest.mark.parametrize(("end", "code"), [("SIGTERM", 143), ("hang up", 129)])
def test_a_change_that_has_begun_comes_to_its_end(
    sqlite_page: Database, end: str, code: int
) -> None:
    assert sqlite_page.path is not None
    with (
        closing(sqlite3.connect(sqlite_page.path, isolation_level=None)) as other,
        Terminal(["top", "-s", "running"], database=sqlite_page) as terminal,
    ):
        terminal.expect("order 7")
        terminal.send("p")
        terminal.expect("Esc changes nothing")
        other.execute("BEGIN IMMEDIATE")
        terminal.send("\ry\r")
        terminal.expect("0 of 1 order done")
        if end == "hang up":
            terminal.hang_up()
        else:
            os.kill(terminal.process, signal.SIGTERM)
            terminal.expect("what has begun comes to its end first")
        other.execute("ROLLBACK")
        assert terminal.exit_code() == code
        if end == "SIGTERM":
            told = terminal.raw.rpartition(_ALTERNATE_SCREEN_LEFT)[2].decode()
            assert "1 order was paused" in told
    assert run("list", "-q", "-s", "pause", database=sqlite_page).stdout == "7\n"
    assert "pause" in run("history", "7", database=sqlite_page).stdout


def test_it_stops_and_goes_on(sqlite_page: Database) -> None:
    with Terminal(["top"], database=sqlite_page) as terminal:
        terminal.expect("12 orders")
        terminal.send("\x1a")
        terminal.until(lambda: _ALTERNATE_SCREEN_LEFT in terminal.raw)
        os.kill(terminal.process, signal.SIGCONT)
        terminal.until(lambda: terminal.raw.count(b"\x1b[?1049h") == 2)
        terminal.send("q")
        assert terminal.exit_code() == 0


def test_without_a_terminal_it_says_what_to_use(sqlite_page: Database) -> None:
    result = run("top", database=sqlite_page)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "use 'ordercli list' instead" in result.stderr


def test_without_textual_it_says_how_to_get_it(sqlite_page: Database) -> None:
    code = "import sys; sys.modules['textual'] = None; from ordercli.__main__ import main; main()"
    program = [sys.executable, "-c", code, "top"]
    with Terminal([], 120, program=program, database=sqlite_page) as terminal:
        assert terminal.exit_code() == 2
        told = "Textual, which top needs, is not installed; pip install textual, or pipx"
        assert told in terminal.screen()[0]
