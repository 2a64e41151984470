"""Logging in at the live service that a profile names."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ordercli.output.messages import note
from ordercli.output.prompts import asked_secretly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.base.settings import Service
    from ordercli.cli.invocation import Invocation
    from ordercli.service.client import Client


@contextmanager
def logged_in(run: Invocation, service: Service, *, asks: bool = True) -> Iterator[Client]:
    """A client of the service; a person may be asked for a password if this ``asks``."""
    from ordercli.service.client import connected
    from ordercli.service.credentials import password_of, ready_token

    def password() -> str:
        ask = partial(asked_secretly, run.console) if asks else lambda _question: None
        return password_of(service, ask)

    tell = partial(note, run.console)
    with connected(service, ready_token(), password, limits=run.limits, tell=tell) as client:
        yield client
