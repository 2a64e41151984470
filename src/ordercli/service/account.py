"""Who a login is at the service, what its role may do, and which version it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.language import _, marked
from ordercli.service.answers import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.service.answers import OrderView
    from ordercli.service.login import Login

_REMOVERS = ("PROJECT_ADMIN", "INSTANCE_ADMIN")
_OF_OWN_ORDERS = ("PUBLIC", "REGISTERED_USER", "EXPLOIT")
_WITH_LINKS = ("PENDING", "RUNNING", "PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED")
"""Stored statuses in which every version since 1.6 links to something."""

_SINCE_1_16 = marked("1.16 or later")
_1_6_TO_1_15 = marked("1.6 to 1.15")
_UP_TO_1_5 = marked("up to 1.5: cancels only paused orders, no restart, no retry")
_UP_TO_1_15 = marked("up to 1.15")
_SINCE_1_6 = marked("1.6 or later")


@dataclass(frozen=True)
class Account:
    """A login as the service tells it; each text is empty where it told nothing.

    ``versions`` are those that answer as this service does, for people.
    """

    email: str
    role: str
    versions: str

    def sentences(self) -> Iterator[str]:
        """What it is and may, a line each."""
        if self.role:
            named = _("Logged in as {user}, {role}: {rights}")
            yield named.format(user=self.email or "?", role=self.role, rights=self._rights())
        if self.versions:
            yield _("The service looks like version {versions}").format(versions=self.versions)

    def _rights(self) -> str:
        if self.role in _REMOVERS:
            return _("changes and removes all users' orders")
        if self.role == "ADMIN":
            return _("changes all users' orders, removes none")
        if self.role in _OF_OWN_ORDERS:
            return _("changes its own orders only; ask for ADMIN or PROJECT_ADMIN")
        return _("changes others' orders only if it is a child of ADMIN")


def account_of(login: Login, view: OrderView) -> Account:
    """The account of a login, after a look at an order."""
    return Account(login.email, login.role, _(_versions(login.as_form, view)))


def _versions(as_form: bool | None, view: OrderView) -> str:
    """The versions that take such a login and show an order like this; empty if all may."""
    if as_form is False:
        return _SINCE_1_16
    if view.links:
        return _1_6_TO_1_15 if as_form else _SINCE_1_6
    has_none = view.answer.verdict is Verdict.ACCEPTED and view.status in _WITH_LINKS
    if as_form:
        return _UP_TO_1_5 if has_none else _UP_TO_1_15
    return _UP_TO_1_5 if has_none else ""
