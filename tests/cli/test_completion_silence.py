"""Completion answers soon, and says nothing whatever goes wrong."""

from __future__ import annotations

import resource
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.completion import add_users, completed
from harness.program import environment

if TYPE_CHECKING:
    from ordercli.store.database import Database


def test_nothing_goes_wrong_aloud(tmp_path: Path, sqlite_database: Database) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    configuration = tmp_path / "config.toml"
    configuration.write_text("= not TOML")
    empty = tmp_path / "empty.db"
    empty.touch()
    for location in ("missing.db", str(broken), str(empty), str(tmp_path), "mysql://x", "x=y z"):
        _check_silence("list", "-d", location, "-u", "")
    _check_silence("pause", "-d", "postgresql://u:%zz@127.0.0.1:1/x", "")
    _check_silence("list", "--profile", "", env={"ORDERCLI_CONFIG": str(configuration)})
    _check_silence("no-such-command", "")
    _check_silence("db", "no-such-command", "")
    _check_silence("list 'x", "", shell="bash")
    _check_silence()
    with closing(sqlite3.connect(str(sqlite_database.path))) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        _check_silence("list", "-d", sqlite_database.location, "-u", "", longest=4)


def test_a_server_that_does_not_answer_is_given_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"postgresql://u:p@127.0.0.1:{server.getsockname()[1]}/x"
        _check_silence("list", "-d", address, "-u", "", longest=4)


def test_a_closed_stdout_is_no_error() -> None:
    words = [sys.executable, "-m", "ordercli", "li"]
    finished = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *words],
        check=False,
        capture_output=True,
        env=environment(None, {"_ORDERCLI_COMPLETE": "zsh"}),
    )
    assert (finished.returncode, finished.stderr) == (0, b"")


_TELL_MODULES = """
import sys
from typer.main import get_command
from ordercli.cli.app import app
from ordercli.cli.completion.answer import offers
assert offers(get_command(app), sys.argv[1:])
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "words",
    [
        [""],
        ["list", "--"],
        ["list", "-s", ""],
        ["list", "--columns", "+"],
        ["list", "-f", ""],
        ["show", "-d", "DATABASE", ""],
        ["list", "-d", "DATABASE", "-u", ""],
    ],
    ids=" ".join,
)
def test_nothing_slow_is_imported(sqlite_database: Database, words: list[str]) -> None:
    add_users(sqlite_database, ["ada@example.org"])
    typed = [sqlite_database.location if word == "DATABASE" else word for word in words]
    finished = subprocess.run(
        [sys.executable, "-c", _TELL_MODULES, *typed],
        check=True,
        capture_output=True,
        text=True,
        env=environment(),
    )
    slow = {"sqlmodel", "sqlalchemy", "rich", "tabulate", "psycopg", "platformdirs"}
    assert not slow & set(finished.stdout.split())


def test_dynamic_completion_costs_no_more_than_a_list(
    dialect: str, sqlite_database: Database, request: pytest.FixtureRequest
) -> None:
    database = sqlite_database
    if dialect == "postgresql":
        database = request.getfixturevalue("postgresql_database")
    add_users(database, [f"user{number}@example.org" for number in range(2000)])
    where = {"ORDERCLI_DATABASE": database.location}
    asked = [_cost(["list", "-u", "user1"], {**where, "_ORDERCLI_COMPLETE": "zsh"}) for _ in "123"]
    listed = [_cost(["list", "-q", "--limit", "20"], where) for _ in "123"]
    assert min(asked) <= min(listed)


def _check_silence(
    *words: str, shell: str = "zsh", env: dict[str, str | None] | None = None, longest: float = 10
) -> None:
    start = time.monotonic()
    done = completed(*words, shell=shell, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words
    assert time.monotonic() - start < longest


def _cost(words: list[str], env: dict[str, str]) -> float:
    """The processor time in seconds of a run of the program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "ordercli", *words],
        check=True,
        capture_output=True,
        env=environment(None, dict(env)),
    )
    assert len(done.stdout.splitlines()) >= 20
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
