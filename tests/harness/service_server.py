"""A live service for the tests: a real HTTPS server that keeps its rules over a real database.

It is one of the versions of ``service_rules``. Every request and every answer is held against
``service-api.yaml``. Faults are asked for by a function, and what the service did is in its own
record.
"""

from __future__ import annotations

import base64
import json
import math
import re
import ssl
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl, urlsplit

import trustme
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from harness.service_faults import Fault, Odd
from harness.service_http import Listener, content_of
from harness.service_orders import USER, Behaviour, Reply, ServiceOrders
from harness.service_rules import NEWEST, VERSIONS

if TYPE_CHECKING:
    from types import TracebackType

API = OpenAPI.from_file_path(str(Path(__file__).parent / "service-api.yaml"))
PROJECT = "prod"
PASSWORD = "canary-pässword"
CLIENT_ID, CLIENT_SECRET = "client", "canary-client-secret"
TOKEN = "canary-token"

_ORDERS = "/api/v1/rs-order/user/orders"
_LOGIN = "/api/v1/rs-authentication/oauth/token"
_ROUTES = {
    ("GET", "/{}"): "look",
    ("PUT", "/pause/{}"): "pause",
    ("PUT", "/resume/{}"): "resume",
    ("DELETE", "/{}"): "cancel",
    ("DELETE", "/remove/{}"): "remove",
    ("PUT", "/{}/retry"): "retry",
    ("POST", "/{}/restart"): "restart",
}
_LAST_REQUEST_SECONDS = 60
_DIGITS = re.compile(r"\d+")
_MAINTENANCE = 515


@dataclass(frozen=True)
class Handled:
    """One request, as the service remembers it: what it answered, and whether it acted."""

    action: str
    order_id: int
    status: int
    acted: bool = False
    message: str = ""


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ServiceServer:
    """The service of one database; a context manager that ends it.

    ``record`` has every change that was asked for, ``looks`` the ids of orders that were only
    looked at, ``logins`` counts the tokens that were asked for, ``violations`` has what the API
    does not allow or what would have lost data, ``busiest`` the most requests at a time.
    """

    def __init__(
        self, location: str, folder: Path, version: str = NEWEST, schema: str | None = None
    ) -> None:
        """Start it; ``folder`` takes the certificate of its authority."""
        self.location = location
        self.orders = ServiceOrders(location, VERSIONS[version], schema)
        self.version = self.orders.version
        self.behaviour: Behaviour = self.orders.behaviour
        self.violations = self.orders.violations
        self.record: list[Handled] = []
        self.looks: list[int] = []
        self.logins = 0
        self.busiest = 0
        self._busy = 0
        self._uses: dict[str, int] = {}
        self._ends: dict[str, float] = {}
        self._validated: set[str] = set()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        authority = trustme.CA()
        self.certificates = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.certificates))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "regards.test").configure_cert(context)
        self._http = Listener(self.handle)
        self._http.socket = context.wrap_socket(
            self._http.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = self._http.server_port
        self.url = f"https://localhost:{self.port}"
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
        with self._idle:  # a request that its client gave up may still be at work
            finished = self._idle.wait_for(lambda: self._busy == 0, timeout=_LAST_REQUEST_SECONDS)
        self.orders.close()
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

    def act(self, action: str, order_id: int, label: str = "") -> tuple[int, str]:
        """What another administrator does: the status and the message of the answer."""
        reply = self.orders.act(action, order_id, {"label": label})
        return reply.status, reply.message

    def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> Reply | Odd | None:
        """The answer to a request; None where the connection is to be cut."""
        with self._lock:
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        request = _Request(method, path, headers, body)
        try:
            time.sleep(self.behaviour.answer_seconds)
            reply = self._log_in(request) if _LOGIN in path else self._handled(request)
            self._validate(request, reply)
        finally:
            with self._lock:
                self._busy -= 1
                self._idle.notify_all()
        return reply

    def _handled(self, request: _Request) -> Reply | Odd | None:
        action, order_id = _routed(request.method, request.path)
        behaviour = self.behaviour
        if not self._takes(request.headers.get("authorization", "").removeprefix("Bearer ")):
            self._remember(Handled(action, order_id, behaviour.expired_status))
            return Reply(behaviour.expired_status, {"error": "invalid_token"})
        behaviour.before(action, order_id)
        fault = behaviour.fault(action, order_id)
        acts = fault.acts if isinstance(fault, Odd) else fault not in (
            Fault.CUT_BEFORE, Fault.FAIL_BEFORE,
        )  # fmt: skip
        reply = self._act(action, order_id, request.body) if acts else Reply(500)
        acted = reply.status in (200, 201)
        self._remember(Handled(action, order_id, reply.status, acted, reply.message))
        if isinstance(fault, Odd) and (acted or not acts):
            return fault
        if fault in (Fault.CUT_BEFORE, Fault.CUT_AFTER):
            return None
        return Reply(500, {}) if isinstance(fault, Fault) else reply

    def _act(self, action: str, order_id: int, body: bytes) -> Reply:
        if self.behaviour.maintenance and action != "look":  # every request but GET
            return Reply(_MAINTENANCE, {"messages": ["MAINTENANCE_MODE"]})
        return self.orders.act(action, order_id, json.loads(body) if body else None)

    def _remember(self, handled: Handled) -> None:
        if handled.action == "look":
            self.looks.append(handled.order_id)
        else:
            self.record.append(handled)

    def _log_in(self, request: _Request) -> Reply | Odd | None:
        """A token, for JSON or a form as the version takes it ("Token")."""
        self.logins += 1
        behaviour = self.behaviour
        if behaviour.fault("login", 0) is Fault.CUT_BEFORE:
            return None
        if behaviour.login_odd is not None:
            return behaviour.login_odd
        if behaviour.login_status != 200:
            return Reply(behaviour.login_status, {"error": "unavailable"})
        is_json = request.headers.get("content-type", "").startswith("application/json")
        if is_json != self.version.json_login:
            missing = {"error": "invalid_request", "error_description": "Missing grant type"}
            return Reply(400, missing) if is_json else Reply(415, {"error": "unsupported"})
        body = json.loads(request.body) if is_json else dict(parse_qsl(request.body.decode()))
        site = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        right = (
            request.headers.get("authorization") == f"Basic {site}"
            and dict(parse_qsl(urlsplit(request.path).query)) == {"scope": PROJECT}
            and body == {"grant_type": "password", "username": USER, "password": PASSWORD}
        )
        if not right:
            return Reply(401, {"error": "unauthorized"})
        token = f"{TOKEN}-{self.logins}"
        self.accept_token(token)
        self._ends[token] = time.monotonic() + behaviour.token_seconds
        return Reply(
            200,
            {
                "access_token": token,
                "expires_in": behaviour.token_seconds,
                "role": behaviour.role,
                "email": USER,
            },
        )

    def _takes(self, token: str) -> bool:
        with self._lock:
            left = self._uses.get(token, 0)
            if time.monotonic() >= self._ends.get(token, math.inf):  # line "Token", "expires_in"
                return False
            if left > 0:
                self._uses[token] = left - 1
            return left > 0

    def _validate(self, asked: _Request, reply: Reply | Odd | None) -> None:
        """Note what the API does not allow; what differs from before in numbers alone is known."""
        kind = _DIGITS.sub("0", repr((asked.method, asked.path, asked.body, reply)))
        kind += asked.headers.get("content-type", "")
        if kind in self._validated:
            return
        self._validated.add(kind)
        split = urlsplit(asked.path)
        request = MockRequest(
            self.url,
            asked.method.lower(),
            split.path,
            args=dict(parse_qsl(split.query)),
            headers=asked.headers,
            data=asked.body or None,
            content_type=asked.headers.get("content-type", "application/json"),
        )
        try:
            API.validate_request(request)
            if isinstance(reply, Reply):
                API.validate_response(request, MockResponse(content_of(reply), reply.status))
        except OpenAPIError as error:
            told = f"{asked.method} {asked.path}: {error!r} {error.__cause__!r}"
            self.violations.append(told)


def _routed(method: str, path: str) -> tuple[str, int]:
    tail = urlsplit(path).path.removeprefix(_ORDERS)
    order_id = _DIGITS.search(tail)
    assert order_id is not None, path
    return _ROUTES[method, _DIGITS.sub("{}", tail)], int(order_id[0])
