"""``ordercli top`` on a million orders: its first screen, its answers to keys, its memory."""

from __future__ import annotations

import os
import statistics
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import update

from measure import Command, run, table
from ordercli.store.database import Database
from ordercli.store.tables import orders
from places import MIDDLE, PROGRAMS, ordercli
from watched import Watched, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from places import Place

_PROGRAM = PROGRAMS / "ordercli"
_PAGE_DOWN, _END, _REFRESH, _EMPTY_LINE = "\x1b[6~", "G", "\x1b[15~", "\x15"
_IMPORT = Command([sys.executable, "-c", "import textual.app, textual.widgets"])
_NEWEST = str(MIDDLE)
_KEYS = 60
_BETWEEN_KEYS_SECONDS = 0.15
_BURST = 100
"""Keys that are typed at once on the way through all orders."""


def measured(place: Place) -> str:
    """Tables on both databases; the machine's load is in each title."""
    locations = {kind: place.location(kind, MIDDLE) for kind in ("sqlite", "postgresql")}
    works = (_first_screens, _answers, _waits, _memory)
    return "\n".join(work(locations, place.runs) for work in works)


def _first_screens(locations: dict[str, str], runs: int) -> str:
    """Seconds until the first order is shown, beside ``list`` and the import of Textual."""
    rows = []
    for kind, location in locations.items():
        listing = ordercli("list", "--format", "table", "--limit", "50", location=location)
        rounds = [
            (_first_screen(location), run(listing).seconds, run(_IMPORT).seconds)
            for _ in range(runs + 1)
        ][1:]
        top, listed, imported = map(statistics.median, zip(*rounds, strict=True))
        ratio = top / (listed + imported)
        rows.append([kind, f"{top:.3f}", f"{listed:.3f}", f"{imported:.3f}", f"{ratio:.2f}"])
    return table(["first screen" + _load(), "s", "list", "import", "x both"], rows)


def _first_screen(location: str) -> float:
    with watched(_PROGRAM, location) as page:
        return page.when_seen(_NEWEST) - page.started


def _answers(locations: dict[str, str], _runs: int) -> str:
    """How soon a key is answered, and what it takes of the processor's time."""
    rows = []
    for kind, location in locations.items():
        for name, key, words in (
            ("a line", "j", ()),
            ("a page", _PAGE_DOWN, ()),
            ("a page, read every half second", _PAGE_DOWN, ("--interval", "0.5")),
        ):
            with _shown(location, *words) as page:
                before = page.processor_seconds
                moments = [_typed(page, key) for _ in range(_KEYS)]
                page.rest()
                used = (page.processor_seconds - before) / _KEYS
            answers = sorted(page.answers(moments))
            figures = (statistics.median(answers), answers[len(answers) * 95 // 100], answers[-1])
            rows.append(
                [name, kind, *(f"{each * 1000:.0f}" for each in (*figures, used)),
                 f"{len(answers)} of {_KEYS}"]
            )  # fmt: skip
    titles = ["key" + _load(), "database", "median ms", "95 %", "most", "processor", "seen"]
    return table(titles, rows)


def _waits(locations: dict[str, str], runs: int) -> str:
    """Milliseconds until a filter, a sort, the last order and a change by others are shown."""
    works: dict[str, Callable[[Watched, str], float]] = {
        "filter -u user5@example.org": partial(_asked, "/", "-u user5@example.org", 999_996),
        "filter -s failed": partial(_asked, "/", "-s failed", 999_993),
        "sort user": partial(_asked, "o", "user", 997),
        "sort -total_size": partial(_asked, "o", "-total_size", 1998),
        "the last order": _gone_to_the_end,
        "reading again": _read_again,
    }
    rows = []
    for name, work in works.items():
        for kind, location in locations.items():
            found = []
            for _ in range(runs):
                with _shown(location, "--interval", "3600") as page:
                    found.append(work(page, location))
            rows.append([name, kind, f"{statistics.median(found) * 1000:.0f}"])
    return table(["until it is shown" + _load(), "database", "ms"], rows)


def _asked(key: str, words: str, order: int, page: Watched, _location: str) -> float:
    for keys in (key, _EMPTY_LINE, words):
        page.send(keys)
        page.rest()
    moment = page.send("\r")
    return page.when_at(order, moment) - moment


def _gone_to_the_end(page: Watched, _location: str) -> float:
    moment = page.send(_END)
    return page.when_at(1, moment) - moment


def _read_again(page: Watched, location: str) -> float:
    label = f"changed {time.monotonic_ns()}"
    with Database(location).writing() as connection:
        connection.execute(update(orders).where(orders.c.id == MIDDLE).values(label=label))
    moment = page.send(_REFRESH)
    return page.when_seen(label, moment) - moment


def _memory(locations: dict[str, str], _runs: int) -> str:
    """Megabytes at eleven places, on the way down through all orders by the key for a page."""
    rows = []
    for kind, location in locations.items():
        with _shown(location) as page:
            page.send(_PAGE_DOWN)
            page.rest()
            step = MIDDLE - page.order
            found, tenth = [f"{page.resident_megabytes:.0f}"], MIDDLE // 10
            for goal in range(MIDDLE - tenth, -1, -tenth):
                while page.order > max(goal, 1):
                    page.send(_PAGE_DOWN * min(_BURST, -(-(page.order - goal) // step)))
                    page.rest(0.1)
                found.append(f"{page.resident_megabytes:.0f}")
        rows.append([kind, " ".join(found)])
    return table(["scrolling through 1 million", "MB"], rows)


@contextmanager
def _shown(location: str, *words: str) -> Iterator[Watched]:
    """The page, once all orders are counted."""
    with watched(_PROGRAM, location, *words) as page:
        page.when_seen(f"{MIDDLE:,} orders")
        page.rest()
        yield page


def _typed(page: Watched, key: str) -> float:
    moment = page.send(key)
    time.sleep(_BETWEEN_KEYS_SECONDS)
    return moment


def _load() -> str:
    return f" (load {os.getloadavg()[0]:.1f})"
