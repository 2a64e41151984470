"""The README's examples, run for real; ``make readme`` writes what they print into it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.fill import add_order
from harness.postgres_server import PostgresServer, WheelServer
from harness.service_server import ServiceServer
from harness.site import Site
from harness.terminal import Terminal
from ordercli.base.errors import ExitCode
from ordercli.domain.columns import COLUMNS
from ordercli.domain.status import ACTIONS, REMOVE, STATUSES, Transition
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

README = Path(__file__).parent.parent / "README.md"
NEWEST_SERVICE = Path(__file__).parents[1] / "tests" / "harness" / "schemas" / "service-newest.sql"
_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
_LIVE_BLOCK = re.compile(r"(?<=^```console service\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"(?<=^<!-- )((?!end)\w+)( -->\n)(.*?)(?=^<!-- end)", re.DOTALL | re.MULTILINE)
_NOW = "2026-03-10T12:00:00+00:00"
_COLUMNS, _ROWS = 110, 100
_WIDEST = 400  # a line of data is not broken for the README

_LIVE_ORDERS = (
    ("ada.laurent", "DONE", 100),
    ("kenji.sato", "RUNNING", 23),
    ("kenji.sato", "RUNNING", 61),
    ("ines.costa", "FAILED", 100),
    ("ada.laurent", "RUNNING", 4),
)

# The program with a clock that stands still, so that its output is the same at any time.
_PROGRAM = """#!{python}
from datetime import datetime
from ordercli.base import settings
settings.now = lambda: datetime.fromisoformat("{now}")
from ordercli.cli.app import main
main()
"""


def renewed(text: str, run: Callable[[str], str]) -> str:
    """The README's text with every table and every example's output as they are now."""
    tables = {
        "statuses": _statuses,
        "columns": _columns,
        "transitions": _transitions,
        "exit_codes": _exit_codes,
    }
    text = _TABLE.sub(lambda found: f"{found[1]}{found[2]}{tables[found[1]]()}", text)
    return _BLOCK.sub(lambda found: _renewed_block(found[1], run), text)


def renewed_live(text: str, run: Callable[[str], str]) -> str:
    """The README's text with the output of every example on a live service as it is now."""
    return _LIVE_BLOCK.sub(lambda found: _renewed_block(found[1], run), text)


def commands(text: str) -> list[str]:
    """The commands of all examples, in order."""
    blocks = [*_BLOCK.findall(text), *_LIVE_BLOCK.findall(text)]
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
    in_terminal = _terminal(folder, site.env)

    def run(command: str) -> str:
        shown = "".join(f"{line}\n" for line in in_terminal(command).screen())
        shown = shown.replace(site.service.url, "https://regards.example")
        shown = re.sub(r"PostgreSQL \d+(\.\d+)?", "PostgreSQL 17.2", shown)
        return re.sub(r"database \S+ at .* as \S+", "database prod at db.example as ops", shown)

    return run


def shell(folder: Path, env: Mapping[str, str]) -> Callable[[str], Terminal]:
    """A function that runs one shell command in a terminal, to its end.

    ``folder`` is its home and working directory; a sample of 200 orders is there.
    """
    run = _terminal(folder, env)
    run("ordercli db init --sample 200")
    return run


def _terminal(folder: Path, env: Mapping[str, str]) -> Callable[[str], Terminal]:
    program = folder / "bin" / "ordercli"
    program.parent.mkdir()
    program.write_text(_PROGRAM.format(python=sys.executable, now=_NOW), encoding="utf-8")
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

    def run(command: str) -> Terminal:
        words = ["sh", "-c", f"cd {folder} && {{ {command}; }}"]
        with Terminal([], _WIDEST, _ROWS, program=words, env=environment) as terminal:
            terminal.exit_code(timeout=90)
        return terminal

    return run


def _renewed_block(block: str, run: Callable[[str], str]) -> str:
    shown = [f"$ {command}\n{run(command)}" for command in commands(f"```console\n{block}```\n")]
    return "\n".join(shown)


def _statuses() -> str:
    rows = "".join(
        f"| `{status.name}` | {_codes(status.stored)} | {_codes(status.aliases)}"
        f" | {status.meaning} |\n"
        for status in STATUSES
    )
    return f"| status | stored as | also accepted | meaning |\n|---|---|---|---|\n{rows}"


def _columns() -> str:
    rows = "".join(
        f"| `{column.key}` | {column.title} | {_codes(column.aliases)} | {column.help} |\n"
        for column in COLUMNS
    )
    return f"| column | title | also accepted | what it is |\n|---|---|---|---|\n{rows}"


def _transitions() -> str:
    rows = "".join(
        f"| `{each.action}` | {_codes(each.allowed_from)} | {_becomes(each)} |\n"
        for each in ACTIONS.values()
    )
    return f"| action | allowed from (as stored) | becomes |\n|---|---|---|\n{rows}"


def _becomes(transition: Transition) -> str:
    if transition is REMOVE:
        return "nothing: it is gone"
    if transition.becomes is None:
        return "what it was, and a new order is made"
    return f"`{transition.becomes}`, shown as `{transition.shown_after('')}`"


def _exit_codes() -> str:
    rows = "".join(f"| {code.value} | {code.meaning} |\n" for code in ExitCode)
    return f"| exit code | meaning |\n|---|---|\n{rows}"


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write the README anew."""
    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        text = renewed(text, runner(Path(folder), {}))
    with tempfile.TemporaryDirectory() as folder, _live_site(Path(folder)) as site:
        text = renewed_live(text, live_runner(Path(folder), site))
    README.write_text(text, encoding="utf-8")


@contextmanager
def _live_site(folder: Path) -> Iterator[Site]:
    """A live service of the newest version, over a server of its own."""
    wheel = WheelServer()
    try:
        server = PostgresServer(wheel.url)
        location = server.create_database()
        server.execute(location, NEWEST_SERVICE.read_text(encoding="utf-8"))
        database = Database(location)
        schema.initialise(database)
        with ServiceServer(location, folder) as service:
            yield Site.of(database, service, folder)
    finally:
        wheel.stop()


if __name__ == "__main__":
    main()
