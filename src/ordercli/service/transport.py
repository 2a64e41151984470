"""One HTTP exchange, through TLS and the environment's proxy: the one place that knows httpcore.

What httpcore raises is never shown: it may hold what was sent.
"""

from __future__ import annotations

import json
import logging
import ssl
import zlib
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import httpcore

from ordercli.base.errors import ServiceError
from ordercli.base.language import _
from ordercli.service.connections import Deadline, connections

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ordercli.base.limits import Limits
    from ordercli.base.settings import Service

_LARGEST_ANSWER = 1 << 20
"""Bytes of a body, unpacked, after which the rest is not read."""

_UNPACKED = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
_AUTOMATIC = 32 + zlib.MAX_WBITS

_NOTHING_SENT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    UnicodeError,  # a host that can't be one
)

for _name in ("httpcore", "hpack"):  # whose records hold headers
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Response(NamedTuple):
    """The status of an answer, its body, and its JSON object, if it is one.

    The body is None where it is too large or packed in an unknown way. ``is_page`` tells whether it
    says of itself that it is HTML, ``retry_after`` in how many seconds it wants to be asked again.
    """

    status: int
    content: bytes | None
    document: Mapping[str, Any] | None = None
    is_page: bool = False
    retry_after: float | None = None


class NothingSentError(Exception):
    """No connection: the request never left."""


class NoAnswerError(Exception):
    """The connection ended, or time was up, before an answer: what was asked may be done or not."""


class Transport:
    """Connections to one service; several threads may exchange through it at once."""

    def __init__(self, pool: httpcore.ConnectionPool, limits: Limits, deadline: Deadline) -> None:
        self._pool = pool
        self._limits = limits
        self._deadline = deadline

    def exchange(
        self,
        method: str,
        url: str,
        body: Mapping[str, str] | None,
        *,
        token: str | None = None,
        login: tuple[str, str] | None = None,
        as_form: bool = False,
    ) -> Response:
        """Send one request, once, and give its answer; the body as JSON, or as a form.

        Redirects are answers like others: nothing that was sent goes anywhere else. Raises
        NothingSentError and NoAnswerError.
        """
        headers, content = _request(body, token, login, as_form=as_form)
        seconds = self._limits.service_answer_seconds
        timeout = {"connect": self._limits.service_connect_seconds, "pool": seconds}
        extensions = {"timeout": timeout}
        self._deadline.set(seconds)
        try:
            with self._pool.stream(
                method, _plain_url(url), headers=headers, content=content, extensions=extensions
            ) as response:
                return _response(response)
        except _NOTHING_SENT:
            raise NothingSentError from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError):
            raise NoAnswerError from None


@contextmanager
def opened(service: Service, limits: Limits) -> Iterator[Transport]:
    """A transport, closed at the end; raises ServiceError where the environment forbids one."""
    deadline = Deadline()
    try:
        # The system's certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR.
        pool = connections(service, ssl.create_default_context(), deadline)
    except (ValueError, RuntimeError, OSError, TypeError):
        raise ServiceError(
            _("the proxy or the certificates that the environment names can't be used"),
            _("check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"),
        ) from None
    with pool:
        yield Transport(pool, limits, deadline)


def _json_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None where it is anything else."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _request(
    body: Mapping[str, str] | None,
    token: str | None,
    login: tuple[str, str] | None,
    *,
    as_form: bool,
) -> tuple[dict[bytes | str, bytes | str], bytes]:
    """The headers and the body of a request."""
    headers: dict[bytes | str, bytes | str] = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "ordercli",
    }
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if login is not None:
        headers["Authorization"] = f"Basic {b64encode(':'.join(login).encode()).decode()}"
    if body is None:
        return headers, b""
    kind = "x-www-form-urlencoded" if as_form else "json"
    headers["Content-Type"] = f"application/{kind}"
    return headers, (urlencode(body) if as_form else json.dumps(body)).encode()


def _plain_url(url: str) -> httpcore.URL:
    """The URL in ASCII; raises UnicodeError on a host that can't be one."""
    parts = urlsplit(url)
    target = quote(parts.path, safe="/%") + (f"?{parts.query}" if parts.query else "")
    host = (parts.hostname or "").encode("idna")
    return httpcore.URL(
        scheme=parts.scheme.encode(), host=host, port=parts.port, target=target.encode()
    )


def _response(response: httpcore.Response) -> Response:
    headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
    content = _content(response, headers.get(b"content-encoding", "").strip().lower())
    return Response(
        response.status,
        content,
        None if content is None else _json_object(content),
        "html" in headers.get(b"content-type", "").lower(),
        _seconds(headers.get(b"retry-after", "").strip()),
    )


def _content(response: httpcore.Response, encoding: str) -> bytes | None:
    """The body, unpacked; None where it is too large or packed in an unknown way."""
    if encoding not in (*_UNPACKED, *_PACKED):
        return None
    unpacker = zlib.decompressobj(_AUTOMATIC) if encoding in _PACKED else None
    content = bytearray()
    for part in response.iter_stream():
        left = _LARGEST_ANSWER - len(content) + 1
        try:
            content += unpacker.decompress(part, left) if unpacker else part[:left]
        except zlib.error:
            return None
        if len(content) > _LARGEST_ANSWER:
            return None
    return bytes(content)


def _seconds(retry_after: str) -> float | None:
    """The seconds of a ``Retry-After``; a date, as some gateways write it, is not followed."""
    plain = retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 10
    return float(retry_after) if plain else None
