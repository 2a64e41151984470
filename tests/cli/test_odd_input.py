"""What people type by mistake, and files that are none: one line, at once, and no harm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.program import run, run_process
from harness.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.store.database import Database


@pytest.fixture
def page(sqlite_database: Database) -> Database:
    """Two orders whose labels differ at their ends."""
    with sqlite_database.writing() as connection:
        for number in (1, 2):
            add_order(connection, number, label=f"Sentinel-2 L1C over the bay #{number}00")
    return sqlite_database


def said(*arguments: object, exit_code: int, **options: object) -> str:
    """The one line that a refused command says."""
    result = run_process(*arguments, **options)  # type: ignore[arg-type]  # the options of run_process
    assert (result.exit_code, result.stdout) == (exit_code, b"")
    assert result.stderr.count(b"\n") == 1
    return result.stderr.decode()


def test_an_at_sign_in_a_password_is_not_told() -> None:
    for password in ("canary@tail", "canary@tail:x", "can@ary"):
        line = said("list", "-d", f"postgresql://u:{password}@127.0.0.1:1/x", exit_code=2)
        assert "%40" in line
        assert not any(part in line for part in password.replace(":", "@").split("@"))


def test_a_name_that_no_host_can_have() -> None:
    for host in ("a..b", "a" * 64):
        assert "malformed" in said("list", "-d", f"postgresql://u@{host}/x", exit_code=2)


def test_an_endless_line_is_no_list_of_ids(page: Database) -> None:
    zeros = b"\0" * 1_000_000
    assert "give ids" in said("pause", "-", exit_code=2, database=page, stdin=zeros)
    windows = run_process("pause", "-", database=page, stdin="\ufeff1\r\n2\r\n".encode())
    assert windows.exit_code == 0


def test_a_pipe_is_no_database(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for command in (["list"], ["db", "check"], ["pause", "1"]):
        assert "is not a file" in said(*command, "-d", pipe, exit_code=1, timeout=20)


def test_where_a_report_goes(page: Database, tmp_path: Path) -> None:
    assert "--output is empty" in said("summary", "-o", "", exit_code=2, database=page)
    assert run("summary", "-o", "-", database=page).stdout == run("summary", database=page).stdout
    line = said("summary", "--delimiter", ",", "--layout", "regards", exit_code=2, database=page)
    assert "leave --columns" in line


def test_options_that_contradict_each_other_or_come_too_early(page: Database) -> None:
    assert "exclude each other" in said("list", "-q", "-f", "json", exit_code=2, database=page)
    assert "come after the command" in said("-d", "x.db", "list", exit_code=2)
    assert "too long" in said("list", "--expires-within", "9" * 15 + "d", exit_code=2)


def test_a_narrow_window_tells_that_it_cuts(page: Database) -> None:
    with Terminal(["list"], 36, 30, database=page) as terminal:
        assert terminal.exit_code() == 0
        labels = [line for line in terminal.screen() if line.startswith("Label")]
    assert labels
    assert all("…" in line for line in labels)
    with Terminal(["list", "--watch", "inf"], database=page) as terminal:
        assert terminal.exit_code() == 2
