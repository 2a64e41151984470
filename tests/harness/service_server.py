"""A live service for the tests: a real HTTPS server that keeps its rules over a real database.

Every request and every answer is held against ``service-api.yaml``. Faults are asked for by a
function, and what the service did is in its own record.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

import psycopg
import trustme
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from sqlalchemy import select

from harness.program import run
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from harness.program import Result
    from ordercli.store.database import Database

API = OpenAPI.from_file_path(str(Path(__file__).parent / "service-api.yaml"))
PROJECT = "prod"
USER = "admin@example.org"
PASSWORD = "canary-pässword"
CLIENT_ID, CLIENT_SECRET = "client", "canary-client-secret"
TOKEN = "canary-token"

_ORDERS = "/api/v1/rs-order/user/orders"
_ROUTES = {
    ("GET", "/{}"): "look",
    ("PUT", "/pause/{}"): "pause",
    ("PUT", "/resume/{}"): "resume",
    ("DELETE", "/{}"): "cancel",
    ("DELETE", "/remove/{}"): "remove",
    ("PUT", "/{}/retry"): "retry",
    ("POST", "/{}/restart"): "restart",
}
_ALLOWED = {
    "pause": (("PENDING", "RUNNING"), "ORDER_MUST_BE_PENDING_OR_RUNNING"),
    "resume": (("PAUSED",), "ONLY_PAUSED_ORDER_CAN_BE_RESUMED"),
    "cancel": (
        ("PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED", "EXPIRED"),
        "ORDER_MUST_BE_PAUSED_OR_DONE_OR_FAILED_OR_EXPIRED",
    ),
    "remove": (("DELETED",), "ORDER_MUST_BE_DELETED"),
    "retry": (("DONE_WITH_WARNING", "FAILED"), "ORDER_MUST_BE_DONE_WITH_WARNING_OR_FAILED"),
    "restart": (
        ("DONE", "DONE_WITH_WARNING", "FAILED"),
        "ORDER_MUST_BE_DONE_OR_DONE_WITH_WARNING_OR_FAILED",
    ),
}
_BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED", "retry": "RUNNING"}
_LAST_REQUEST_SECONDS = 10
_NO_ID = re.compile(r"\d+")


class Fault(Enum):
    """What goes wrong with one request: before or after the service has acted."""

    CUT_BEFORE = auto()
    CUT_AFTER = auto()
    FAIL_BEFORE = auto()
    FAIL_AFTER = auto()


@dataclass(frozen=True)
class Handled:
    """One request, as the service remembers it: what it answered, and whether it acted."""

    action: str
    order_id: int
    status: int
    acted: bool = False
    message: str = ""


@dataclass
class Behaviour:
    """How the service is to behave; all is well unless a test says otherwise."""

    fault: Callable[[str, int], Fault | None] = lambda _action, _order: None
    before: Callable[[str, int], None] = lambda _action, _order: None
    job_seconds: float = 0
    pause_seconds: float = 0
    answer_seconds: float = 0
    token_uses: int = 10**9
    while_jobs_end: str = "ORDER_NOT_COMPLETELY_STOPPED"
    refusal: str | None = None
    with_processing: set[int] = field(default_factory=set)
    login_status: int = 200


class ServiceServer:
    """The service of one database; a context manager that ends it.

    ``record`` has every request for an order, ``logins`` counts the tokens that were asked for,
    ``violations`` what the API does not allow, ``busiest`` the most requests at a time.
    """

    def __init__(self, location: str, folder: Path) -> None:
        """Start it; ``folder`` takes the certificate of its authority."""
        self.location = location
        self.behaviour = Behaviour()
        self.record: list[Handled] = []
        self.logins = 0
        self.violations: list[str] = []
        self.busiest = 0
        self._busy = 0
        self._uses: dict[str, int] = {}
        self._jobs_end: dict[int, float] = {}
        self._timers: list[threading.Timer] = []
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._connection = psycopg.connect(location, autocommit=True)
        authority = trustme.CA()
        self.certificates = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificates))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self._http = _Listener(("127.0.0.1", 0), _handler_of(self))
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://localhost:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop_listening()
        for timer in self._timers:
            timer.cancel()
            timer.join()
        with self._idle:  # a request that its client gave up may still be at work
            finished = self._idle.wait_for(lambda: self._busy == 0, timeout=_LAST_REQUEST_SECONDS)
        self._connection.close()
        assert finished, "a request is still being handled"

    def stop_listening(self) -> None:
        """Take no more connections."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def expire_tokens(self) -> None:
        """Accept no token any more that was given so far."""
        self._uses.clear()

    def accept_token(self, token: str) -> None:
        """Accept this token as well."""
        self._uses[token] = self.behaviour.token_uses

    def acted(self, action: str) -> list[int]:
        """The orders, in order, to which the service has done this."""
        return [each.order_id for each in self.record if each.acted and each.action == action]

    def act(  # noqa: PLR0911 - a rule each
        self, action: str, order_id: int, label: str = ""
    ) -> tuple[int, str]:
        """Do what a request asks for, as the rules allow: a status, and a message of refusal."""
        behaviour = self.behaviour
        if behaviour.refusal is not None:
            return 401, behaviour.refusal
        with self._lock, self._connection.transaction():
            row = self._connection.execute(
                "SELECT status FROM t_order WHERE id = %s FOR UPDATE", (order_id,)
            ).fetchone()
            if row is None:
                return 404, ""
            if action == "look":
                return 200, ""
            allowed, message = _ALLOWED[action]
            if row[0] not in allowed:
                return 401, message
            if action == "retry" and order_id in behaviour.with_processing:
                return 401, "ORDER_HAS_PROCESSING"
            if action in ("cancel", "resume") and self._jobs_run(order_id):
                paused = "ORDER_NOT_COMPLETELY_PAUSED"
                return 401, paused if action == "resume" else behaviour.while_jobs_end
            self._carry_out(action, order_id, row[0], label)
        return 200, ""

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> _Reply | None:
        """The answer to a request; None where the connection is to be cut."""
        with self._lock:
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            time.sleep(self.behaviour.answer_seconds)
            reply = self._handled(method, path, headers, body)
            self._validate(method, path, headers, body, reply)
        finally:
            with self._lock:
                self._busy -= 1
                self._idle.notify_all()
        return reply

    def _handled(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> _Reply | None:
        if "/oauth/token" in path:
            return self._log_in(path, headers, json.loads(body))
        action, order_id = _routed(method, path)
        if not self._takes(headers.get("authorization", "").removeprefix("Bearer ")):
            self.record.append(Handled(action, order_id, 401))
            return _Reply(401, {"error": "invalid_token"})
        self.behaviour.before(action, order_id)
        fault = self.behaviour.fault(action, order_id)
        acts = fault not in (Fault.CUT_BEFORE, Fault.FAIL_BEFORE)
        label = json.loads(body)["label"] if body else ""
        status, message = self.act(action, order_id, label) if acts else (500, "")
        self.record.append(Handled(action, order_id, status, status == 200, message))
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
            return None
        if fault is not None:
            return _Reply(500, {})
        if action == "look" and status == 200:
            return _Reply(status, {"content": {"id": order_id, "status": "UNKNOWN"}})
        return _Reply(status, {"messages": [message]} if message else None)

    def _log_in(self, path: str, headers: dict[str, str], body: dict[str, str]) -> _Reply | None:
        self.logins += 1
        if self.behaviour.fault("login", 0) is Fault.CUT_BEFORE:
            return None
        if self.behaviour.login_status != 200:
            return _Reply(self.behaviour.login_status, {"error": "unavailable"})
        site = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        right = (
            headers.get("authorization") == f"Basic {site}"
            and dict(parse_qsl(urlsplit(path).query)) == {"scope": PROJECT}
            and (body["username"], body["password"]) == (USER, PASSWORD)
        )
        if not right:
            return _Reply(401, {"error": "unauthorized"})
        token = f"{TOKEN}-{self.logins}"
        self.accept_token(token)
        return _Reply(200, {"access_token": token, "expires_in": 3600})

    def _takes(self, token: str) -> bool:
        with self._lock:
            left = self._uses.get(token, 0)
            if left > 0:
                self._uses[token] = left - 1
            return left > 0

    def _jobs_run(self, order_id: int) -> bool:
        return time.monotonic() < self._jobs_end.get(order_id, 0)

    def _carry_out(self, action: str, order_id: int, status: str, label: str) -> None:
        if action == "restart":
            self._execute(
                "INSERT INTO t_order (id, owner, label, status, status_date, creation_date,"
                " files_in_error, percent_complete, waiting_for_user) SELECT (SELECT max(id) + 1"
                " FROM t_order), owner, %s, 'PENDING', now(), now(), 0, 0, false"
                " FROM t_order WHERE id = %s", label, order_id,
            )  # fmt: skip
        elif action == "remove":
            self._execute("DELETE FROM t_dataset_task WHERE order_id = %s", order_id)
            self._execute("DELETE FROM t_order WHERE id = %s", order_id)
        else:
            if action == "pause" and status == "RUNNING":
                self._jobs_end[order_id] = time.monotonic() + self.behaviour.job_seconds
            if action == "pause" and self.behaviour.pause_seconds:
                seconds = self.behaviour.pause_seconds
                timer = threading.Timer(seconds, self._pause_late, (order_id,))
                self._timers.append(timer)
                timer.start()
            else:
                self._set_status(order_id, _BECOMES[action])

    def _pause_late(self, order_id: int) -> None:
        with self._lock:
            self._set_status(order_id, "PAUSED")

    def _set_status(self, order_id: int, status: str) -> None:
        self._execute(
            "UPDATE t_order SET status = %s, status_date = now() AT TIME ZONE 'UTC',"
            " waiting_for_user = false WHERE id = %s", status, order_id,
        )  # fmt: skip

    def _execute(self, statement: str, *values: object) -> None:
        self._connection.execute(statement.encode(), values)

    def _validate(
        self, method: str, path: str, headers: dict[str, str], body: bytes, reply: _Reply | None
    ) -> None:
        split = urlsplit(path)
        request = MockRequest(
            self.url,
            method.lower(),
            split.path,
            args=dict(parse_qsl(split.query)),
            headers=headers,
            data=body or None,
            content_type=headers.get("content-type", "application/json"),
        )
        try:
            API.validate_request(request)
            if reply is not None:
                API.validate_response(request, MockResponse(reply.content, reply.status))
        except OpenAPIError as error:
            self.violations.append(f"{method} {path}: {error!r} {error.__cause__!r}")


@dataclass(frozen=True)
class Site:
    """A live service, its database, and the environment of an administrator who has a profile."""

    database: Database
    service: ServiceServer
    env: dict[str, str]

    @classmethod
    def of(cls, database: Database, service: ServiceServer, folder: Path) -> Site:
        """The site; ``folder`` takes the configuration file."""
        configuration = folder / "config.toml"
        configuration.write_text(
            f'default_profile = "prod"\n[profiles.prod]\ndatabase = "{database.location}"\n'
            f'service = "{service.url}"\nproject = "{PROJECT}"\nuser = "{USER}"\n'
            f'client_id = "{CLIENT_ID}"\n',
            encoding="utf-8",
        )
        env = {
            "ORDERCLI_CONFIG": str(configuration),
            "ORDERCLI_SERVICE_PASSWORD": PASSWORD,
            "ORDERCLI_CLIENT_SECRET": CLIENT_SECRET,
            "ORDERCLI_ACTOR": "night-shift@ops",
            "SSL_CERT_FILE": str(service.certificates),
        }
        return cls(database, service, env)

    def run(self, *arguments: object, stdin: str | None = None, **env: str | None) -> Result:
        """Run the program in this process."""
        return run(*arguments, stdin=stdin, env={**self.env, **env})

    def status(self, order_id: int) -> str | None:
        """The stored status of an order; None where there is no such order."""
        return self.statuses().get(order_id)

    def statuses(self) -> dict[int, str]:
        """The stored status of every order."""
        with self.database.reading() as connection:
            rows = connection.execute(select(orders.c.id, orders.c.status))
            return {row.id: row.status for row in rows}

    def history(self) -> list[tuple[Any, ...]]:
        """Every event: order, action, from, to, actor, reason."""
        event = events.c
        wanted = (event.order_id, event.action, event.from_status, event.to_status, event.actor,
                  event.reason)  # fmt: skip
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(select(*wanted).order_by(event.id))]


@dataclass(frozen=True)
class _Reply:
    status: int
    document: dict[str, Any] | None

    @property
    def content(self) -> bytes:
        return b"" if self.document is None else json.dumps(self.document).encode()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients go away in these tests, and distrust the certificate."""


def _handler_of(server: ServiceServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        timeout = 30

        def handle_request(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.handle(self.command, self.path, headers, body)
            if reply is None:
                self.close_connection = True
                with suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            self.wfile.write(reply.content)
            self.wfile.flush()

        do_GET = do_PUT = do_POST = do_DELETE = handle_request  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            """Write nothing to stderr."""

    return Handler


def _routed(method: str, path: str) -> tuple[str, int]:
    tail = urlsplit(path).path.removeprefix(_ORDERS)
    order_id = _NO_ID.search(tail)
    assert order_id is not None, path
    return _ROUTES[method, _NO_ID.sub("{}", tail)], int(order_id[0])
