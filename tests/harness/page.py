"""The full screen of ``ordercli top`` without a terminal: keys go in, and what it shows is read."""

from __future__ import annotations

import asyncio
import html
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.events import Key
from textual.widgets import Input

from ordercli.base.limits import Limits
from ordercli.base.settings import Settings
from ordercli.cli.commands.top import read_view, request_of
from ordercli.cli.invocation import Invocation
from ordercli.output.console import Console
from ordercli.top.app import TopApp

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.message_pump import MessagePump
    from textual.pilot import Pilot

    from ordercli.store.database import Database
    from ordercli.top.request import TopRequest

_STEP_SECONDS = 0.01
_CHARACTERS = {"space": " ", "slash": "/", "question_mark": "?"}
_PATIENCE_SECONDS = 60
_BLANKS = re.compile("[ \xa0]+")
_CELL = (12.2, 24.4)
"""How wide and high a cell is in Textual's pictures."""

_PLACED_TEXTS = re.compile(r'<text [^>]*x="([\d.]+)" y="([\d.]+)" textLength[^>]*>(.*?)</text>')
_TEXTS = re.compile(r"<text [^>]*>(.*?)</text>", re.DOTALL)


class Page:
    """A page that is shown; ``app`` is the program, ``pilot`` what types."""

    def __init__(self, app: TopApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Type keys by their names, each when the one before it has been answered.

        That is seen: the pilot guesses it from how busy this process is, and so does not hold on a
        busy machine.
        """
        for key in keys:
            focused = self.app.focused or self.app.screen
            self.app.post_message(Key(key, _CHARACTERS.get(key, key if len(key) == 1 else None)))
            for each in (self.app, *focused.ancestors_with_self, self.app):  # the way of a key
                await self._passed(each)

    async def type(self, text: str) -> None:
        """Put a text in the place of what stands in the line, and type a return."""
        await self.until(lambda: isinstance(self.app.focused, Input), "a line to type in")
        assert isinstance(self.app.focused, Input)
        self.app.focused.value = text
        await self.press("enter")

    def shown(self) -> str:
        """All texts on the screen."""
        texts = _TEXTS.findall(self.app.export_screenshot())
        return _BLANKS.sub(" ", html.unescape(" ".join(texts)))

    def lines(self) -> list[str]:
        """The lines of the screen, without blanks at their ends and empty lines at the end."""
        lines: dict[int, str] = {}
        for x, y, text in _PLACED_TEXTS.findall(self.app.export_screenshot()):
            line = round(float(y) / _CELL[1] - 0.5)
            before = lines.get(line, "").ljust(round(float(x) / _CELL[0]))
            lines[line] = before + html.unescape(text).replace("\xa0", " ")
        shown = [lines.get(line, "").rstrip() for line in range(self.app.size.height)]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    @property
    def focused(self) -> str | None:
        """The name of the line that is typed in."""
        return self.app.focused.id if self.app.focused else None

    def ids(self) -> list[object]:
        """The ids of the orders that are at hand."""
        part = self.app.table.part
        return [] if part is None else [row["id"] for row in part.rows]

    async def expect(self, *texts: str) -> None:
        """Wait until all these texts are on the screen; fails with the screen if they never are."""
        await self.until(lambda: all(text in self.shown() for text in texts), f"{texts}")

    async def until(self, holds: Callable[[], bool], what: str = "") -> None:
        """Wait until something holds; fails with the screen if it never does."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if holds():
                return
            await asyncio.sleep(_STEP_SECONDS)
        raise AssertionError(f"not seen: {what}\n{self.shown()}")

    async def read_anew(self) -> None:
        """Wait until the orders that are there now have been read."""
        for _reading in range(2):  # one may be under way, from before
            part = self.app.table.part
            await self.until(lambda part=part: self.app.table.part is not part)  # type: ignore[misc]

    async def _passed(self, place: MessagePump) -> None:
        """Wait until what has been sent there was answered, or the page has ended."""
        passed = asyncio.Event()
        if place.call_later(passed.set):
            await self.until(lambda: passed.is_set() or self.app.return_value is not None)


def on_page(
    database: Database,
    steps: Callable[[Page], Awaitable[None]],
    words: str = "",
    *,
    size: tuple[int, int] = (120, 24),
    seconds: float = 0.2,
    settings: Settings | None = None,
    limits: Limits | None = None,
) -> int | None:
    """Show the page of a database, take these steps, and give the exit code."""
    request = request_for(database, words, seconds=seconds, settings=settings, limits=limits)
    return show(request, steps, size)


def show(
    request: TopRequest,
    steps: Callable[[Page], Awaitable[None]],
    size: tuple[int, int] = (120, 24),
) -> int | None:
    """Show the page of a request, take these steps once it has orders, and give the exit code."""
    app = TopApp(request)

    async def go() -> None:
        async with app.run_test(size=size) as pilot:
            page = Page(app, pilot)
            await page.until(lambda: app.table.part is not None, "orders")
            await steps(page)

    asyncio.run(go())
    return app.return_value


def request_for(
    database: Database,
    words: str = "",
    sort: str = "-creation",
    *,
    seconds: float = 5,
    settings: Settings | None = None,
    limits: Limits | None = None,
    utc: bool = True,
    width: int | None = None,
    **given: Any,
) -> TopRequest:
    """What the page of a database is asked to show; more may be ``given`` of the run."""
    console = replace(Console.of_process(), terminal=True, width=width, colour=True, unicode=True)
    run = Invocation(console, limits=limits or Limits(deaf_seconds=0.01), **given)
    view = read_view(run, words, None, sort)
    return request_of(run, settings or Settings(database.location), view, seconds, utc=utc)
