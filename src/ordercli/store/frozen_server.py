"""A connection to PostgreSQL that tells a frozen server from a busy one.

A query may take as long as it takes. But when nothing has come from the server for some seconds,
the server is asked for a sign of life on another connection; without an answer the connection is
given up. This covers whatever the driver waits for.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Generator

    from psycopg.abc import PQGen

_Given = TypeVar("_Given")

# What any server answers with one letter, before any login: its length, then its code.
_CAN_YOU_ENCRYPT = bytes.fromhex("00000008 04d2162f")


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that gives a frozen server up, with OperationalError."""

    limits = Limits()

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
                elif time.monotonic() - heard > self.limits.silent_seconds:
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
        limits = self.limits
        if not _answers(family, address, limits.sign_of_life_seconds):
            self.close()
            silence = limits.silent_seconds + limits.sign_of_life_seconds
            raise psycopg.OperationalError(f"nothing came for {silence:g} s")


def _answers(family: int, address: Any, seconds: float) -> bool:
    """Whether a server answers there at all in time; a closed connection is an answer too."""
    with socket.socket(family) as asking:
        asking.settimeout(seconds)
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
