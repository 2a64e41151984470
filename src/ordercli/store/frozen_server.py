"""A connection to PostgreSQL that tells a frozen server from a busy one.

A query may take as long as it takes. But when nothing has come from the server for
``SILENT_SECONDS``, the server is asked for a sign of life on another connection; without an answer
within ``ANSWER_SECONDS`` the connection is given up. This covers whatever the driver waits for.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg.abc import PQGen

SILENT_SECONDS = 10.0
ANSWER_SECONDS = 5.0

_Given = TypeVar("_Given")

# What any server answers with one letter, before any login: its length, then its code.
_CAN_YOU_ENCRYPT = bytes.fromhex("00000008 04d2162f")


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that gives a frozen server up, with OperationalError."""

    def wait(self, gen: PQGen[_Given], *arguments: Any, **options: Any) -> _Given:
        """Do the driver's work until it is done, as the driver does."""
        return super().wait(self._watched(gen), *arguments, **options)

    def _watched(self, work: PQGen[_Given]) -> Generator[Any, Any, _Given]:
        """The work, which is told whether the server was ready, or nothing where it was not."""
        heard = time.monotonic()
        try:
            wanted = next(work)
            while True:
                ready = yield wanted
                if ready:
                    heard = time.monotonic()
                elif time.monotonic() - heard > SILENT_SECONDS:
                    self._require_life()
                    heard = time.monotonic()
                wanted = work.send(ready)
        except StopIteration as finished:
            given: _Given = finished.value
            return given

    def _require_life(self) -> None:
        """Close the connection and raise OperationalError where its server does not answer."""
        with socket.socket(fileno=self.fileno()) as ours:
            try:
                address = ours.getpeername()
                family = ours.family
            finally:
                ours.detach()
        if not _answers(family, address):
            self.close()
            raise psycopg.OperationalError(
                f"nothing came for {SILENT_SECONDS + ANSWER_SECONDS:g} s"
            )


def _answers(family: int, address: Any) -> bool:
    """Whether a server answers there at all; a closed connection is an answer too."""
    with socket.socket(family) as asking:
        asking.settimeout(ANSWER_SECONDS)
        try:
            asking.connect(address)
        except OSError:
            return False
        with suppress(ConnectionError):
            try:
                asking.sendall(_CAN_YOU_ENCRYPT)
                asking.recv(1)
            except TimeoutError:
                return False
    return True
