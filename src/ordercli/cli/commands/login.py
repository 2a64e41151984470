"""Logging in at the live service that a profile names."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from ordercli.base.errors import LoginError
from ordercli.output.messages import note
from ordercli.output.prompts import asked_secretly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ordercli.base.settings import Service
    from ordercli.cli.invocation import Invocation
    from ordercli.service.client import Client


@contextmanager
def logged_in(
    run: Invocation, service: Service, *, ask: Callable[[str], str | None] | None = None
) -> Iterator[Client]:
    """A client of the service; ``ask`` gives its password, else a person does at the terminal."""
    from ordercli.service.client import connected
    from ordercli.service.credentials import password_of, ready_token

    def password() -> str:
        return password_of(service, ask or partial(asked_secretly, run.console))

    tell = partial(note, run.console)
    with connected(service, ready_token(), password, limits=run.limits, tell=tell) as client:
        yield client


@dataclass
class KeptLogin:
    """Logs in time and again in one run: what was typed once is not asked for again.

    A password that the service refuses is forgotten, and another one asked for.
    """

    run: Invocation
    _password: str | None = field(default=None, repr=False)

    @contextmanager
    def client(self, ask: Callable[[str, str], str | None], service: Service) -> Iterator[Client]:
        """A client of the service.

        ``ask`` takes the question, and what was wrong with the last password. Raises UsageError
        where it gives None, and LoginError where nobody was asked.
        """
        problem = ""

        def password(question: str) -> str | None:
            self._password = self._password or ask(question, problem)
            return self._password

        with ExitStack() as stack:
            while True:
                try:
                    client = stack.enter_context(logged_in(self.run, service, ask=password))
                    break
                except LoginError as error:
                    if self._password is None:
                        raise
                    self._password, problem = None, error.what
            yield client
