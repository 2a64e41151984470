"""One HTTP exchange, through TLS and the environment's proxies: the one place that knows httpx.

What httpx raises is never shown: it may hold what was sent.
"""

from __future__ import annotations

import json
import logging
import ssl
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from ordercli.base.errors import ServiceError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ordercli.base.limits import Limits

_LARGEST_ANSWER = 1 << 16

for _name in ("httpx", "httpcore"):  # whose records hold headers
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Response(NamedTuple):
    """The status of an answer, the beginning of its body, and its JSON object, if it is one.

    ``is_page`` tells whether it says of itself that it is HTML, ``retry_after`` after how many
    seconds it asks to be asked again.
    """

    status: int
    content: bytes
    document: Mapping[str, Any] | None = None
    is_page: bool = False
    retry_after: float | None = None


class NothingSentError(Exception):
    """No connection: the request never left."""


class NoAnswerError(Exception):
    """The connection ended, or time was up, before an answer: what was asked may be done or not."""


class Transport:
    """An open HTTP client; several threads may exchange through it at once."""

    def __init__(self, client: httpx.Client, limits: Limits) -> None:
        self._client = client
        self._limits = limits

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

        Raises NothingSentError and NoAnswerError.
        """
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        authentication = None if login is None else httpx.BasicAuth(*login)
        try:
            with self._client.stream(
                method,
                url,
                json=None if as_form else body,
                data=body if as_form else None,
                headers=headers,
                auth=authentication,
            ) as response:
                content = _beginning(response, self._limits.service_answer_seconds)
                kind = response.headers.get("Content-Type", "")
                return Response(
                    response.status_code,
                    content,
                    json_object(content),
                    "html" in kind.lower(),
                    _seconds(response.headers.get("Retry-After")),
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            raise NothingSentError from None
        except (httpx.HTTPError, httpx.StreamError):
            raise NoAnswerError from None


@contextmanager
def opened(limits: Limits) -> Iterator[Transport]:
    """A transport, closed at the end; raises ServiceError where the environment forbids one."""
    timeout = httpx.Timeout(limits.service_answer_seconds, connect=limits.service_connect_seconds)
    try:
        # The system's certificates, or those of SSL_CERT_FILE and SSL_CERT_DIR.
        client = httpx.Client(timeout=timeout, verify=ssl.create_default_context())
    except (ValueError, ImportError, OSError, httpx.InvalidURL):
        raise ServiceError(
            _("the proxy or the certificates that the environment names can't be used"),
            _("check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR"),
        ) from None
    with client:
        yield Transport(client, limits)


def _beginning(response: httpx.Response, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    content = b""
    for part in response.iter_bytes():
        content += part
        if len(content) > _LARGEST_ANSWER or time.monotonic() > deadline:
            break
    return content


def json_object(content: bytes) -> dict[str, Any] | None:
    """The JSON object of a body; None where it is anything else."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _seconds(retry_after: str | None) -> float | None:
    """The seconds of a ``Retry-After``; a date, as some gateways write it, is not followed."""
    text = (retry_after or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
