"""A client of the live service of the tests, without the program around it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from harness.service_orders import USER
from harness.service_server import CLIENT_ID, CLIENT_SECRET, PASSWORD, PROJECT
from ordercli.base.settings import Service
from ordercli.service.client import connected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.service_server import ServiceServer
    from ordercli.base.limits import Limits
    from ordercli.service.client import Client


@contextmanager
def client_of(
    server: ServiceServer,
    *,
    limits: Limits | None = None,
    tell: Callable[[str], None] = lambda _line: None,
    token: str | None = None,
    url: str | None = None,
    **env: str,
) -> Iterator[Client]:
    """A client that is logged in, as the administrator of ``Site``."""
    service = Service(url or server.url, PROJECT, USER, CLIENT_ID, CLIENT_SECRET)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"SSL_CERT_FILE": str(server.certificates), **env}.items():
            patch.setenv(name, value)
        with connected(service, token, lambda: PASSWORD, limits=limits, tell=tell) as client:
            yield client
