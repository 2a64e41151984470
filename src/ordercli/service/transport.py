"""One HTTP exchange, through TLS and the environment's proxies: the one place that knows httpx.

What httpx raises is never shown: it may hold what was sent.
"""

from __future__ import annotations

import logging
import ssl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx

from ordercli.base.errors import ServiceError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""How long an answer may take."""

_LARGEST_ANSWER = 1 << 16

for _name in ("httpx", "httpcore"):  # whose records hold headers
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Response(NamedTuple):
    """The status of an answer, and the beginning of its body."""

    status: int
    content: bytes


class NothingSentError(Exception):
    """No connection: the request never left."""


class NoAnswerError(Exception):
    """The connection ended, or time was up, before an answer: what was asked may be done or not."""


class Transport:
    """An open HTTP client; several threads may exchange through it at once."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def exchange(
        self,
        method: str,
        url: str,
        body: Mapping[str, str] | None,
        *,
        token: str | None = None,
        login: tuple[str, str] | None = None,
    ) -> Response:
        """Send one request, once, and give its answer.

        Raises NothingSentError and NoAnswerError.
        """
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        authentication = None if login is None else httpx.BasicAuth(*login)
        try:
            with self._client.stream(
                method, url, json=body, headers=headers, auth=authentication
            ) as response:
                return Response(response.status_code, _beginning(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            raise NothingSentError from None
        except (httpx.HTTPError, httpx.StreamError):
            raise NoAnswerError from None


@contextmanager
def opened() -> Iterator[Transport]:
    """A transport, closed at the end; raises ServiceError where the environment forbids one."""
    timeout = httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    try:
        # The system's certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR.
        client = httpx.Client(timeout=timeout, verify=ssl.create_default_context())
    except (ValueError, ImportError, OSError, httpx.InvalidURL):
        raise ServiceError(
            _("the proxy or the certificates that the environment names can't be used"),
            _("check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"),
        ) from None
    with client:
        yield Transport(client)


def _beginning(response: httpx.Response) -> bytes:
    deadline = time.monotonic() + READ_SECONDS
    content = b""
    for part in response.iter_bytes():
        content += part
        if len(content) > _LARGEST_ANSWER or time.monotonic() > deadline:
            break
    return content
