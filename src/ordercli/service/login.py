"""Logging in: a token for a password, in the form that the service's version takes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from ordercli.base.errors import LoginError
from ordercli.base.language import _
from ordercli.service.answers import (
    MAINTENANCE,
    SERVER_ERROR,
    TOO_MANY,
    UNAVAILABLE,
    in_maintenance,
    no_service,
    too_many_requests,
    unavailable,
    unreachable,
)
from ordercli.service.retry_after import has_waited
from ordercli.service.transport import NoAnswerError, NothingSentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.base.limits import Limits
    from ordercli.base.settings import Service
    from ordercli.service.transport import Response, Transport

_PATH = "/api/v1/rs-authentication/oauth/token?scope="
_OK, _BAD_REQUEST, _UNSUPPORTED = 200, 400, 415
_REFUSED = (400, 401, 403)
_NO_FORM = b"grant type"
"""What services up to 1.15, which take a form, answer to JSON: ``Missing grant type``."""

_AHEAD_SECONDS = 30.0
"""Before its end that a token is renewed: old gateways answer an expired one with 403 or 500."""


@dataclass(frozen=True)
class Login:
    """What a login gave: the token, what the service says of its user, and when it expires.

    ``as_form`` is None for a token that was ready, ``expires`` a moment of ``time.monotonic``.
    """

    token: str = field(repr=False)
    role: str = ""
    email: str = ""
    expires: float | None = None
    as_form: bool | None = None

    @property
    def is_at_its_end(self) -> bool:
        """Whether another is needed before the next request."""
        return self.expires is not None and time.monotonic() >= self.expires


def password_login(
    service: Service,
    transport: Transport,
    password: str,
    limits: Limits,
    tell: Callable[[str], None],
) -> Callable[[], Login]:
    """Gives a new login each time, and raises LoginError where the service refuses it.

    ``tell`` takes a line for people, when the service asks to wait.
    """
    known: list[bool] = []
    body = {"grant_type": "password", "username": service.user, "password": password}

    def log_in() -> Login:
        as_form = bool(known and known[0])
        response = _asked(service, transport, body, limits, tell, as_form=as_form)
        if not known and _wants_form(response):
            as_form = True
            response = _asked(service, transport, body, limits, tell, as_form=True)
        login = _login_in(response, service, as_form=as_form)
        known[:] = [as_form]
        return login

    return log_in


def ready_login(token: str) -> Callable[[], Login]:
    """A login with a ready token: it is given once, for a refused one can't be renewed."""
    given: list[str] = []

    def give() -> Login:
        if given:
            raise LoginError(
                _("the service refuses the token of ORDERCLI_TOKEN"),
                _("get a new one, or take it away to log in with a password"),
            )
        given.append(token)
        return Login(token)

    return give


def _asked(
    service: Service,
    transport: Transport,
    body: dict[str, str],
    limits: Limits,
    tell: Callable[[str], None],
    *,
    as_form: bool,
) -> Response:
    """The answer to a login; asked for again where the service does not answer, or not yet."""
    url = service.url + _PATH + quote(service.project, safe="")
    site = (service.client_id, service.client_secret)
    status = 0
    for pause in (*limits.retry_pauses_seconds, None):
        try:
            response = transport.exchange("POST", url, body, login=site, as_form=as_form)
        except (NothingSentError, NoAnswerError):
            status = 0
        else:
            status = response.status
            if status < SERVER_ERROR and status != TOO_MANY:
                return response
            if pause is not None and has_waited(response, tell):
                continue
        if pause is not None:
            time.sleep(pause)
    raise {
        TOO_MANY: too_many_requests,
        UNAVAILABLE: unavailable,
        MAINTENANCE: in_maintenance,
    }.get(status, unreachable)(service)


def _wants_form(response: Response) -> bool:
    missing = _NO_FORM in (response.content or b"").lower()
    return (missing and response.status == _BAD_REQUEST) or response.status == _UNSUPPORTED


def _login_in(response: Response, service: Service, *, as_form: bool) -> Login:
    if response.status in _REFUSED and not response.is_page:
        raise LoginError(
            _("the service refuses the login of {user} for project {project}").format(
                user=service.user, project=service.project
            ),
            _("check the user, the password, the project, client_id and client_secret"),
        )
    found = response.document or {}
    token = found.get("access_token")
    if response.status != _OK or not isinstance(token, str) or not token.isascii():
        raise no_service(service, response.status)
    role, email = (
        value if isinstance(value, str) else "" for value in (found.get("role"), found.get("email"))
    )
    return Login(token, role, email, _end(found.get("expires_in")), as_form)


def _end(seconds: object) -> float | None:
    """When a token that lives that long is to be renewed; None where nothing says how long."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds <= 0:
        return None
    return time.monotonic() + seconds - min(_AHEAD_SECONDS, seconds / 2)
