"""How far a run has come, for a person who waits at a terminal."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ordercli.output.console import Console


@contextmanager
def progress(
    console: Console, what: str, total: Callable[[], int | None]
) -> Iterator[Callable[[int], None]]:
    """A function to call with the number of things done since the last call.

    A bar shows on a terminal's stderr once it takes over a second; ``total`` is only asked then.
    """
    stream = console.stderr
    if stream is None or not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from ordercli.output.progress_bar import shown_progress  # noqa: PLC0415 - Rich is slow

    with shown_progress(stream, what, total) as advance:

        def advance_if_seen(count: int) -> None:
            with suppress(OSError):  # the terminal may go away in the middle of a change
                advance(count)

        yield advance_if_seen


def followed(
    console: Console,
    blocks: Iterable[tuple[bytes, int]],
    what: str,
    total: Callable[[], int | None],
) -> Iterator[bytes]:
    """The blocks as they come, each with a number of things done, with ``progress``."""
    with progress(console, what, total) as advance:
        for block, number in blocks:
            yield block
            advance(number)
