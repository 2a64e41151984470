"""A cable between the program and its PostgreSQL server, which breaks at a chosen request."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.store.database import Database


class Cable:
    """Between the program and its server; it is cut once, at a chosen request.

    ``number`` counts the requests, from 1, since the first transaction that writes: a change begins
    with one that only reads. With ``reading`` it counts them from the first one on. ``delivered``
    means that the server gets the last one and answers it, and only the answer is lost, after
    ``meanwhile``. With ``for_good``, nobody gets through any more. With ``frozen`` nothing is
    closed, and nothing comes any more.
    """

    def __init__(
        self,
        database: Database,
        cut: Callable[[int, bytes], bool],
        *,
        delivered: bool,
        meanwhile: Callable[[], object] = lambda: None,
        for_good: bool = False,
        frozen: bool = False,
        reading: bool = False,
    ) -> None:
        self._parameters = conninfo_to_dict(database.location)
        self._cut = cut
        self._delivered = delivered
        self._meanwhile = meanwhile
        self._for_good = for_good
        self._counts = reading
        self._freezes = frozen
        self._frozen = threading.Event()
        self._over = threading.Event()
        self.requests = 0
        self.was_cut = False
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def location(self) -> str:
        """The URL of the database at this end of the cable."""
        name, user, password = (
            quote(str(self._parameters[key]), safe="") for key in ("dbname", "user", "password")
        )
        port = self._listener.getsockname()[1]
        plain = "sslmode=disable&gssencmode=disable"
        return f"postgresql://{user}:{password}@127.0.0.1:{port}/{name}?{plain}"

    def __enter__(self) -> Cable:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._close()
        for each in self._sockets:  # the program may not have let go of its end yet
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                self._sockets.append(near)
                if self._frozen.is_set():
                    self._start(self._hold, near)
                    continue
                host, port = str(self._parameters["host"]), int(str(self._parameters["port"]))
                far = socket.create_connection((host, port))
                for side in (near, far):  # small messages go at once
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                answered = threading.Event()
                silent = threading.Event()
                self._start(self._forward, near, far, silent, answered)
                self._start(self._answer, near, far, silent, answered)

    def _forward(
        self,
        near: socket.socket,
        far: socket.socket,
        silent: threading.Event,
        answered: threading.Event,
    ) -> None:
        with suppress(OSError), near, far:
            first = True
            request = b""
            while message := _message(near, typed=not first):
                request += message
                self._counts = self._counts or b"BEGIN READ WRITE" in message
                if self._counts and not first and message[:1] in (b"Q", b"S"):
                    self.requests += 1
                    whole, request = request, b""
                    if not self.was_cut and self._cut(self.requests, whole):
                        self.was_cut = True
                        if self._freezes:
                            self._freeze(far if self._delivered else None, message)
                            break
                        if self._for_good:
                            self._close()
                        if self._delivered:
                            silent.set()
                            far.sendall(message)
                            answered.wait(60)
                            self._meanwhile()
                        break
                far.sendall(message)
                first = False
            for side in (near, far):
                with suppress(OSError):
                    side.shutdown(socket.SHUT_RDWR)

    def _freeze(self, far: socket.socket | None, message: bytes) -> None:
        """Let nothing through any more, but perhaps this request."""
        self._frozen.set()
        if far:
            far.sendall(message)
        self._over.wait()

    def _hold(self, near: socket.socket) -> None:
        with near:
            self._over.wait()

    def _answer(
        self,
        near: socket.socket,
        far: socket.socket,
        silent: threading.Event,
        answered: threading.Event,
    ) -> None:
        with suppress(OSError):
            while data := far.recv(65536):
                if silent.is_set():
                    if data[-6:-1] == b"Z\0\0\0\x05":  # ready for the next request
                        answered.set()
                elif not self._frozen.is_set():
                    near.sendall(data)
        with suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)


def _message(stream: socket.socket, *, typed: bool) -> bytes:
    """The next message of the client's side of the protocol; empty at the end."""
    head = _exactly(stream, 5 if typed else 4)
    if not head:
        return b""
    (length,) = struct.unpack("!i", head[-4:])
    return head + _exactly(stream, length - 4)


def _exactly(stream: socket.socket, length: int) -> bytes:
    gathered = b""
    while len(gathered) < length:
        more = stream.recv(length - len(gathered))
        if not more:
            return b""
        gathered += more
    return gathered


class RequestNumber:
    """Tells the request of this number, 1 and up."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, number: int, _: bytes) -> bool:
        return number == self._number


class CommitOf:
    """Tells the commit of a batch, 1 and up."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._changed = False
        self._committed = 0

    def __call__(self, _: int, request: bytes) -> bool:
        if b"UPDATE t_order" in request:
            self._changed = True
        if self._changed and b"COMMIT" in request:
            self._committed += 1
            self._changed = False
            return self._committed == self._batch
        return False
