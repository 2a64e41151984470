"""Completion offers nothing that a shell could run, and works in real ones."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.completion import add_users, offered
from harness.shells import hostile_names, in_each_shell, started
from ordercli.cli.completion.scripts import SHELLS, script

if TYPE_CHECKING:
    from ordercli.store.database import Database
_SAFE = re.compile(r"[A-Za-z0-9._%+@,=-]+")


def test_hostile_names_are_never_offered(database: Database) -> None:
    names = hostile_names("touch pwned")
    if database.path is None:
        names = [name.replace("\0", "") for name in names]
    add_users(database, [*names, "uplain@x.org"])
    assert offered("list", "-d", database.location, "-u", "") == ["uplain@x.org"]
    for start in {name[:length] for name in names for length in (1, 2)}:
        for found in offered("list", "-d", database.location, "-u", start):
            own = found.removeprefix("!") if start[0] == "!" else found
            assert own.startswith("--") or own == "uplain@x.org"
        for found in offered("list", "-d", database.location, f"--user={start}"):
            assert _SAFE.fullmatch(found.replace("=!", "=") if start[0] == "!" else found)
            assert "pwned" not in found


def test_a_name_that_is_not_utf8_hides_no_other(sqlite_database: Database) -> None:
    add_users(sqlite_database, ["ada@x.org", "bob@x.org"])
    with closing(sqlite3.connect(str(sqlite_database.path))) as connection, connection:
        connection.execute("UPDATE t_order SET owner = CAST(x'61ff' AS TEXT) WHERE id = 1")
    assert offered("list", "-d", sqlite_database.location, "-u", "") == ["bob@x.org"]


@in_each_shell
def test_hostile_names_do_nothing_in_a_shell(
    shell: str, sqlite_database: Database, tmp_path: Path
) -> None:
    names = hostile_names("touch pwned")
    assert len(names) == len(set(names)) == 1000
    add_users(sqlite_database, [*names, "uplain@x.org", "uplane@x.org"])
    with started(shell, tmp_path / "home", sqlite_database) as terminal:
        terminal.type("ordercli list -q -u up\t", "ordercli list -q -u upla")
        terminal.send("i\t\r")
        terminal.expect("1001")
        for start in ("u", "", "*"):
            terminal.send(f"ordercli list -q -u {start}\t\t\r\r")
        terminal.send("ordercli pause -n --user=\t\t\r\r")
        terminal.settle()
        terminal.type("ordercli list -q --user=uplain\t\r", "1001")
    written = b"".join(terminal.raw.split())
    assert b"touch" not in written.replace(b"uplain", b"")
    assert not list(tmp_path.rglob("pwned*"))


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_evaluate_nothing(shell: str) -> None:
    code = [line for line in script(shell).splitlines() if not line.startswith("#")]
    assert not re.search(r"\b(eval|source|compgen|_arguments)\b", "\n".join(code))


@in_each_shell
def test_tab_completes_in_a_shell(shell: str, sqlite_database: Database, tmp_path: Path) -> None:
    add_users(sqlite_database, ["ada.laurent@example.org", "bob@example.org"])
    home = tmp_path / "home"
    with started(shell, home, sqlite_database) as terminal:
        (home / "a file.json").touch()
        for typed, shown in (
            ("pau\t", "pause"),
            ("db lo\t", "db load"),
            ("list --no-h\t", "list --no-header"),
            ("list -s wai\t", "list -s waiting-user"),
            ("list --status=done,wai\t", "list --status=done,waiting-user"),
            ("list --columns=id,exp\t", "list --columns=id,expiration"),
            ("list --columns=+exp\t", "list --columns=+expiration"),
            ("list --sort -crea\t", "list --sort -creation"),
            ("list -u ada\t", "list -u ada.laurent@example.org"),
            ("list -u ada.laurent@\t", "list -u ada.laurent@example.org"),
            ("list --user=ada.laurent@e\t", "list --user=ada.laurent@example.org"),
            ("list -u 'bo\t", "list -u 'bob@example.org'"),
            ("show 2\t", "show 2"),
            ("list -d '~/none.db' -u ada\t", "list -d '~/none.db' -u ada"),
            ("db load a\t", r"db load a\ file.json"),
            ("list --database=a\t", r"list --database=a\ file.json"),
        ):
            terminal.type(f"ordercli {typed}", f"ready> ordercli {shown}")
        terminal.type("ordercli pause \t\t", "1")
        terminal.type("ordercli list -q -s pend\t -u bob\t\r", "2")
