"""A progress bar on stderr, for what takes longer than a second."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE_SECONDS = 1.0


@contextmanager
def shown_progress(
    stream: TextIO, what: str, total: Callable[[], int | None]
) -> Iterator[Callable[[int], None]]:
    """A function to call with the number of things done; the bar goes away at the end."""
    console = Console(file=stream)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
    task = bar.add_task(what, total=None)
    begun = time.monotonic()

    def advance(count: int) -> None:
        bar.advance(task, count)
        if not bar.live.is_started and time.monotonic() - begun > _PATIENCE_SECONDS:
            bar.update(task, total=total())
            bar.start()

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()
