"""What is published: the archives hold everything, and what pipx installs of them works."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.program import environment
from ordercli import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parents[2]
SHARED = {
    "man/ordercli.1": "share/man/man1/ordercli.1",
    "src/ordercli/completions/ordercli.bash": "share/bash-completion/completions/ordercli",
    "src/ordercli/completions/_ordercli": "share/zsh/site-functions/_ordercli",
    "src/ordercli/completions/ordercli.fish": "share/fish/vendor_completions.d/ordercli.fish",
}
Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the source archive and of the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("archives")
    done = python("build", "--no-isolation", f"--outdir={folder}", str(PROJECT))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def installed(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """A function that runs the program as pipx installs it, without any extra."""
    home = tmp_path_factory.mktemp("pipx")
    reached = python("pip", "download", "--no-deps", "--retries=1", f"--dest={home}", "tabulate")
    assert reached.returncode == 0, f"no package index can be reached: {reached.stderr}"
    folders = {f"PIPX_{name}": str(home / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    done = python("pipx", "install", str(next(archives.glob("*.whl"))), **folders)
    assert done.returncode == 0, done.stderr
    assert (home / "MAN_DIR" / "man1" / "ordercli.1").exists()
    path = f"{home / 'BIN_DIR'}:/usr/bin:/bin"

    def run(*arguments: str) -> Run:
        variables = environment(env={"PATH": path, "PYTHONPATH": None})
        return subprocess.run(
            ["ordercli", *arguments], check=False, capture_output=True, text=True, env=variables
        )

    return run


def python(module: str, *arguments: str, **variables: str) -> Run:
    """A module that was run as a program, in the environment that pytest was started in."""
    words = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        words, check=False, capture_output=True, text=True, env={**os.environ, **variables}
    )


def test_the_wheel_holds_the_package_and_what_is_shared(archives: Path) -> None:
    names = zipfile.ZipFile(next(archives.glob("*.whl"))).namelist()
    data = f"ordercli-{__version__}.data/data/"
    assert {name.removeprefix(data) for name in names if name.startswith(data)} == set(
        SHARED.values()
    )
    package = PROJECT / "src" / "ordercli"
    files = {each for each in package.rglob("*") if each.is_file() and each.suffix != ".pyc"}
    assert {f"ordercli/{each.relative_to(package)}" for each in files} <= set(names)


def test_the_source_archive_holds_what_is_shared_and_the_tests(archives: Path) -> None:
    with tarfile.open(next(archives.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {*SHARED, "tests/conftest.py", "README.md", "LICENSE", "Makefile"} <= names
    docs = PROJECT / "docs"
    assert {f"docs/{page.name}" for page in docs.glob("*.md")} <= names
    assert {"docs/pictures/list.svg", "zensical.toml"} <= names


def test_the_program_works_as_pipx_installs_it(installed: Callable[..., Run]) -> None:
    version = installed("--version")
    assert version.stdout.startswith(f"ordercli {__version__} (SQLite ")
    assert version.stdout.endswith(", no PostgreSQL driver)\n")
    assert installed("db", "init", "--sample", "20").returncode == 0
    assert len(installed("list", "-q").stdout.splitlines()) == 20
    assert len(installed("summary", "--no-header").stdout.splitlines()) == 20
    assert "progress" in installed("list", "-f", "table", "--limit", "3").stdout.lower()
    # It has no extra: a PostgreSQL database is an error of one line.
    finished = installed("list", "-d", "postgresql://ordercli@db.example/prod")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        "ordercli: the PostgreSQL driver is not installed;"
        " pip install 'psycopg[binary]', pipx inject ordercli 'psycopg[binary]'\n"
    )
