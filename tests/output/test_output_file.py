"""``summary -o FILE``: the old file or the new one, never a third, whatever fails on the way."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_many
from harness.program import command, environment, run, run_process
from harness.struck import OLD, Call, Export, Struck, strike, struck_export
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    """Orders whose export takes a few hundred system calls; nobody changes them."""
    made = Database(str(tmp_path_factory.mktemp("export") / "orders.db"))
    schema.initialise(made)
    with made.writing() as connection:
        add_many(connection, 9000)
    return made


@pytest.fixture
def export(database: Database, tmp_path: Path) -> Iterator[Export]:
    with struck_export(database, tmp_path) as prepared:
        yield prepared


@pytest.mark.needs("strace")
@pytest.mark.parametrize("blow", ["error=EIO", "signal=SIGKILL", "signal=SIGTERM"])
def test_struck_here_and_there(export: Export, blow: str) -> None:
    assert len(export.calls) >= 200
    late = {"write", "fsync", "fchmod", "fchown", "rename", "close"}
    struck = [strike(export, call, blow) for call in export.calls if call.name in late]
    assert len(struck) > 10


@pytest.mark.needs("strace")
def test_a_full_disk_and_a_failing_directory(export: Export) -> None:
    full = strike(export, Call("fsync", 1), "error=ENOSPC")
    assert full == Struck(
        1, f"ordercli: can't write {export.target}: No space left on device; nothing was changed\n"
    )
    unsure = strike(export, Call("fsync", 2), "error=EIO")
    assert unsure == Struck(
        1,
        f"ordercli: {export.target} is written, but may not outlast a power failure:"
        " Input/output error; check the disk, then repeat\n",
    )
    assert strike(export, Call("fsync", 2), "error=EINVAL") == Struck(0, "")


def test_a_pipe_is_written_in_place(database: Database, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    copy = tmp_path / "copy"
    with copy.open("wb") as stream, subprocess.Popen(["cat", pipe], stdout=stream):
        assert run_process("summary", "-o", pipe, database=database).exit_code == 0
    assert copy.read_text() == run("summary", database=database).stdout
    with (
        subprocess.Popen(["head", "-n", "1", pipe], stdout=subprocess.PIPE),
        subprocess.Popen(
            command("summary", "-o", pipe), env=environment(database), stderr=subprocess.PIPE
        ) as writer,
    ):
        assert writer.stderr
        assert writer.stderr.read() == b""
    assert writer.returncode == 141
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_names_links_modes_and_owners(database: Database, tmp_path: Path) -> None:
    new = run("summary", database=database).stdout
    longest = tmp_path / f"{'a' * 251}.csv"
    assert run("summary", "-o", longest, database=database).exit_code == 0
    assert longest.read_text() == new
    real = tmp_path / "real" / "orders.csv"
    real.parent.mkdir()
    real.write_text(OLD)
    real.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(real, 65534, 65534)
    before = real.stat()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "other link")
    (tmp_path / "other link").symlink_to(real)
    assert run("summary", "-o", link, database=database).exit_code == 0
    after = real.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode, before.st_uid, before.st_gid,
    )  # fmt: skip
    assert real.read_text() == new
    assert link.is_symlink()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    refused = run("summary", "-o", tmp_path / "loop", database=database)
    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)


class TestOntoTheDatabase:
    """A report is never written onto the database that it is made of, however that is named."""

    @pytest.fixture
    def orders(self, tmp_path: Path) -> Path:
        path = tmp_path / "orders.db"
        made = Database(str(path))
        schema.initialise(made)
        with made.writing() as connection:
            add_many(connection, 3)
        return path

    @pytest.mark.parametrize(
        "name", ["orders.db", "./orders.db", "link.db", "hard.db", "orders.db-journal", "fd"]
    )
    def test_it_is_refused(self, orders: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(orders.parent)
        (orders.parent / "link.db").symlink_to("orders.db")
        (orders.parent / "hard.db").hardlink_to(orders)
        before = orders.read_bytes()
        with orders.open("ab") as stream:
            named = f"/proc/self/fd/{stream.fileno()}" if name == "fd" else name
            result = run("summary", "-d", orders, "-o", named)
        assert result.exit_code == 2
        assert "is the database itself" in result.stderr
        assert orders.read_bytes() == before
        assert not (orders.parent / "orders.db-journal").exists()

    @pytest.mark.parametrize("words", [["summary"], ["list"], ["pause", 1]], ids=str)
    def test_nor_is_it_appended_to_it(self, orders: Path, words: list[object]) -> None:
        before = orders.read_bytes()
        with orders.open("ab") as stream:
            ended = subprocess.run(
                command(*words, "-d", orders), stdout=stream, stderr=subprocess.PIPE,
                env=environment(), check=False,
            )  # fmt: skip
        assert (ended.returncode, b"is the database itself" in ended.stderr) == (2, True)
        assert orders.read_bytes() == before

    def test_a_file_beside_it_is_no_such_file(self, orders: Path) -> None:
        assert run("summary", "-d", orders, "-o", orders.parent / "orders.csv").exit_code == 0
