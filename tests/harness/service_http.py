"""The HTTP side of the live service of the tests: what it answers, as bytes on a connection."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from harness.service_faults import Odd, write_odd
from harness.service_orders import Reply

Handle = Callable[[str, str, dict[str, str], bytes], Reply | Odd | None]
"""Gives the answer to a method, a path, headers and a body; None where it is to be cut."""


def content_of(reply: Reply | Odd) -> bytes:
    """The body of an answer."""
    if isinstance(reply, Odd):
        return reply.body
    return b"" if reply.document is None else json.dumps(reply.document).encode()


class Listener(ThreadingHTTPServer):
    """Listens on a free port of this machine; ``handle`` gives each answer."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handle: Handle) -> None:
        super().__init__(("127.0.0.1", 0), _handler_of(handle))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients go away in these tests, and distrust the certificate."""


def _handler_of(handle: Handle) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        timeout = 30

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = handle(self.command, self.path, headers, body)
            if reply is None or (isinstance(reply, Odd) and reply.writes):
                if isinstance(reply, Odd):
                    write_odd(reply, self.wfile)
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            odd = reply if isinstance(reply, Odd) else Odd(reply.status)
            content = content_of(reply)
            self.send_header("Content-Type", odd.kind)
            for name, value in odd.headers.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        do_GET = do_PUT = do_POST = do_DELETE = handle_request  # noqa: N815 - names of the base

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            """Write nothing to stderr."""

    return Handler
