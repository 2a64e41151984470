"""The pictures of ``top``: its screens in a real terminal, on the walk that the docs describe."""

from __future__ import annotations

import shutil
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME
from rich.text import Text

from harness.terminal import Terminal
from harness.walk import ENGLISH, FRENCH, fill_for_walk, walk_in_terminal
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pyte.screens import Char, Screen

    from harness.walk import Step

_WIDTH, _HEIGHT = 104, 22
_COLOURS = {
    "default": None, "brown": "yellow", "brightbrown": "bright_yellow",
    **{f"bright{each}": f"bright_{each}" for each in ("black", "red", "green", "blue", "cyan")},
}  # fmt: skip
"""Rich's names of the colours that pyte calls otherwise."""


class _Picture(NamedTuple):
    """After which step it is taken, and whether the terminal is a light one."""

    step: str
    light: bool = False


_WALKS: Mapping[str, tuple[Sequence[Step], Mapping[str, _Picture]]] = {
    "en": (
        ENGLISH,
        {
            "top.svg": _Picture("marks"),
            "top-light.svg": _Picture("marks", light=True),
            "top-question.svg": _Picture("answer"),
            "top-results.svg": _Picture("results"),
            "top-history.svg": _Picture("history"),
            "top-undo.svg": _Picture("undo question"),
        },
    ),
    "fr": (
        FRENCH,
        {
            "top-fr.svg": _Picture("marks"),
            "top-question-fr.svg": _Picture("answer", light=True),
            "top-results-fr.svg": _Picture("results"),
        },
    ),
}
TOP_PICTURES = tuple(name for _steps, named in _WALKS.values() for name in named)
"""The names of their files."""


def top_pictures(folder: Path, program: Path, code_format: str) -> dict[str, str]:
    """The text of every picture of ``top`` by its name, as SVG in Rich's ``code_format``.

    The ``program`` runs in folders within the one that is named.
    """
    drawn: dict[str, str] = {}
    template = folder / "template.db"
    database = Database(str(template))
    schema.initialise(database)
    with database.writing() as connection:
        fill_for_walk(connection)
    for language, (steps, named) in _WALKS.items():
        home = folder / f"top-{language}"
        home.mkdir()
        shutil.copy(template, home / "orders.db")
        for step, screen in _screens(home, program, language, steps, [*named.values()]).items():
            for name, picture in named.items():
                if picture.step == step:
                    drawn[name] = _drawn(screen, code_format, light=picture.light)
    return drawn


def _screens(
    home: Path, program: Path, language: str, steps: Sequence[Step], wanted: Sequence[_Picture]
) -> dict[str, Text]:
    """What the terminal shows after the steps of which there are pictures."""
    environment = {
        "COLORTERM": "truecolor", "COLUMNS": None, "HOME": str(home), "LC_ALL": "C.UTF-8",
        "NO_COLOR": None, "ORDERCLI_ACTOR": "night-shift@ops", "ORDERCLI_LANG": language,
        "TERM": "xterm-256color", "TZ": "Europe/Paris",
    }  # fmt: skip
    words = ["sh", "-c", f"cd {home} && exec {program} top -d orders.db --interval 0.5"]
    found: dict[str, Text] = {}
    last = max(place for place, step in enumerate(steps) if step.name in {e.step for e in wanted})
    with Terminal([], _WIDTH, _HEIGHT, program=words, env=environment) as terminal:

        def arrived(step: Step) -> bool:
            if not step.is_on(terminal.screen()):
                return False
            found[step.name] = _text(terminal.emulator)
            return True

        walk_in_terminal(terminal, steps[: last + 1], arrived)
    return found


def _text(screen: Screen) -> Text:
    """The screen with its colours."""
    text = Text(no_wrap=True)
    for y in range(screen.lines):
        line = [screen.buffer[y][x] for x in range(screen.columns)]
        for style, cells in groupby(line, _style):
            text.append("".join(cell.data for cell in cells), style)
        text.append("\n")
    text.right_crop()
    return text


def _style(cell: Char) -> Style:
    colour, ground = (_colour(each) for each in (cell.fg, cell.bg))
    return Style(color=colour, bgcolor=ground, bold=cell.bold, reverse=cell.reverse)


def _colour(name: str) -> str | None:
    """Rich's name of a colour of pyte."""
    known = _COLOURS.get(name, name)
    if known and len(known) == 6 and all(each in "0123456789abcdef" for each in known):
        return f"#{known}"
    return known


def _drawn(text: Text, code_format: str, *, light: bool) -> str:
    window = Console(
        record=True, width=_WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor",
        legacy_windows=False,
    )  # fmt: skip
    window.print(text, soft_wrap=True)
    picture = window.export_svg(
        title="ordercli top", code_format=code_format, unique_id="ordercli",
        theme=DEFAULT_TERMINAL_THEME if light else SVG_EXPORT_THEME,
    )  # fmt: skip
    return picture.replace("rgba(255,255,255,0.35)", "rgba(0,0,0,0.35)") if light else picture
