"""What is told while orders are waited for: results on stdout, and a line that is redrawn."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from ordercli.base.language import _
from ordercli.base.text import counted
from ordercli.output.formatting import counted_statuses
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.live import Live

    from ordercli.domain.status import Status
    from ordercli.operations.wait import Decision
    from ordercli.output.console import Console


class WaitMessages:
    """Writes each order that got there, names the others, and shows a person what is left."""

    def __init__(self, console: Console, timeout: str | None) -> None:
        self._console = console
        self._timeout = timeout
        self._line: Live | None = None
        self._lost = False

    def decided(self, decisions: Sequence[Decision]) -> None:
        """Write those that got there, name those that can't."""
        self._lost = False
        if decisions:
            self.clear()
        for each in decisions:
            if each.arrived and each.status is not None:
                name = _(each.status.name) if self._console.terminal else each.status.name
                self._console.write([f"{each.order_id} {name}\n"])
            elif each.status is None:
                tell(self._console, _("no order {id}").format(id=each.order_id))
            else:
                ended = _("order {id} is {status} and can't get there any more")
                tell(self._console, ended.format(id=each.order_id, status=_(each.status.name)))

    def waits(self, pending: Mapping[int, Status]) -> None:
        """Show how many are waited for, by status, on a terminal."""
        stream = self._console.stderr
        if stream is None or not stream.isatty() or os.environ.get("TERM", "dumb") == "dumb":
            return
        from rich.text import Text  # noqa: PLC0415 - Rich is slow

        line = _("waiting for {orders}: {statuses}").format(
            orders=counted(len(pending), "order"),
            statuses=counted_statuses(Counter(status.name for status in pending.values())),
        )
        with suppress(OSError):  # the terminal may go away
            if self._line is None:
                self._line = _redrawn_line(stream)
            self._line.update(Text(line, no_wrap=True, overflow="ellipsis"), refresh=True)

    def lost(self, reason: str) -> None:
        """Say once that the database is waited for too."""
        if not self._lost:
            self.clear()
            lost = _("{reason}; waiting for it to come back").format(reason=reason)
            tell(self._console, lost)
        self._lost = True

    def late(self, pending: Mapping[int, Status]) -> None:
        """Name each order that the time was too short for."""
        self.clear()
        late = _("order {id} did not get there in {time}, it is {status}")
        for order_id, status in pending.items():
            told = late.format(id=order_id, time=self._timeout, status=_(status.name))
            tell(self._console, told)

    def clear(self) -> None:
        """Take the line away."""
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError):
                line.stop()

    def ring(self) -> None:
        """Ring the bell of a terminal."""
        stream = self._console.stderr
        if stream is not None and stream.isatty():
            with suppress(OSError):
                print("\a", end="", file=stream, flush=True)


@contextmanager
def wait_messages(console: Console, timeout: str | None, *, bell: bool) -> Iterator[WaitMessages]:
    """What is told meanwhile; with ``bell`` the terminal rings at the end, however it ended."""
    messages = WaitMessages(console, timeout)
    try:
        yield messages
    finally:
        messages.clear()
        if bell:
            messages.ring()


def _redrawn_line(stream: TextIO) -> Live:
    from rich.console import Console as RichConsole  # noqa: PLC0415 - Rich is slow to import
    from rich.live import Live  # noqa: PLC0415 - as above

    line = Live(
        console=RichConsole(file=stream, highlight=False, markup=False, emoji=False),
        transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
    line.start()
    return line
