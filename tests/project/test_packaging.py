"""What is published: the archives hold everything, and each way of the docs installs them.

A shell types what ``docs/install.md`` says, in a new home, with the wheel in place of the source.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from harness.program import environment
from harness.terminal import Terminal
from ordercli import __version__

PROJECT = Path(__file__).parents[2]
SHARED = {
    "man/ordercli.1": "share/man/man1/ordercli.1",
    "src/ordercli/completions/ordercli.bash": "share/bash-completion/completions/ordercli",
    "src/ordercli/completions/_ordercli": "share/zsh/site-functions/_ordercli",
    "src/ordercli/completions/ordercli.fish": "share/fish/vendor_completions.d/ordercli.fish",
}
EXTRAS = "[postgres,excel,tui]"
WAYS = {"pipx": "[postgres,excel]", "uv": EXTRAS, "pip": ""}
"""The ways that the docs name, each with the extras that are installed with it."""

KEPT_WHEELS = Path(sys.prefix) / "wheels"
"""What the program needs, so that a second run of the tests asks no package index."""

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
def wheel(archives: Path) -> Path:
    """The wheel; those of all that it and its extras need are in ``KEPT_WHEELS``."""
    found = next(archives.glob("*.whl"))
    kept = f"--find-links={KEPT_WHEELS}"
    KEPT_WHEELS.mkdir(exist_ok=True)
    for source in ("--no-index", "--retries=1"):
        with TemporaryDirectory(dir=KEPT_WHEELS) as folder:
            words = ["download", "--quiet", f"--dest={folder}", kept, source, f"{found}{EXTRAS}"]
            reached = python("pip", *words)
            for each in Path(folder).iterdir():  # whole by now: another run may do the same
                each.replace(KEPT_WHEELS / each.name)
        if reached.returncode == 0:
            return found
    pytest.fail(f"no package index can be reached: {reached.stderr}")


class Installed(NamedTuple):
    """The program as somebody has installed it, at home."""

    home: Path
    extras: str

    @property
    def variables(self) -> dict[str, str | None]:
        """The environment of this person, whom a package index is out of reach for."""
        return {
            "HOME": str(self.home), "PYTHONPATH": None, "VIRTUAL_ENV": None,
            "PATH": f"{self.home}/.local/bin:{self.home}/tools:/usr/bin:/bin",
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(KEPT_WHEELS), "PIP_QUIET": "1",
            "PIP_NO_COMPILE": "1",
            "UV_NO_INDEX": "1", "UV_FIND_LINKS": str(KEPT_WHEELS), "UV_PYTHON": sys.executable,
        }  # fmt: skip

    def typed(self, line: str, shell: str = "sh") -> Run:
        """A line that was typed in a shell."""
        return subprocess.run(
            [shell, "-c", line], check=False, capture_output=True, text=True,
            env=environment(env=self.variables), cwd=self.home,
        )  # fmt: skip


@pytest.fixture(scope="module", params=WAYS)
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    """The program as the docs say to install it, in one of the ways."""
    way = str(request.param)
    made = Installed(tmp_path_factory.mktemp(way), WAYS[way])
    add_tools(made.home / "tools")
    done = made.typed("set -e\n" + documented(way).replace(".[postgres]", f"{wheel}{made.extras}"))
    assert done.returncode == 0, done.stderr
    return made


def documented(way: str) -> str:
    """What ``docs/install.md`` says to type for one of the ways."""
    text = (PROJECT / "docs" / "install.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## With {way}\n")[2].partition("\n## ")[0]
    return "\n".join(re.findall(r"^    (.*)$", section, re.MULTILINE))


def add_tools(folder: Path) -> None:
    """Put there what a machine has before: pipx, uv, and the system's Python, or a like one."""
    folder.mkdir()
    for name in ("pipx", "uv"):
        (folder / name).symlink_to(Path(sys.executable).parent / name)
    if SYSTEM_PYTHON.resolve().name != f"python3.{sys.version_info.minor}":
        # It may want other wheels.
        (folder / "python3").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (folder / "python3").chmod(0o755)


def python(module: str, *arguments: str) -> Run:
    """A module that was run as a program, in the environment that pytest was started in."""
    words = [sys.executable, "-m", module, *arguments]
    return subprocess.run(words, check=False, capture_output=True, text=True)


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


def test_the_program_works_as_it_is_installed(installed: Installed) -> None:
    version = installed.typed("ordercli --version").stdout
    assert version.startswith(f"ordercli {__version__} (SQLite ")
    made = installed.typed(
        "ordercli db init --sample 20 && ordercli list -q && ordercli summary --no-header"
        " && ordercli list -f table --limit 3"
    )
    assert (made.returncode, len(made.stdout.splitlines())) == (0, 20 + 20 + 5)
    workbook = installed.typed("ordercli summary -o orders.xlsx")
    on_server = installed.typed("ordercli list -d postgresql://ordercli@127.0.0.1:9/prod")
    assert (on_server.returncode, on_server.stderr.count("\n")) == (1, 1)
    if installed.extras:
        assert ", psycopg " in version
        assert zipfile.is_zipfile(installed.home / "orders.xlsx")
        assert "127.0.0.1" in on_server.stderr
    else:
        assert version.endswith(", no PostgreSQL driver)\n")
        assert "installed; pip install xlsxwriter, or pipx inject" in workbook.stderr
        assert "installed; pip install 'psycopg[binary]', or pipx inject" in on_server.stderr
    if "tui" in installed.extras:
        with Terminal(["-c", "ordercli top"], program=["sh"], env=installed.variables) as terminal:
            terminal.expect("20 orders", timeout=60)  # Textual is compiled first
            terminal.send("q")
            assert terminal.exit_code() == 0


@pytest.mark.needs("man", "groff")
def test_the_manual_opens_as_it_is_installed(installed: Installed) -> None:
    shown = installed.typed("man ordercli")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("ORDERCLI(1)")


@pytest.mark.needs("bash-completion", "zsh", "fish")
def test_shells_find_the_completion_as_it_is_installed(installed: Installed) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert installed.typed(f"ordercli --install-completion {shell}").returncode == 0
    bash = (
        ". /usr/share/bash-completion/bash_completion; for load in _comp_load __load_completion; do"
        " if type $load >/dev/null 2>&1; then $load ordercli; fi; done;"
        " COMP_LINE='ordercli hi' COMP_POINT=11; _ordercli ordercli hi; echo $COMPREPLY"
    )
    assert installed.typed(bash, "bash").stdout == "history\n"
    assert installed.typed("complete -C 'ordercli hi'", "fish").stdout.startswith("history\t")
    zsh = (
        "fpath=(~/.local/share/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D;"
        " print $_comps[ordercli]"
    )
    assert installed.typed(zsh, "zsh").stdout == "_ordercli\n"
