"""How often a program waits for its PostgreSQL server, seen by a proxy between the two."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.store.database import Database


class WaitCounter:
    """A proxy that counts the times that the client speaks after it has heard the server."""

    def __init__(self, database: Database) -> None:
        self._named = conninfo_to_dict(database.location)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.waits = 0
        self.logins = 0

    @property
    def location(self) -> str:
        """The URL of the database, through the proxy."""
        name, user, password = (
            quote(str(self._named[key]), safe="") for key in ("dbname", "user", "password")
        )
        port = self._listener.getsockname()[1]
        return f"postgresql://{user}:{password}@127.0.0.1:{port}/{name}?sslmode=disable"

    def __enter__(self) -> WaitCounter:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listener, *self._sockets):
            each.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                self.logins += 1
                far = socket.create_connection(
                    (str(self._named["host"]), int(str(self._named["port"])))
                )
                self._sockets += [near, far]
                for side in (near, far):  # small messages go at once
                    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                heard = threading.Event()
                heard.set()
                for source, sink in ((near, far), (far, near)):
                    self._start(self._forward, source, sink, heard, source is near)

    def _forward(
        self, source: socket.socket, sink: socket.socket, heard: threading.Event, asks: bool
    ) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                if not asks:
                    heard.set()
                elif heard.is_set() and data[:1] != b"X":  # which says good-bye, and waits for none
                    heard.clear()
                    self.waits += 1
                sink.sendall(data)
        for side in (source, sink):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
