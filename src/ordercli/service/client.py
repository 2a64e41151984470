"""The live service's API: one request, one answer. What is known of it stands here alone.

A refusal comes as 401 with a message that names the order's state; 401 without one is a token that
is not accepted. 200 means that the service does it, be it a little later.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ordercli.base.errors import LoginError, ServiceError
from ordercli.base.language import _, marked
from ordercli.service.transport import NoAnswerError, NothingSentError, Response, Transport, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ordercli.base.settings import Service

_ORDERS = "/api/v1/rs-order"
_LOGIN = "/api/v1/rs-authentication/oauth/token?scope="
_REQUESTS = {
    "pause": ("PUT", "/user/orders/pause/{id}"),
    "resume": ("PUT", "/user/orders/resume/{id}"),
    "cancel": ("DELETE", "/user/orders/{id}"),
    "remove": ("DELETE", "/user/orders/remove/{id}"),
    "retry": ("PUT", "/user/orders/{id}/retry"),
    "restart": ("POST", "/user/orders/{id}/restart"),
}
_LOGIN_PAUSES_SECONDS = (0.2, 0.4, 0.8)
_NO_ORDER = 0
"""An id that no order has: the service's sequences start at 1."""

_OK, _UNAUTHORIZED, _NOT_FOUND, _TOO_MANY, _SERVER_ERROR = 200, 401, 404, 429, 500
_LOGIN_REFUSED = (400, 401, 403)

_STATE_MESSAGE = re.compile(r"[A-Z]+(_[A-Z]+)+")
_JOBS_STILL_RUN = "ORDER_NOT_COMPLETELY_"
_OF_STATE = ("ORDER_MUST_BE_", "ONLY_PAUSED_ORDER_CAN_BE_RESUMED")
_REASONS: dict[str | tuple[str, ...], str] = {
    _JOBS_STILL_RUN: marked("its jobs have not ended yet; repeat the command a little later"),
    _OF_STATE: marked("the service says that its status does not allow it"),
    "ORDER_HAS_PROCESSING": marked("it was processed, and such an order can't be retried"),
    "USER_NOT_ALLOWED_TO_MANAGE_ORDER": marked(
        "the service does not let the profile's user manage it"
    ),
}
"""What the service's messages, known by how they start, mean to a person."""


class Verdict(Enum):
    """What came back of a request: ``LOST`` may have been carried out, ``UNSENT`` has not been."""

    ACCEPTED = auto()
    REFUSED = auto()
    NOT_FOUND = auto()
    LOST = auto()
    UNSENT = auto()


@dataclass(frozen=True)
class Answer:
    """What came back, and the service's own message or number where it refused."""

    verdict: Verdict
    message: str = ""

    @property
    def jobs_still_run(self) -> bool:
        """Whether it was refused only until the order's jobs have ended."""
        return self.message.startswith(_JOBS_STILL_RUN)

    @property
    def of_state(self) -> bool:
        """Whether it was refused for the status that the order has."""
        return self.message.startswith(_OF_STATE)

    @property
    def reason(self) -> str:
        """Why it was not done, in the reader's language."""
        if self.verdict is Verdict.LOST:
            return _("the service gives no answer")
        for start, reason in _REASONS.items():
            if self.message.startswith(start):
                return _(reason)
        return _("the service says {message}").format(message=self.message)


class Client:
    """A login at a service; several threads may send through it at once."""

    def __init__(self, service: Service, transport: Transport, token: Callable[[], str]) -> None:
        """Log in. ``token`` gives a new token, and raises LoginError where there is none."""
        self.service = service
        self._transport = transport
        self._new_token = token
        self._lock = Lock()
        self._refused: ServiceError | None = None
        self._token = token()

    def send(self, action: str, order_id: int, body: Mapping[str, str] | None = None) -> Answer:
        """Ask for an action on one order, once; again only where the token had expired.

        Raises LoginError where a new token is refused as well, and ServiceError on an answer that
        is no service's.
        """
        token = self._token
        answer = self._sent(action, order_id, body, token)
        if answer is None:
            answer = self._sent(action, order_id, body, self._renewed(token))
        if answer is None:
            raise LoginError(
                _("the service refuses the token that it gave"),
                _("check the rights of the profile's user"),
            )
        return answer

    def check(self) -> None:
        """Ask for what changes nothing, to see that the service takes the token.

        Raises ServiceError where it does not.
        """
        answer = self.send("pause", _NO_ORDER)
        if answer.verdict in (Verdict.LOST, Verdict.UNSENT):
            raise unreachable(self.service)

    def _renewed(self, expired: str) -> str:
        """A token in place of one that has expired; all who wait for it get the same."""
        with self._lock:
            if self._refused:  # another thread's try is enough: more may lock the account
                raise self._refused
            if self._token == expired:
                try:
                    self._token = self._new_token()
                except ServiceError as error:
                    self._refused = error
                    raise
            return self._token

    def _sent(
        self, action: str, order_id: int, body: Mapping[str, str] | None, token: str
    ) -> Answer | None:
        """The answer to one request; None where the token was not accepted."""
        method, path = _REQUESTS[action]
        url = self.service.url + _ORDERS + path.format(id=order_id)
        try:
            response = self._transport.exchange(method, url, body, token=token)
        except NothingSentError:
            return Answer(Verdict.UNSENT)
        except NoAnswerError:
            return Answer(Verdict.LOST)
        return _answer(response, self.service)


@contextmanager
def connected(
    service: Service, ready_token: str | None, password: Callable[[], str]
) -> Iterator[Client]:
    """A client that is logged in, with the ready token or else with a password.

    The password is asked for once, and kept in memory to log in again. Raises ServiceError where
    the service can't be reached and LoginError where it refuses the login.
    """
    with opened() as transport:
        if ready_token is None:
            secret = password()
            yield Client(service, transport, lambda: _logged_in(service, transport, secret))
        else:
            yield Client(service, transport, _only(ready_token))


def unreachable(service: Service) -> ServiceError:
    """The error for a service that does not answer."""
    return ServiceError(
        _("the service {url} does not answer").format(url=service.url),
        _("check its address, its certificate (SSL_CERT_FILE) and that it runs, then repeat"),
    )


def _answer(response: Response, service: Service) -> Answer | None:
    """What an answer means; None for a token that is not accepted."""
    status, message = response.status, _state_message(response)
    if status == _OK:
        return Answer(Verdict.ACCEPTED)
    if status == _UNAUTHORIZED:
        return Answer(Verdict.REFUSED, message) if message else None
    if status == _NOT_FOUND:
        return Answer(Verdict.NOT_FOUND)
    if status == _TOO_MANY or status >= _SERVER_ERROR:
        return Answer(Verdict.LOST)
    if status < 400:
        raise _no_service(service, status)
    return Answer(Verdict.REFUSED, message or str(status))


def _state_message(response: Response) -> str:
    """The service's reason for a refusal; nothing where it gave none."""
    messages = _json_object(response).get("messages")
    found = messages if isinstance(messages, list) else []
    texts = (each for each in found if isinstance(each, str))
    return next(filter(_STATE_MESSAGE.fullmatch, texts), "")


def _json_object(response: Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _logged_in(service: Service, transport: Transport, password: str) -> str:
    """A new token, for a password; tried again where the service does not answer."""
    body = {"grant_type": "password", "username": service.user, "password": password}
    url = service.url + _LOGIN + quote(service.project, safe="")
    for pause in (*_LOGIN_PAUSES_SECONDS, None):
        try:
            response = transport.exchange(
                "POST", url, body, login=(service.client_id, service.client_secret)
            )
        except (NothingSentError, NoAnswerError):
            pass
        else:
            if response.status < _SERVER_ERROR:
                return _token_in(response, service)
        if pause is not None:
            time.sleep(pause)
    raise unreachable(service)


def _token_in(response: Response, service: Service) -> str:
    if response.status in _LOGIN_REFUSED:
        raise LoginError(
            _("the service refuses the login of {user} for project {project}").format(
                user=service.user, project=service.project
            ),
            _("check the user, the password, the project, client_id and client_secret"),
        )
    token = _json_object(response).get("access_token")
    if response.status != _OK or not isinstance(token, str) or not token.isascii():
        raise _no_service(service, response.status)
    return token


def _only(token: str) -> Callable[[], str]:
    """Gives the token the first time; then it has been refused, and there is no other."""
    given: list[str] = []

    def give() -> str:
        if given:
            raise LoginError(
                _("the service refuses the token of ORDERCLI_TOKEN"),
                _("get a new one, or take it away to log in with a password"),
            )
        given.append(token)
        return token

    return give


def _no_service(service: Service, status: int) -> ServiceError:
    return ServiceError(
        _("{url} answers {status}, as no service of REGARDS does").format(
            url=service.url, status=status
        ),
        _("check 'service' in the profile"),
    )
