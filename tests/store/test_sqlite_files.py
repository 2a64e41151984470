"""SQLite files that are reached by a link, or damaged."""

from __future__ import annotations

import gc
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_many
from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database


@pytest.fixture
def page(sqlite_database: Database) -> Database:
    """A file of some pages."""
    with sqlite_database.writing() as connection:
        add_many(connection, 500)
    return sqlite_database


def opened(path: Path) -> int:
    """How often this process has the file open."""
    links = Path("/proc/self/fd").iterdir()
    return sum(link.is_symlink() and link.readlink() == path for link in links)


def test_a_killed_writer_behind_a_link(page: Database, tmp_path: Path) -> None:
    """What it left is undone with the journal that lies beside the file, not beside the link."""
    assert page.path
    before = run("list", database=page).stdout
    away = tmp_path / "away"
    away.mkdir()
    link = away / "link.db"
    link.symlink_to(page.path)
    journal = page.path.with_name(f"{page.path.name}-journal")
    copy = tmp_path / "half"
    with page.writing() as connection:
        connection.exec_driver_sql("PRAGMA cache_size = 1")
        connection.exec_driver_sql("UPDATE t_order SET label = label || 'x', status = 'DELETED'")
        shutil.copy(page.path, copy)
        shutil.copy(journal, tmp_path / "kept")
    shutil.copy(copy, page.path)
    shutil.copy(tmp_path / "kept", journal)
    result = run("list", database=str(link))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == before
    assert not journal.exists()
    assert run("pause", 1, database=str(link)).exit_code == 0


@pytest.mark.parametrize(
    "words", [["list"], ["summary"], ["pause", "1"], ["db", "init"]], ids=" ".join
)
@pytest.mark.parametrize("damage", ["header", "schema", "all"])
def test_a_damaged_file_is_closed_again(page: Database, words: list[str], damage: str) -> None:
    assert page.path
    start, length = {"header": (0, 60), "schema": (100, 900), "all": (0, 20_000)}[damage]
    with page.path.open("r+b") as stream:
        stream.seek(start)
        stream.write(b"\xa5" * length)
    gc.collect()
    gc.disable()
    try:
        result = run(*words, database=page)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.count("\n") == 1
        assert opened(page.path) == 0
    finally:
        gc.enable()
