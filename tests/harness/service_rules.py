"""What a live service takes, by version: the table "The service's API", a rule for each line.

Each rule names its line of that table. The messages of a restart and a retry that the status
forbids are in none, they are this harness's own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

CHILD_OF_ADMIN = "ORDER_OPERATOR"
"""A role that this site has made from ``ADMIN``."""

ADMINISTRATORS = ("ADMIN", CHILD_OF_ADMIN, "PROJECT_ADMIN", "INSTANCE_ADMIN")
"""Roles that change the orders of others (line "Who may")."""

REMOVERS = ("PROJECT_ADMIN", "INSTANCE_ADMIN")
"""Roles that remove for good, the others get 403 (line "remove for good")."""

BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED", "retry": "RUNNING"}

LINKS = {"pause": "pause", "resume": "resume", "cancel": "delete", "remove": "remove",
         "restart": "restart", "retry": "retry"}  # fmt: skip
"""What the link of an action is called (line "look at one")."""

LONGEST_LABEL = 50
"""Characters, after which a restart is answered 422 (line "restart")."""


class Rule(NamedTuple):
    """The stored statuses that an action is accepted from, and the message of other ones.

    ``jobs_message`` is the refusal while jobs run, empty where the service does not look at them.
    """

    accepted_from: tuple[str, ...]
    message: str
    jobs_message: str = ""


@dataclass(frozen=True)
class Version:
    """One version of the service: how to log in there, and what it takes of orders."""

    name: str
    rules: dict[str, Rule]
    json_login: bool  # line "Token"
    links: bool  # line "look at one": since 1.6

    def refusal(self, action: str, status: str, *, jobs_run: bool, processed: bool) -> str:
        """The message of a refusal; empty where the action is accepted."""
        rule = self.rules[action]
        if status not in rule.accepted_from:
            return rule.message
        if jobs_run and rule.jobs_message:
            return rule.jobs_message
        return "ORDER_HAS_PROCESSING" if action == "retry" and processed else ""

    def links_of(self, status: str, role: str, *, jobs_run: bool, processed: bool) -> list[str]:
        """The links of an order that this role may change (line "look at one")."""
        if not self.links:
            return []
        return [
            LINKS[action]
            for action in self.rules
            if not self.refusal(action, status, jobs_run=jobs_run, processed=processed)
            and (action != "remove" or role in REMOVERS)
        ]


_PAUSE = Rule(("PENDING", "RUNNING"), "ORDER_MUST_BE_PENDING_OR_RUNNING")  # line "pause"
_REMOVE = Rule(("DELETED",), "ORDER_MUST_BE_DELETED")  # line "remove for good"
_CANCEL_MESSAGE = "ORDER_MUST_BE_DONE_OR_DONE_WITH_WARNING_OR_PAUSED_OR_FAILED_OR_EXPIRED"
_ENDED = ("PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED")

_UP_TO_1_5 = {
    "pause": _PAUSE,
    "resume": Rule(  # line "resume", and "only up to 1.5" of the messages
        ("PAUSED",), "ONLY_PAUSED_ORDER_CAN_BE_RESUMED", "ORDER_NOT_COMPLETELY_PAUSED"
    ),
    # Line "cancel": only PAUSED, and not until its jobs have ended.
    "cancel": Rule(("PAUSED",), "ORDER_MUST_BE_PAUSED", "ORDER_NOT_COMPLETELY_STOPPED"),
    "remove": _REMOVE,
}
_SINCE_1_6 = {
    "pause": _PAUSE,
    # Line "resume": both reasons have the same message.
    "resume": Rule(("PAUSED",), "ORDER_MUST_BE_PAUSED", "ORDER_MUST_BE_PAUSED"),
    "cancel": Rule(_ENDED, _CANCEL_MESSAGE),  # line "cancel": not EXPIRED, no look at jobs
    "remove": _REMOVE,
    "restart": Rule(  # line "restart"
        ("DONE", "DONE_WITH_WARNING", "FAILED"),
        "ORDER_MUST_BE_DONE_OR_DONE_WITH_WARNING_OR_FAILED",
    ),
    "retry": Rule(  # line "retry errors"
        ("DONE_WITH_WARNING", "FAILED"), "ORDER_MUST_BE_DONE_WITH_WARNING_OR_FAILED"
    ),
}
_SINCE_1_12 = {**_SINCE_1_6, "cancel": Rule((*_ENDED, "EXPIRED"), _CANCEL_MESSAGE)}

_1_5 = Version("1.5", _UP_TO_1_5, json_login=False, links=False)
_1_6 = Version("1.6", _SINCE_1_6, json_login=False, links=True)
_1_12 = replace(_1_6, name="1.12", rules=_SINCE_1_12)
_1_15 = replace(_1_12, name="1.15")  # "Token": a form up to 1.15
_2 = replace(_1_15, name="2.x", json_login=True)

VERSIONS = {version.name: version for version in (_1_5, _1_6, _1_12, _1_15, _2)}
NEWEST = _2.name
