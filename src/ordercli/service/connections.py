"""The connections to a service: through which proxy, and how long they may take to answer."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from ordercli.base.settings import Service

_SOCKS = ("socks5", "socks5h")


class Deadline(threading.local):
    """Until when the answer that this thread waits for has to be there, headers and all."""

    end = float("inf")

    def set(self, seconds: float) -> None:
        """Let it be as many seconds from now."""
        self.end = time.monotonic() + seconds

    def left(self, seconds: float | None) -> float:
        """What is left, at most ``seconds``; raises ReadTimeout when there is nothing left."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if seconds is None else min(left, seconds)


class _Stream(httpcore.NetworkStream):
    """A connection on which each step takes no more than what is left for the answer."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Opens connections whose answers have a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._sockets = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        stream = self._sockets.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(stream, self._deadline)


def connections(
    service: Service, trust: ssl.SSLContext, deadline: Deadline
) -> httpcore.ConnectionPool:
    """Connections to the service, through the proxy that the environment names for it.

    A proxy only ever passes on TLS: what goes to this machine itself goes to no proxy. Raises
    ValueError, RuntimeError and TypeError where the proxy can't be used.
    """
    network = _Network(deadline)
    proxy = None if service.is_local else _proxy_for(service.host)
    if proxy is None:
        return httpcore.ConnectionPool(trust, max_connections=None, network_backend=network)
    url = urlsplit(proxy)
    address = httpcore.URL(f"{url.scheme}://{url.netloc.rpartition('@')[2]}")
    login = (unquote(url.username), unquote(url.password or "")) if url.username else None
    if url.scheme in _SOCKS:
        return httpcore.SOCKSProxy(
            address, login, trust, max_connections=None, network_backend=network
        )
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError
    return httpcore.HTTPProxy(
        address,
        None if login is None else (login[0].encode(), login[1].encode()),
        ssl_context=trust,
        proxy_ssl_context=trust if url.scheme == "https" else None,
        max_connections=None,
        network_backend=network,
    )


def _proxy_for(host: str) -> str | None:
    """The URL of the proxy to a host; None where it is reached without one."""
    named = getproxies()
    found = named.get("https") or named.get("all")
    if not found or proxy_bypass(host):
        return None
    return found if "://" in found else f"http://{found}"
