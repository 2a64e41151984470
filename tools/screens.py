"""Screens of the program as people see them, kept as texts; ``make screens`` writes them.

The program runs in this process, as if on a terminal of each width, in both languages.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import chdir, contextmanager, suppress
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from itertools import count, product
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

import pyte

from ordercli.base.limits import Limits
from ordercli.cli.app import app
from ordercli.cli.invocation import Invocation
from ordercli.output.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

SCREENS = Path(__file__).parent.parent / "tests" / "output" / "screens"
WIDTHS = (80, 100, 120, 160)
LANGUAGES = ("en", "fr")

COMMANDS = {
    "list": ("list --limit 14 --no-pager",),
    "show": ("show 195",),
    "stats": ("stats --no-pager", "stats --plot --by week --since 2026-01-26 --no-pager"),
    "history": ("history --no-pager",),
    "question": ("cancel --user=*@example.org --status=pause",),
    "result": ("resume --user=*@example.org --yes", "resume 1 2 184 999 --yes"),
    "undo": ("undo 79518510", "undo 79518510 --yes --reason=wrong.users"),
    "errors": ("errors --no-pager", "errors --by user --limit 8 --no-pager"),
    "profiles": ("profiles",),
    "wait": ("wait 1 198 194 999 --for done,failed --timeout 0s",),
    "waiting": ("wait --status active",),
    "watch": ("list --watch 5 --limit 5",),
    "mistakes": (
        "lst",
        "delete 12",
        "list failed",
        "list --colums id",
        "list -s runing",
        "list --since 1M",
        "list -u nadi",
        "list -d nowhere.db",
        "show 999",
        "pause",
        "pause 12 -u x",
        "pause -u nobody* --yes",
        "cancel -u a* --max 3",
        "undo 3f2a9c1e",
        "remove 12",
        "list --profile live",
    ),
}
"""What is typed for each screen, without ``ordercli``. The answer to a question is no."""

_REDRAWN = ("waiting", "watch")
"""These go on until Ctrl-C, which is typed as soon as they have drawn something."""

_NARROW, _HEIGHT = 60, 40
_BLOCKS = {"blocks": ("list --limit 3 --no-pager",)}
"""What a window shows that is too narrow for a table."""

_BEFORE = (
    "db init --sample 200",
    "pause --user=a*@example.org --status=running,pending --yes --reason=storage.is.full",
    "cancel 195 --yes --reason=asked.by.its.user.in.a.letter",
)
_PROFILES = """
[profiles.prod]
database = "postgresql://ordercli@db.example/prod"
service = "https://regards.example"
project = "prod"
user = "admin@example.org"
read_only = true
[profiles.trial]
database = "~/trial.db"
"""
_MANY = 1000
_CONTROLS = re.compile(r"\x1b\[[?\d;]*[A-Za-z]")
_NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class _Terminal(TextIOWrapper):
    def isatty(self) -> bool:
        return True


class _Interrupting(_Terminal):
    """A terminal at which Ctrl-C is typed once there is something to read; ``seen`` is what."""

    seen = b""

    def write(self, text: str) -> int:
        written = super().write(text)
        if _CONTROLS.sub("", text).strip() and not self.seen:
            assert isinstance(self.buffer, BytesIO)
            self.seen = self.buffer.getvalue().replace(b"\n", b"\r\n")
            raise KeyboardInterrupt
        return written


class _Keys(StringIO):
    def isatty(self) -> bool:
        return True


def screens() -> dict[str, str]:
    """The text of every screen by the name of its file."""
    shown = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, used = folder / "first.db", folder / "orders.db"
        (folder / "config.toml").write_text(_PROFILES, encoding="utf-8")
        with chdir(folder), _environment(folder, "en", first, WIDTHS[0]):
            for number, line in enumerate(_BEFORE):
                _output(line, WIDTHS[0], count(number * _MANY))
        for language, width in product(LANGUAGES, (*WIDTHS, _NARROW)):
            shutil.copy(first, used)
            with chdir(folder), _environment(folder, language, used, width):
                operations = count(len(_BEFORE) * _MANY)
                for screen, lines in (COMMANDS if width in WIDTHS else _BLOCKS).items():
                    show = _drawn if screen in _REDRAWN else _output
                    texts = [
                        f"$ ordercli {line}\n{show(line, width, operations)}" for line in lines
                    ]
                    shown[f"{screen}-{language}-{width}.txt"] = "\n".join(texts)
    return shown


def _output(line: str, width: int, operations: Iterator[int]) -> str:
    """What a terminal of this width shows of a command, to whose question no is answered."""
    screen = _Terminal(BytesIO(), encoding="utf-8", write_through=True)
    _run(line, width, operations, screen)
    screen.seek(0)
    return re.sub(r"(?<=\[[yo]/N\] )", "n\n", screen.read())


def _drawn(line: str, width: int, operations: Iterator[int]) -> str:
    """What is on such a terminal while a command draws its lines again and again."""
    screen = _Interrupting(BytesIO(), encoding="utf-8", write_through=True)
    _run(line, width, operations, screen)
    emulator = pyte.Screen(width, _HEIGHT)
    pyte.ByteStream(emulator).feed(screen.seen)
    text = "\n".join(each.rstrip() for each in emulator.display)
    return f"{text.rstrip()}\n"


def _run(line: str, width: int, operations: Iterator[int], screen: _Terminal) -> None:
    console = Console(_Keys("n\n"), screen, screen, True, width, False, True)
    run = Invocation(
        console, lambda: _NOW, Limits(), lambda: str(uuid5(NAMESPACE_OID, str(next(operations))))
    )
    words = [word.replace(".", " ") if "reason" in word else word for word in line.split()]
    with suppress(SystemExit):
        app(words, prog_name="ordercli", obj=run)


@contextmanager
def _environment(folder: Path, language: str, database: Path, width: int) -> Iterator[None]:
    """The environment of a person with this home and database, in this language and window."""
    before = dict(os.environ)
    os.environ.update(
        {
            "HOME": str(folder), "ORDERCLI_ACTOR": "night-shift@ops", "TERM": "xterm",
            "COLUMNS": str(width), "LINES": str(_HEIGHT),
            "ORDERCLI_CONFIG": "config.toml", "ORDERCLI_DATABASE": database.name,
            "ORDERCLI_LANG": language, "TZ": "Europe/Paris",
        }
    )  # fmt: skip
    time.tzset()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


def main() -> None:
    """Write the screens anew."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    for name, text in screens().items():
        (SCREENS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
