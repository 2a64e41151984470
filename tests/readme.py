"""The README's examples, run for real; ``make readme`` writes what they print into it."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ordercli.columns import COLUMNS
from ordercli.errors import ExitCode
from ordercli.status import STATUSES, TRANSITIONS
from terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
_TABLE = re.compile(r"(?<=^<!-- )((?!end)\w+)( -->\n)(.*?)(?=^<!-- end)", re.DOTALL | re.MULTILINE)
_NOW = "2026-03-10T12:00:00+00:00"
_COLUMNS, _ROWS = 110, 100
_WIDEST = 400  # a line of data is not broken for the README

# The program with a clock that stands still, so that its output is the same at any time.
_PROGRAM = """#!{python}
from datetime import datetime
from ordercli import settings
settings.now = lambda: datetime.fromisoformat("{now}")
from ordercli.app import main
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


def commands(text: str) -> list[str]:
    """The commands of all examples, in order."""
    blocks = _BLOCK.findall(text)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def runner(folder: Path, env: Mapping[str, str]) -> Callable[[str], str]:
    """A function that runs one shell command as ``shell`` does and gives what the screen shows."""
    in_terminal = shell(folder, env)

    def run(command: str) -> str:
        lines = in_terminal(command).screen()
        return "".join(f"{line}\n" for line in lines).replace(str(folder), "~")

    return run


def shell(folder: Path, env: Mapping[str, str]) -> Callable[[str], Terminal]:
    """A function that runs one shell command in a terminal, to its end.

    ``folder`` is its home and working directory; a sample of 200 orders is there.
    """
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
            terminal.exit_code()
        return terminal

    run("ordercli db init --sample 200")
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
        f"| `{each.action}` | {_codes(each.allowed_from)}"
        f" | `{each.becomes}`, shown as `{each.shown_after('')}` |\n"
        for each in TRANSITIONS
    )
    return f"| action | allowed from (as stored) | becomes |\n|---|---|---|\n{rows}"


def _exit_codes() -> str:
    rows = "".join(f"| {code.value} | {code.meaning} |\n" for code in ExitCode)
    return f"| exit code | meaning |\n|---|---|\n{rows}"


def _codes(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    """Write the README anew."""
    with tempfile.TemporaryDirectory() as folder:
        text = README.read_text(encoding="utf-8")
        README.write_text(renewed(text, runner(Path(folder), {})), encoding="utf-8")


if __name__ == "__main__":
    main()
