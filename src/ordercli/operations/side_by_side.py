"""Several databases at a time, each in a thread of its own: a slow one holds up no other."""

from __future__ import annotations

from itertools import islice
from queue import Empty, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

_AT_A_TIME = 500
_AHEAD = 4
"""Batches of rows that a thread reads before they are asked for."""

T = TypeVar("T")


class Aside(Generic[T]):
    """What a thread of its own reads, in order; it begins at once, and reads a little ahead.

    The thread ends with the process: a server that hangs does not hold up Ctrl-C.
    """

    def __init__(self, read: Callable[[], Generator[T, None, None]]) -> None:
        self._batches: Queue[list[T] | BaseException] = Queue(_AHEAD)
        self._closed = Event()
        self._thread = Thread(target=self._fill, args=(read,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[T]:
        """What is read; raises what reading it raised."""
        while batch := self._batches.get():
            if isinstance(batch, BaseException):
                raise batch
            yield from batch

    def close(self) -> None:
        """Let the thread end after its present batch."""
        self._closed.set()
        try:
            while True:
                self._batches.get_nowait()
        except Empty:
            return

    def _fill(self, read: Callable[[], Generator[T, None, None]]) -> None:
        try:
            rows = read()
            try:
                while not self._closed.is_set() and (batch := list(islice(rows, _AT_A_TIME))):
                    self._batches.put(batch)
            finally:
                rows.close()
        except BaseException as error:
            self._batches.put(error)
        else:
            self._batches.put([])


def results_of_each(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What each of the calls gives, made at the same time; raises what the first of them raised."""

    def single(call: Callable[[], T]) -> Callable[[], Generator[T, None, None]]:
        def read() -> Generator[T, None, None]:
            yield call()

        return read

    begun: list[Aside[Any]] = [Aside(single(call)) for call in calls]
    return [next(iter(each)) for each in begun]
