"""A line that offers what may stand where one types, as TAB does on the command line."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.suggester import Suggester, SuggestionReady
from textual.widgets import Input, Static

from ordercli.base.text import printable
from ordercli.top.dialogs import LineDialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ordercli.top.request import Offer

_PAUSE_SECONDS = 0.05
"""After a key, in which the next one makes an answer to this one needless."""

_DEADLINE_SECONDS = 1.0
_MOST_SHOWN = 8


class CompletedLine(LineDialog):
    """Asks for one line; Tab takes what is offered for its end, arrows choose among the offers.

    ``complete`` gives the offers for a line; it runs beside the screen, and may take its time.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "take", priority=True),
        Binding("down", "choose(1)", priority=True),
        Binding("up", "choose(-1)", priority=True),
    ]

    def __init__(
        self,
        title: str,
        value: str,
        read: Callable[[str], object],
        complete: Callable[[str], Sequence[Offer]],
    ) -> None:
        super().__init__(title, value, read)
        self._suggester = _Offers(complete, self._show_offers)
        self._offers: Sequence[Offer] = ()
        self._chosen = 0

    def on_mount(self) -> None:
        """Have the offers above the line, which so stays where it is."""
        self.query_one("#line").mount(Static("", id="offers"), before=0)
        self.query_one(Input).suggester = self._suggester

    def on_input_changed(self, event: Input.Changed) -> None:
        """Leave nothing on the screen that an older line was offered."""
        super().on_input_changed(event)
        if not event.value:
            self._show_offers(())

    def action_take(self) -> None:
        """Put the offer that is chosen into the line."""
        if self._offers:
            line = self.query_one(Input)
            line.value = self._offers[self._chosen].line
            line.cursor_position = len(line.value)

    def action_choose(self, places: int) -> None:
        """Choose another offer."""
        if self._offers:
            self._chosen = (self._chosen + places) % len(self._offers)
            line = self.query_one(Input)
            line.post_message(SuggestionReady(line.value, self._offers[self._chosen].line))
            self._draw()

    def _show_offers(self, offers: Sequence[Offer]) -> None:
        if self.is_current:  # the line may have been taken before there was an answer
            self._offers, self._chosen = offers, 0
            self._draw()

    def _draw(self) -> None:
        first = max(0, self._chosen - _MOST_SHOWN + 1)
        shown = self._offers[first : first + _MOST_SHOWN]
        width = max((len(each.word) for each in shown), default=0)
        drawn = Text(no_wrap=True, overflow="ellipsis")
        for place, each in enumerate(shown, first):
            word = printable(each.word).ljust(width)
            style = "reverse" if place == self._chosen else ""
            drawn.append(word, style).append(f"  {printable(each.meaning)}\n")
        drawn.rstrip()
        for offers in self.query("#offers").results(Static):  # none, once the line has been left
            offers.update(drawn)


class _Offers(Suggester):
    """Looks for offers in a thread, which no key waits for."""

    def __init__(
        self,
        complete: Callable[[str], Sequence[Offer]],
        show: Callable[[Sequence[Offer]], None],
    ) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete, self._show = complete, show
        self._wanted = ""

    async def get_suggestion(self, value: str) -> str | None:
        """The first offer, where it only adds to the line; all of them are shown."""
        self._wanted = value
        await asyncio.sleep(_PAUSE_SECONDS)
        if value != self._wanted:
            return None
        offers = await self._found(value)
        if value != self._wanted:
            return None
        self._show(offers)
        return offers[0].line if offers else None

    async def _found(self, value: str) -> Sequence[Offer]:
        """The offers; none where something goes wrong, or takes too long: nobody asked for any."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[Offer]] = loop.create_future()

        def put(offers: Sequence[Offer]) -> None:
            if not found.done():
                found.set_result(offers)

        def look() -> None:
            offers: Sequence[Offer] = ()
            with suppress(Exception):
                offers = self._complete(value)
            with suppress(RuntimeError):  # the screen has ended
                loop.call_soon_threadsafe(put, offers)

        Thread(target=look, daemon=True).start()
        with suppress(TimeoutError):
            return await asyncio.wait_for(found, _DEADLINE_SECONDS)
        return ()
