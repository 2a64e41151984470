"""A walk through ``top``: what a person types there, and what is on the screen then.

It is taken without a terminal and in a real one, and the pictures of the docs are of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.fill import add_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from harness.page import Page
    from harness.terminal import Terminal

_BYTES = {
    "ctrl+u": "\x15", "enter": "\r", "escape": "\x1b", "question_mark": "?", "slash": "/",
    "space": " ",
}  # fmt: skip
_GIGABYTE = 10**9
_ORDERS = (
    ("kenji.sato", "SWOT L2 HR, Alps", "RUNNING", 23, 40),
    ("ada.laurent", "Sentinel-2 L1C, Camargue", "DONE", 100, 17),
    ("kenji.sato", "SWOT L2 HR, Amazon basin", "RUNNING", 61, 25),
    ("ines.costa", "Jason-3 GDR, North Sea", "FAILED", 100, 3),
    ("kenji.sato", "CFOSAT SWIM, Gulf Stream", "RUNNING", 4, 12),
    ("hugo.bernard", "Pleiades, Toulouse", "PENDING", 0, 0),
    ("kenji.sato", "SPOT 5 archive, Camargue", "DONE", 100, 88),
    ("ada.laurent", "SWOT L2 HR, Garonne", "PAUSED", 47, 30),
    ("kenji.sato", "Jason-3 GDR, Agulhas", "RUNNING", 80, 9),
    ("ines.costa", "Sentinel-2 L1C, Alps", "DONE_WITH_WARNING", 100, 54),
    ("emil.jensen", "CFOSAT SWIM, Arctic", "EXPIRED", 100, 21),
    ("kenji.sato", "SWOT L2 HR, Amazon basin, 2nd pass", "RUNNING", 12, 25),
)


class Step(NamedTuple):
    """The keys of a step, by their names, what the screen has after them, and what it is called."""

    name: str
    keys: tuple[str, ...]
    seen: tuple[str, ...]

    def is_on(self, lines: Sequence[str]) -> bool:
        """Whether the screen has these lines."""
        screen = "".join(f" {line} \n" for line in lines)
        return all(text in screen for text in self.seen)


ENGLISH = (
    Step("page", (), ("12 orders", "emil.jensen")),
    Step("line", ("slash",), ("Filter, as on the command line",)),
    Step("filter", (*"-u 'kenji*' -s running", "enter"), ("5 orders", "-s running")),
    Step("marks", ("space",) * 3, ("*12 ", "* 9 ", "* 5 ")),
    Step("question", ("p",), ("Pause 3 orders? [y/N]", "Esc changes nothing")),
    Step("answer", (*"disk full", "enter", "y"), ("disk full", " y ")),
    Step("results", ("enter",), ("3 orders were paused; u undoes", "2 orders ")),
    Step("other line", ("slash",), ("Filter, as on the command line",)),
    Step("paused", ("ctrl+u", *"-u 'kenji*' -s pause", "enter"), ("3 orders ", "║ pause")),
    Step("history", ("h",), ("disk full", "Esc closes")),
    Step("back", ("escape",), ("? help",)),
    Step("undo question", ("u",), ("Put 3 orders back? [y/N]", "Esc changes nothing")),
    Step("undone", ("enter", "y", "enter"), ("3 orders were put back", "no order matches")),
    Step("help", ("question_mark",), ("undo the last change", "Esc closes")),
    Step("again", ("escape",), ("3 orders were put back",)),
    Step("all", ("slash",), ("Filter, as on the command line",)),
    Step("page again", ("ctrl+u", "enter"), ("12 orders",)),
    Step("statistics", ("s",), ("all", "s by user")),
)


def fill_for_walk(connection: Connection) -> None:
    """Add the orders that the walk is about."""
    for number, (owner, label, status, percent, gigabytes) in enumerate(_ORDERS, start=1):
        created = f"2026-03-{3 + number // 2:02} {5 + number % 2 * 7:02}:25Z"
        add_order(
            connection, number, owner=f"{owner}@example.org", label=label, status=status,
            percent_complete=percent, creation_date=created,
            files_in_error=7 if status == "FAILED" else 0,
            datasets=[(label, 20 * gigabytes, gigabytes * _GIGABYTE, gigabytes)],
        )  # fmt: skip


FRENCH = (
    Step("page", (), ("12 commandes", "emil.jensen")),
    Step("line", ("slash",), ("Filtre", "ligne de commande")),
    Step("filter", (*"-u 'kenji*' -s running", "enter"), ("5 commandes", "-s running")),
    Step("marks", ("space",) * 3, ("*12 ", "* 9 ", "* 5 ")),
    Step("question", ("p",), ("Mettre en pause 3 commandes", "Échap ne change rien")),
    Step("answer", (*"disque plein", "enter", "o"), ("disque plein", " o ")),
    Step("results", ("enter",), ("3 commandes", "u défait")),
)
"""The part of it that the French docs show."""


async def walk_on_page(shown: Page, steps: Sequence[Step]) -> dict[str, list[str]]:
    """Take the steps; gives the lines of the screen after each, by its name."""
    screens = {}
    for step in steps:
        await shown.press(*step.keys)
        await shown.until(lambda step=step: step.is_on(shown.lines()), f"{step}")  # type: ignore[misc]
        await shown.until(lambda: len(shown.ids()) == shown.app.table.total, "all orders counted")
        screens[step.name] = shown.lines()
    return screens


def walk_in_terminal(
    terminal: Terminal, steps: Sequence[Step], arrived: Callable[[Step], bool]
) -> None:
    """Take the steps, each when the one before it has arrived; fails where one never does."""
    for step in steps:
        terminal.send("".join(_BYTES.get(key, key) for key in step.keys))
        terminal.until(lambda step=step: arrived(step))  # type: ignore[misc]
