"""What the service's answers mean, in the words that a person reads.

What is known of its API stands here and in ``client``: a refusal comes as 401 with a message that
names the order's state, 401 without one is a token that is not accepted, 515 is maintenance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from ordercli.base.errors import ServiceError
from ordercli.base.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ordercli.base.settings import Service
    from ordercli.service.transport import Response

DONE = (200, 201, 202, 204)
"""Answers that the service gives to what it does."""

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERROR = 401, 403, 404, 429, 500
UNAVAILABLE, MAINTENANCE = 503, 515

_STATE_MESSAGE = re.compile(r"[A-Z]+(_[A-Z]+)+")
_JOBS_STILL_RUN = "ORDER_NOT_COMPLETELY_"
_OF_STATE = ("ORDER_MUST_BE_", "ONLY_PAUSED_ORDER_CAN_BE_RESUMED")
_REASONS: dict[str | tuple[str, ...], str] = {
    _JOBS_STILL_RUN: marked("its jobs have not ended yet; repeat the command a little later"),
    _OF_STATE: marked("the service says that its status does not allow it"),
    "ORDER_HAS_PROCESSING": marked("it was processed, and such an order can't be retried"),
    "USER_NOT_ALLOWED_TO_MANAGE_ORDER": marked(
        "the service does not let the profile's user manage it; that takes ADMIN or PROJECT_ADMIN"
    ),
    "LABEL_NOT_UNIQUE_FOR_OWNER": marked("its user has an order with this label already"),
    "TOO_MANY_CHARACTERS_IN_LABEL": marked("the label is too long"),
}
"""What the service's messages, known by how they start, mean to a person."""

_BY_STATUS = {
    FORBIDDEN: marked("the service does not allow it to this login; ask a project administrator"),
    NOT_FOUND: marked("the service knows no such order"),
    UNAVAILABLE: marked("the service is not available"),
}


class Verdict(Enum):
    """What came back of a request.

    ``ACCEPTED`` is the service's own yes: whether it did it, the order's row tells. ``LOST`` and
    ``STRANGE`` may have been carried out: no answer came, or one that is not the service's.
    ``REFUSED``, ``NOT_FOUND`` and ``UNSENT`` have not been.
    """

    ACCEPTED = auto()
    REFUSED = auto()
    NOT_FOUND = auto()
    LOST = auto()
    STRANGE = auto()
    UNSENT = auto()


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, 0 without one, the service's message, its JSON object."""

    verdict: Verdict
    message: str = ""
    status: int = 0
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def jobs_still_run(self) -> bool:
        """Whether it was refused only until the order's jobs have ended."""
        return self.message.startswith(_JOBS_STILL_RUN)

    @property
    def of_state(self) -> bool:
        """Whether it was refused for the status that the order has."""
        return self.message.startswith(_OF_STATE)

    @property
    def new_id(self) -> int | None:
        """The id of the order that the answer holds: a restart's new one. None without one."""
        found = order_of(self.document).get("id")
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    @property
    def reason(self) -> str:
        """Why it was not done, in the reader's language."""
        for start, reason in _REASONS.items():
            if self.message.startswith(start):
                return _(reason)
        if self.verdict is Verdict.STRANGE:
            return _("the answer ({status}) is not one of the service").format(status=self.status)
        if self.status in _BY_STATUS:
            return _(_BY_STATUS[self.status])
        if self.verdict is Verdict.LOST:
            return _("the service gives no answer")
        return _("the service says {message}").format(message=self.message or self.status)


@dataclass(frozen=True)
class OrderView:
    """One order as the service shows it to this login, or the ``answer`` that says why not.

    ``status`` is the stored one, empty where there is none. ``links`` are what this order and this
    login allow now: ``pause``, ``resume``, ``delete``, ``remove``, ``restart``, ``retry``. Services
    up to 1.5 give none.
    """

    answer: Answer
    status: str = ""
    waiting_for_user: bool = False
    links: frozenset[str] = frozenset()

    @property
    def jobs_may_run(self) -> bool:
        """Whether a cancel now could lose data: the service, since 1.6, does not look at jobs.

        It links to ``resume`` once the jobs of a paused order have ended. Without any link it is
        one up to 1.5, which refuses such a cancel by itself.
        """
        unknown = self.answer.verdict not in (Verdict.ACCEPTED, Verdict.NOT_FOUND)
        running = self.status in ("PENDING", "RUNNING")
        return unknown or running or (bool(self.links) and self.is_paused_without_resume)

    @property
    def is_paused_without_resume(self) -> bool:
        """Whether it is paused, and can't be resumed now."""
        return self.status == "PAUSED" and "resume" not in self.links


def answer_of(response: Response) -> Answer | None:
    """What an answer to a request means; None for a token that is not accepted."""
    status, own = response.status, response.document is not None
    document = response.document or {}
    message = state_message(document)
    if status in DONE:
        own = own or (response.content is not None and not response.content.strip())
        return Answer(Verdict.ACCEPTED if own else Verdict.STRANGE, "", status, document)
    if status == UNAUTHORIZED:
        return Answer(Verdict.REFUSED, message, status) if message else None
    if status == NOT_FOUND:
        return Answer(Verdict.NOT_FOUND if not response.is_page else Verdict.STRANGE, "", status)
    if status >= SERVER_ERROR or status == TOO_MANY:
        return Answer(Verdict.LOST, "", status)
    if status < 400 or response.is_page:
        return Answer(Verdict.STRANGE, "", status)
    return Answer(Verdict.REFUSED, message, status)


def view_of(answer: Answer) -> OrderView:
    """The order that an answer holds; without one, the answer is not the service's."""
    order = order_of(answer.document)
    if answer.verdict is not Verdict.ACCEPTED:
        return OrderView(answer)
    if not isinstance(order.get("status"), str):
        return OrderView(Answer(Verdict.STRANGE, "", answer.status))
    links = answer.document.get("links")
    names = (each.get("rel") for each in links or () if isinstance(each, dict))
    return OrderView(
        answer,
        order["status"],
        order.get("waitingForUser") is True,
        frozenset(name for name in names if isinstance(name, str)),
    )


def order_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The order of the service's JSON, where it lies beside its links."""
    found = document.get("content")
    return found if isinstance(found, dict) else document


def state_message(document: Mapping[str, Any]) -> str:
    """The service's reason for a refusal; nothing where it gave none."""
    messages = document.get("messages")
    found = messages if isinstance(messages, list) else []
    texts = (each for each in found if isinstance(each, str))
    return next(filter(_STATE_MESSAGE.fullmatch, texts), "")


def unreachable(service: Service) -> ServiceError:
    """The error for a service that does not answer."""
    return ServiceError(
        _("the service {url} does not answer").format(url=service.url),
        _("check its address, its certificate (SSL_CERT_FILE) and that it runs, then repeat"),
    )


def no_service(service: Service, status: int) -> ServiceError:
    """The error for an answer that is not one of the service."""
    return ServiceError(
        _("{url} answers {status}, as no service of REGARDS does").format(
            url=service.url, status=status
        ),
        _("check 'service' in the profile"),
    )


def unavailable(service: Service) -> ServiceError:
    """The error for a gateway that has no service behind it for now."""
    return ServiceError(
        _("the service {url} is not available").format(url=service.url),
        _("look at the service, then repeat the command"),
    )


def in_maintenance(service: Service) -> ServiceError:
    """The error for a project that takes no changes for now."""
    return ServiceError(
        _("project {project} is in maintenance, and takes no changes").format(
            project=service.project
        ),
        _("repeat the command when the maintenance has ended"),
    )


def too_many_requests(service: Service) -> ServiceError:
    """The error for a service that wants fewer requests, after it was waited for."""
    return ServiceError(
        _("the service {url} takes no more requests for now").format(url=service.url),
        _("repeat the command later, with fewer --jobs"),
    )
