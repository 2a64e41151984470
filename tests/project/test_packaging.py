"""What is published: the archives hold everything, and work in every way to install them."""

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
SYSTEM_PYTHON = Path("/usr/bin/python3")
Run = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the source archive and of the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("archives")
    done = python("build", "--no-isolation", f"--outdir={folder}", str(PROJECT))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def wheels(archives: Path) -> Path:
    """The folder of the wheel, and of those of all that it needs without any extra."""
    folder = archives / "wheels"
    wheel = str(next(archives.glob("*.whl")))
    reached = python("pip", "download", "--quiet", "--retries=1", f"--dest={folder}", wheel)
    assert reached.returncode == 0, f"no package index can be reached: {reached.stderr}"
    return folder


def with_pipx(wheel: str, folder: Path, *source: str) -> Path:
    folders = {f"PIPX_{name}": str(folder / name) for name in ("HOME", "BIN_DIR", "MAN_DIR")}
    done = python("pipx", "install", wheel, f"--pip-args={' '.join(source)}", **folders)
    assert done.returncode == 0, done.stderr
    assert (folder / "MAN_DIR" / "man1" / "ordercli.1").exists()
    return folder / "HOME" / "venvs" / "ordercli"


def with_uv(wheel: str, folder: Path, *source: str) -> Path:
    folders = {"UV_TOOL_DIR": str(folder / "tools"), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    done = python("uv", "tool", "install", f"--python={sys.executable}", wheel, *source, **folders)
    assert done.returncode == 0, done.stderr
    return folder / "tools" / "ordercli"


def with_pip(wheel: str, folder: Path, *source: str) -> Path:
    """In a virtual environment of the system's Python, which is all that Debian 12 has."""
    version = SYSTEM_PYTHON.resolve().name
    same = version == f"python3.{sys.version_info.minor}"  # another one may want other wheels
    interpreter = str(SYSTEM_PYTHON) if same else sys.executable
    for words in ([interpreter, "-m", "venv", str(folder)],
                  [str(folder / "bin" / "pip"), "install", "--quiet", *source, wheel]):  # fmt: skip
        done = subprocess.run(words, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(
    scope="module", params=[with_pipx, with_uv, with_pip],
    ids=lambda way: way.__name__,
)  # fmt: skip
def installed(
    request: pytest.FixtureRequest, archives: Path, wheels: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., Run]:  # fmt: skip
    """A function that runs the program as it is installed in one of the ways, without any extra."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = str(next(archives.glob("*.whl")))
    place = request.param(wheel, folder, "--no-index", f"--find-links={wheels}")
    assert {name for name in SHARED.values() if (place / name).exists()} == set(SHARED.values())

    def run(*arguments: str) -> Run:
        variables = environment(env={"PATH": "/usr/bin:/bin", "PYTHONPATH": None})
        words = [str(place / "bin" / "ordercli"), *arguments]
        return subprocess.run(words, check=False, capture_output=True, text=True, env=variables)

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


def test_the_program_works_as_it_is_installed(
    installed: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERCLI_DATABASE", str(tmp_path / "orders.db"))
    version = installed("--version")
    assert version.stdout.startswith(f"ordercli {__version__} (SQLite ")
    assert version.stdout.endswith(", no PostgreSQL driver)\n")
    assert installed("db", "init", "--sample", "20").returncode == 0
    assert len(installed("list", "-q").stdout.splitlines()) == 20
    assert len(installed("summary", "--no-header").stdout.splitlines()) == 20
    assert "progress" in installed("list", "-f", "table", "--limit", "3").stdout.lower()
    for shell, name in (("bash", "ordercli.bash"), ("zsh", "_ordercli"), ("fish", "ordercli.fish")):
        script = PROJECT / "src" / "ordercli" / "completions" / name
        assert installed("--show-completion", shell).stdout == script.read_text()
    # It has no extra: a PostgreSQL database is an error of one line.
    finished = installed("list", "-d", "postgresql://ordercli@db.example/prod")
    assert (finished.returncode, finished.stdout) == (1, "")
    assert finished.stderr == (
        "ordercli: the PostgreSQL driver is not installed;"
        " pip install 'psycopg[binary]', pipx inject ordercli 'psycopg[binary]'\n"
    )
