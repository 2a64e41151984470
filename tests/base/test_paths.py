"""Private files in private directories, odd paths, and configuration from its own place only."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from harness.odd_paths import NAMES, check_name, prepare
from harness.program import run
from ordercli.store.database import Database
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o027, 0o077])
def mask(request: pytest.FixtureRequest) -> Iterator[int]:
    """A umask, which is that of the process meanwhile."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(directory: Path) -> dict[str, str]:
    """The permissions of all that is below a directory."""
    return {
        str(each.relative_to(directory)): oct(stat.S_IMODE(each.stat().st_mode))
        for each in sorted(directory.rglob("*"))
    }


def test_what_is_made_is_private_whatever_the_umask(here: Path, mask: int) -> None:
    for words in (["db", "init", "-d", "a/b/c/orders.db"], ["db", "init"]):
        assert run(*words, env={"XDG_DATA_HOME": str(here / "data/home")}).exit_code == 0
    assert modes(here) == {
        "a": "0o700", "a/b": "0o700", "a/b/c": "0o700", "a/b/c/orders.db": "0o600",
        "data": "0o700", "data/home": "0o700", "data/home/ordercli": "0o700",
        "data/home/ordercli/orders.db": "0o600",
    }  # fmt: skip
    assert run("summary", "-d", "a/b/c/orders.db", "-o", "report.csv").exit_code == 0
    assert modes(here)["report.csv"] == oct(0o666 & ~mask)


def test_what_is_there_keeps_its_mode(here: Path) -> None:
    shared = here / "shared"
    shared.mkdir(mode=0o750)
    database = shared / "orders.db"
    assert run("db", "init", "-d", database).exit_code == 0
    database.chmod(0o640)
    assert run("db", "init", "--sample", "3", "-d", database).exit_code == 0
    assert modes(here) == {"shared": "0o750", "shared/orders.db": "0o640"}


def test_the_journal_of_a_database_is_private(here: Path) -> None:
    before = os.umask(0)
    try:
        assert run("db", "init", "--sample", "3", "-d", "orders.db").exit_code == 0
        with Database("orders.db").writing() as connection:
            connection.execute(update(orders).values(percent_complete=1))
            assert modes(here)["orders.db-journal"] == "0o600"
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", NAMES[::4], ids=lambda name: ascii(name)[:30])
def test_an_odd_path_works_or_is_refused_in_one_line(here: Path, name: str) -> None:
    prepare(here)
    check_name(name)


def test_a_home_that_nobody_knows(here: Path) -> None:
    for path in ("~no-such-user/x", "~no-such-user"):
        result = run("list", "-d", path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "no home directory is known" in result.stderr


def test_a_text_with_a_nul_in_the_configuration(here: Path) -> None:
    path = here / "config.toml"
    path.write_text('default_profile = "x"\n[profiles.x]\ndatabase = "a\\u0000b"\n')
    for words in (["list"], ["db", "init"]):
        result = run(*words, env={"ORDERCLI_CONFIG": str(path)})
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert "'database' is no text" in result.stderr


def test_a_configuration_that_others_may_write_to(here: Path) -> None:
    path = here / "config.toml"
    path.write_text('\ufeffdefault_profile = "x"\n[profiles.x]\ndatabase = "x.db"\n')
    assert run("db", "init", "-d", "x.db").exit_code == 0
    for mode, code in ((0o644, 0), (0o664, 2), (0o646, 2), (0o622, 2), (0o600, 0)):
        path.chmod(mode)
        result = run("list", env={"ORDERCLI_CONFIG": str(path)})
        assert result.exit_code == code, oct(mode)
        told = f"ordercli: others can write to {path}; run chmod go-w on it\n"
        assert result.stderr == (told if code else "ordercli: no order matches\n")


def test_configuration_comes_from_its_own_place_and_is_toml(here: Path) -> None:
    evil = "default_profile = 'evil'\n[profiles.evil]\ndatabase = 'evil.db'\n"
    for name in ("config.toml", ".ordercli.toml", "ordercli.toml", ".ordercli/config.toml",
                 "ordercli/config.toml", ".config/ordercli/config.toml", ".env"):  # fmt: skip
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_text(f"ORDERCLI_DATABASE=evil.db\n{evil}" if name == ".env" else evil)
    for home in (None, ".", "", ".config"):
        result = run("list", env={"XDG_CONFIG_HOME": home})
        assert "no database at" in result.stderr
        assert "evil" not in result.stderr
    place = here / "home" / "ordercli"
    place.mkdir(parents=True)
    for name in ("config.json", "config.yaml", "config.ini", "config.py", "config", "config.toml~"):
        (place / name).write_text(evil)
    assert "evil" not in run("list", env={"XDG_CONFIG_HOME": str(place.parent)}).stderr
    for text in ('{"default_profile": "evil"}', "default_profile: evil", "import os", "\0" * 100):
        (place / "config.toml").write_text(text)
        result = run("list", env={"XDG_CONFIG_HOME": str(place.parent)})
        assert (result.exit_code, result.stdout) == (2, "")
        assert "is not TOML" in result.stderr


def test_a_configuration_without_an_end(here: Path) -> None:
    os.mkfifo(here / "pipe")
    for path in ("pipe", "/dev/zero"):
        result = run("list", env={"ORDERCLI_CONFIG": path})
        assert (result.exit_code, result.stdout) == (1, "")
        assert "is not a file" in result.stderr
    assert run("list", "-d", "x.db", env={"ORDERCLI_CONFIG": "/dev/null"}).exit_code == 1
