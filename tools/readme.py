"""The examples of README and docs, run for real; ``make readme`` writes what they print."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from harness.copied_program import launcher
from harness.fill import add_file, add_order
from harness.postgres_server import PostgresServer, WheelServer
from harness.service_server import ServiceServer
from harness.site import Site
from harness.terminal import Terminal
from ordercli.store import schema
from ordercli.store.database import Database
from tools.reference import with_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

PROJECT = Path(__file__).parent.parent
README = PROJECT / "README.md"
PAGES = (README, *sorted((PROJECT / "docs").glob("*.md")))
SCHEMAS = PROJECT / "tests" / "harness" / "schemas"
LIVE_VERSIONS = {"2.x": "2.0", "1.15": "1.12"}
"""The versions of a live service that examples run on, and the version of its tables."""

_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
_CONFIGURATION = re.compile(
    r'(?<=^```toml title="~/.config/ordercli/config.toml"\n)(.*?)(?=^```$)',
    re.DOTALL | re.MULTILINE,
)
_LIVE_BLOCK = re.compile(
    r'(^```console title="on a live service, version ([\w.]+)"\n)(.*?)(?=^```$)',
    re.DOTALL | re.MULTILINE,
)
_COLUMNS, _ROWS = 110, 100
_WIDEST = 400  # a line of data is not broken for a page

_LIVE_ORDERS = (
    ("ada.laurent", "DONE", 100),
    ("kenji.sato", "RUNNING", 23),
    ("kenji.sato", "RUNNING", 61),
    ("ines.costa", "FAILED", 100),
    ("ada.laurent", "RUNNING", 4),
)
_LIVE_CAUSE = "storage nearline-{node} did not answer within 30000 ms"


def configure(folder: Path, text: str) -> None:
    """Write the configuration file that a page shows, if it shows one, for its examples."""
    if shown := _CONFIGURATION.search(text):
        path = folder / ".config" / "ordercli" / "config.toml"
        path.parent.mkdir(parents=True)
        path.write_text(shown[1], encoding="utf-8")
        path.chmod(0o600)


def page_name(page: Path) -> str:
    """How a page is named in tests and on the command line: ``docs/recipes.md``."""
    return str(page.relative_to(PROJECT))


def has_examples(page: Path) -> bool:
    """Whether there is anything to run on a page, but on a live service."""
    return bool(_BLOCK.search(page.read_text(encoding="utf-8")))


def live_versions(page: Path) -> list[str]:
    """The versions of a live service that a page has examples on."""
    return [found[2] for found in _LIVE_BLOCK.finditer(page.read_text(encoding="utf-8"))]


def renewed(text: str, run: Callable[[str], str]) -> str:
    """The text of a page with every example's output as it is now."""
    return _BLOCK.sub(lambda found: _renewed_block(found[1], run), text)


def renewed_live(text: str, version: str, run: Callable[[str], str]) -> str:
    """The text of a page with the examples on a live service of this version as they are now."""

    def block(found: re.Match[str]) -> str:
        return found[1] + _renewed_block(found[3], run) if found[2] == version else found[0]

    return _LIVE_BLOCK.sub(block, text)


def commands(text: str) -> list[str]:
    """The commands of all examples of a page, in order."""
    blocks = [*_BLOCK.findall(text), *(found[3] for found in _LIVE_BLOCK.finditer(text))]
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def runner(folder: Path, env: Mapping[str, str]) -> Callable[[str], str]:
    """A function that runs one shell command as ``shell`` does and gives what the screen shows."""
    in_terminal = shell(folder, env)

    def run(command: str) -> str:
        lines = in_terminal(command).screen()
        return "".join(f"{line}\n" for line in lines).replace(str(folder), "~")

    return run


def live_runner(folder: Path, site: Site) -> Callable[[str], str]:
    """As ``runner``, on a live service with a few orders, under the names that a site has."""
    with site.database.writing() as connection:
        for number, (owner, status, percent) in enumerate(_LIVE_ORDERS, start=8):
            add_order(connection, number, owner=f"{owner}@example.org", status=status,
                      label=f"SWOT L2 HR, Alps #{number}", percent_complete=percent,
                      creation_date=f"2026-03-{number - 4:02} 08:25")  # fmt: skip
        for node in (1, 2):
            add_file(connection, 11, _LIVE_CAUSE.format(node=node))
    site.service.behaviour.job_seconds = 2
    in_terminal = _terminal(folder, site.env)

    def run(command: str) -> str:
        shown = "".join(f"{line}\n" for line in in_terminal(command).screen())
        shown = shown.replace(site.service.url, "https://regards.example")
        shown = re.sub(r"PostgreSQL \d+(\.\d+)?", "PostgreSQL 17.2", shown)
        return re.sub(r"database \S+ at .* as \S+", "database prod at db.example as ops", shown)

    return run


class Shell(Protocol):
    """Runs one shell command in a terminal, to its end, and says yes to a question that it asks."""

    def __call__(self, command: str, question: str = "") -> Terminal:
        """The terminal at the end of the command."""


def shell(folder: Path, env: Mapping[str, str]) -> Shell:
    """A function that runs one shell command in a terminal, to its end.

    ``folder`` is its home and working directory; a sample of 200 orders is there.
    """
    run = _terminal(folder, env)
    run("ordercli db init --sample 200")
    return run


def _terminal(folder: Path, env: Mapping[str, str]) -> Shell:
    program = folder / "bin" / "ordercli"
    program.parent.mkdir()
    program.write_text(launcher(), encoding="utf-8")
    program.chmod(0o755)
    environment = {
        "COLUMNS": str(_COLUMNS),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "ORDERCLI_ACTOR": "night-shift@ops",
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "TERM": "xterm-256color",
        "TZ": "Europe/Paris",
        **env,
    }

    def run(command: str, question: str = "") -> Terminal:
        words = ["sh", "-c", f"cd {folder} && {{ {command}; }}"]
        with Terminal([], _WIDEST, _ROWS, program=words, env=environment) as terminal:
            if question:
                terminal.expect(question)
                terminal.send("y\r")
            terminal.exit_code(timeout=90)
        return terminal

    return run


def _renewed_block(block: str, run: Callable[[str], str]) -> str:
    shown = [f"$ {command}\n{run(command)}" for command in commands(f"```console\n{block}```\n")]
    return "\n".join(shown)


def main(names: Sequence[str]) -> None:
    """Write the pages that are named anew, or all of them."""
    for page in PAGES:
        if names and page_name(page) not in names:
            continue
        text = with_tables(page.read_text(encoding="utf-8"))
        if has_examples(page):
            with tempfile.TemporaryDirectory() as folder:
                run = runner(Path(folder), {})
                configure(Path(folder), text)
                text = renewed(text, run)
        for version in live_versions(page):
            with tempfile.TemporaryDirectory() as folder, _live_site(Path(folder), version) as site:
                text = renewed_live(text, version, live_runner(Path(folder), site))
        page.write_text(text, encoding="utf-8")


@contextmanager
def _live_site(folder: Path, version: str) -> Iterator[Site]:
    """A live service of this version, over a server of its own."""
    wheel = WheelServer()
    try:
        server = PostgresServer(wheel.url)
        location = server.create_database()
        tables = SCHEMAS / f"service-{LIVE_VERSIONS[version]}.sql"
        server.execute(location, tables.read_text(encoding="utf-8"))
        database = Database(location)
        schema.initialise(database)
        with ServiceServer(location, folder, version) as service:
            yield Site.of(database, service, folder)
    finally:
        wheel.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
