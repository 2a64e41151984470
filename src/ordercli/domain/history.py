"""The history: who changed what, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _, is_french
from ordercli.base.moments import parse_moment
from ordercli.base.text import require_text
from ordercli.base.values import Kind
from ordercli.domain.columns import Field, named_field
from ordercli.domain.filters import Words, words

if TYPE_CHECKING:
    from datetime import datetime

HISTORY_FIELDS = (
    Field("date", "When", Kind.MOMENT),
    Field("id", "Order", Kind.NUMBER, short="Id"),
    Field("action", "Action", Kind.ACTION),
    Field("from", "From", Kind.STATUS),
    Field("to", "To", Kind.STATUS),
    Field("actor", "Who", Kind.TEXT),
    Field("reason", "Reason", Kind.TEXT),
    Field("operation", "Operation", Kind.OPERATION),
)
"""What is told of an event; the keys are those of the results of a change."""

_IN_FRENCH = {
    "pause": "pause", "resume": "reprise", "cancel": "annulation", "undo": "retour",
    "restart": "relance", "retry": "réessai", "remove": "suppression",
}  # fmt: skip
"""What an action is called where a person reads of it; in English as it is typed."""

_ACTIONS = {word: action for action, french in _IN_FRENCH.items() for word in (action, french)}

HISTORY_KEYS = tuple(field.key for field in HISTORY_FIELDS)

SHORT_OPERATION = 8
"""Characters of an operation that people are shown, and have to give at least."""

_LONGEST_OPERATION = 36
_OPERATION_CHARACTERS = frozenset("0123456789abcdef-")
_BY_NAME = {
    name: field for field in HISTORY_FIELDS for name in (field.key, field.title.lower())
}  # fmt: skip


@dataclass(frozen=True)
class HistoryQuery:
    """Which events; each field that is set narrows it. Moments are aware.

    ``users`` are those of the orders, and ``operation`` is how an operation begins. In users and
    actor ``*`` and ``?`` are wildcards.
    """

    ids: tuple[int, ...] | None = None
    users: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    operation: str | None = None
    limit: int | None = None


def action_word(action: str) -> str:
    """What an action is called, in the reader's language."""
    return _IN_FRENCH.get(action, action) if is_french() else action


def action_named(word: str) -> str:
    """The action that a word means, in either language; UsageError where it means none."""
    found = _ACTIONS.get(word.strip().lower())
    if found is None:
        raise unknown_name(_("no action '{name}'").format(name=word), word, _IN_FRENCH)
    return found


@dataclass(frozen=True)
class HistoryFilters:
    """Which events, with the values that people type; unset ones choose all."""

    user: Words = ()
    since: str | None = None
    until: str | None = None
    actor: str | None = None
    action: str | None = None
    operation: str | None = None

    def query(self, ids: tuple[int, ...] | None, now: datetime, limit: int | None) -> HistoryQuery:
        """The events that they choose, of these orders, with times relative to ``now``.

        Raises UsageError on a value that is empty or means nothing.
        """
        return HistoryQuery(
            ids=ids,
            users=tuple(require_text(each, "--user") for each in words(self.user)),
            since=None if self.since is None else parse_moment(self.since, now),
            until=None if self.until is None else parse_moment(self.until, now),
            actor=None if self.actor is None else require_text(self.actor, "--actor"),
            action=None if self.action is None else action_named(self.action),
            operation=None if self.operation is None else begun_operation(self.operation),
            limit=limit,
        )


def history_field(name: str) -> Field:
    """What a key or title of the history means; raises UsageError where none is meant."""
    return named_field(name, _BY_NAME, HISTORY_KEYS)


def begun_operation(text: str) -> str:
    """The beginning of an operation that a text is; raises UsageError where it is none."""
    begun = text.strip().lower()
    if len(begun) < SHORT_OPERATION:
        raise UsageError(
            _("'{text}' is too short for an operation").format(text=text),
            _("give {number} characters or more, as 'ordercli history' shows them").format(
                number=SHORT_OPERATION
            ),
        )
    if len(begun) > _LONGEST_OPERATION or not _OPERATION_CHARACTERS.issuperset(begun):
        raise UsageError(
            _("'{text}' is not an operation").format(text=text),
            _("give one as 'ordercli history' shows it, such as 3f2a9c1e"),
        )
    return begun
