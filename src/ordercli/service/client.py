"""The live service's API: one request, one answer."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from ordercli.base.errors import LoginError, ServiceError
from ordercli.base.language import _
from ordercli.base.limits import Limits
from ordercli.service import answers
from ordercli.service.answers import Answer, OrderView, Verdict, answer_of, view_of
from ordercli.service.login import Login, password_login, ready_login
from ordercli.service.retry_after import MOST_WAITS, has_waited, never
from ordercli.service.transport import NoAnswerError, NothingSentError, Response, Transport, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ordercli.base.settings import Service

_ORDERS = "/api/v1/rs-order"
_LOOK = "look"
_REQUESTS = {
    _LOOK: ("GET", "/user/orders/{id}"),
    "pause": ("PUT", "/user/orders/pause/{id}"),
    "resume": ("PUT", "/user/orders/resume/{id}"),
    "cancel": ("DELETE", "/user/orders/{id}"),
    "remove": ("DELETE", "/user/orders/remove/{id}"),
    "retry": ("PUT", "/user/orders/{id}/retry"),
    "restart": ("POST", "/user/orders/{id}/restart"),
}
_ONCE = ("retry", "restart")
"""The actions that a second request would carry out a second time."""

_NO_ORDER = 0
"""An id that no order has: the service's sequences start at 1."""


class Client:
    """A login at a service; several threads may send through it at once.

    ``login`` says who that is: the role and the address that the service gave with the token.
    """

    def __init__(
        self,
        service: Service,
        transport: Transport,
        log_in: Callable[[], Login],
        tell: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Log in. ``log_in`` gives a new login, and raises LoginError where there is none.

        ``tell`` takes a line for people, when the service asks to wait.
        """
        self.service = service
        self._transport = transport
        self._log_in = log_in
        self._tell = tell
        self._lock = Lock()
        self._refused: ServiceError | None = None
        self._suspect: Login | None = None
        self._beyond_suspicion: Login | None = None
        self.login = log_in()

    def send(
        self,
        action: str,
        order_id: int,
        body: Mapping[str, str] | None = None,
        *,
        stopped: Callable[[], object] = never,
    ) -> Answer:
        """Ask for an action on one order, once; again only where that was surely not carried out.

        That is where the token had expired, or where the service asks to come back later: then it
        is waited for, unless ``stopped`` says so, a few times at most. A retry and a restart are
        not even then asked for a second time, only after a token that was not accepted.

        Raises LoginError where a new token is refused as well, and ServiceError where the project
        is in maintenance or the service takes no more requests: nothing was done then.
        """
        for _wait in range(MOST_WAITS):
            response = self._exchanged(action, order_id, body)
            if action in _ONCE or isinstance(response, Answer):
                break
            if not has_waited(response, self._tell, stopped):
                break
        else:
            response = self._exchanged(action, order_id, body)
        return response if isinstance(response, Answer) else self._answer(response)

    def look(self, order_id: int, *, stopped: Callable[[], object] = never) -> OrderView:
        """One order as the service shows it to this login; changes nothing.

        Raises LoginError and ServiceError as ``send`` does.
        """
        return view_of(self.send(_LOOK, order_id, stopped=stopped))

    def check(self, order_id: int | None = None) -> OrderView:
        """Make sure that the service takes the token, by looking at this order, or at none.

        Raises ServiceError where it does not, or is no service.
        """
        view = self.look(_NO_ORDER if order_id is None else order_id)
        if view.answer.verdict in (Verdict.LOST, Verdict.UNSENT):
            raise answers.unreachable(self.service)
        if view.answer.verdict is Verdict.STRANGE:
            raise answers.no_service(self.service, view.answer.status)
        return view

    def _exchanged(
        self, action: str, order_id: int, body: Mapping[str, str] | None
    ) -> Response | Answer:
        """The answer to a request that was sent with a token that the service takes."""
        login = self.login
        if login.is_at_its_end or login is self._suspect:
            login = self._beyond_suspicion = self._renewed(login)
        response = self._sent(action, order_id, body, login)
        if isinstance(response, Response) and self._is_expired(response, login):
            login = self._renewed(login)
            response = self._sent(action, order_id, body, login)
        return response

    def _is_expired(self, response: Response, login: Login) -> bool:
        """Whether the answer is one to an expired token, which another may be tried after.

        Old gateways answer 403 or 500, which mean other things too: another token is got for that
        only once. A request that ended with 500 may have been carried out, the next gets the token.
        """
        if response.status == answers.UNAUTHORIZED:
            return answer_of(response) is None
        old = response.status in (answers.FORBIDDEN, answers.SERVER_ERROR)
        if not old or login.as_form is None or login is self._beyond_suspicion:
            return False
        if response.status == answers.SERVER_ERROR:
            self._suspect = login
            return False
        self._beyond_suspicion = self._renewed(login)
        return True

    def _answer(self, response: Response) -> Answer:
        if response.status == answers.MAINTENANCE:
            raise answers.in_maintenance(self.service)
        if response.status == answers.TOO_MANY:
            raise answers.too_many_requests(self.service)
        answer = answer_of(response)
        if answer is None:
            raise LoginError(
                _("the service refuses the token that it gave"),
                _("check the rights of the profile's user"),
            )
        return answer

    def _renewed(self, expired: Login) -> Login:
        """A login in place of one that has expired; all who wait for it get the same."""
        with self._lock:
            if self._refused:  # another thread's try is enough: more may lock the account
                raise self._refused
            if self.login is expired:
                try:
                    self.login = self._log_in()
                except ServiceError as error:
                    self._refused = error
                    raise
            return self.login

    def _sent(
        self, action: str, order_id: int, body: Mapping[str, str] | None, login: Login
    ) -> Response | Answer:
        """The response to one request, or what its lack means."""
        method, path = _REQUESTS[action]
        url = self.service.url + _ORDERS + path.format(id=order_id)
        try:
            return self._transport.exchange(method, url, body, token=login.token)
        except NothingSentError:
            return Answer(Verdict.UNSENT)
        except NoAnswerError:
            return Answer(Verdict.LOST)


@contextmanager
def connected(
    service: Service,
    ready_token: str | None,
    password: Callable[[], str],
    *,
    limits: Limits | None = None,
    tell: Callable[[str], None] = lambda _line: None,
) -> Iterator[Client]:
    """A client that is logged in, with the ready token or else with a password.

    The password is asked for once, and kept in memory to log in again. ``tell`` takes a line for
    people when the service asks to wait. Raises ServiceError where the service can't be reached
    and LoginError where it refuses the login.
    """
    limits = limits or Limits()
    with opened(service, limits) as transport:
        if ready_token is None:
            log_in = password_login(service, transport, password(), limits, tell)
        else:
            log_in = ready_login(ready_token)
        yield Client(service, transport, log_in, tell)


def require_answer(service: Service, limits: Limits) -> None:
    """Make sure that a service is there, without a login: no secret is sent.

    Raises ServiceError where nothing answers, or what answers is no service.
    """
    url = service.url + _ORDERS + _REQUESTS[_LOOK][1].format(id=_NO_ORDER)
    with opened(service, limits) as transport:
        try:
            response = transport.exchange("GET", url, None)
        except (NothingSentError, NoAnswerError):
            raise answers.unreachable(service) from None
    if response.status > answers.SERVER_ERROR:
        raise answers.unavailable(service)
    asks_for_login = (answers.UNAUTHORIZED, answers.FORBIDDEN, answers.SERVER_ERROR)
    if response.status not in asks_for_login:
        raise answers.no_service(service, response.status)
