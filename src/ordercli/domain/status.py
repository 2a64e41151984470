"""The state machine: what an order's status is called, and what an administrator may do to it.

Choices, SQL conditions, colours, help and documents all derive from the two tables here.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.errors import unknown_name
from ordercli.base.language import _, in_french, is_french, marked

if TYPE_CHECKING:
    from collections.abc import Iterable


class Look(NamedTuple):
    """How a status looks: its sign, one of ASCII in its place, and its colour.

    The signs are of those that every font for terminals has. The colours, RGB, are as far from
    black as from white: 4.5 to 1 and more. Who tells them badly apart has the signs.
    """

    sign: str
    plain_sign: str
    colour: str


@dataclass(frozen=True)
class Status:
    """One displayed status: the stored names it stands for, its meaning, and how it looks.

    ``page`` has what the Orders page calls it, in English and in French, and ``short`` what a
    narrow window does, where the name is too long. ``leads_to`` names the statuses that an order
    which has ended can still get to.
    """

    name: str
    stored: tuple[str, ...]
    meaning: str
    look: Look
    page: tuple[str, str]
    aliases: tuple[str, ...] = ()
    leads_to: tuple[str, ...] | None = None
    short: tuple[str, str] | None = None

    @property
    def short_name(self) -> str:
        """What it is called in a narrow window, in the reader's language."""
        return self.short[is_french()] if self.short else _(self.name)

    def can_become(self, wanted: Iterable[Status]) -> bool:
        """Whether an order may still get to one of these by itself: it has not ended elsewhere."""
        return self.leads_to is None or any(status.name in self.leads_to for status in wanted)


WAITING_USER = Status(
    "waiting user", (), "the user must download before the order can go on",
    Look("↓", "v", "#a855a8"),
    ("Waiting user download", "Attente téléchargement utilisateur"),
    ("waiting", "waiting for user"), short=("waiting", "att. util."),
)  # fmt: skip
UNKNOWN = Status(
    "unknown", (), "a status that this version of ordercli does not know",
    Look("?", "?", "default"), ("Unknown", "Inconnu"),
)  # fmt: skip

_AFTER_THE_END = ("expired", "removed")

STATUSES = (
    WAITING_USER,
    Status(
        "done", ("DONE",), "delivered and downloaded",
        Look("●", "*", "#008a00"), ("Done", "Terminée"),
        leads_to=_AFTER_THE_END,
    ),
    Status(
        "pending", ("PENDING",), "waits to be processed; no job exists yet",
        Look("○", "o", "#008282"), ("Pending", "En attente"),
    ),
    Status(
        "running", ("RUNNING",), "being processed",
        Look("►", ">", "#0078d0"), ("Running", "En cours"),
    ),
    Status(
        "pause", ("PAUSED",), "paused by an administrator or its user",
        Look("║", "=", "#b36000"),
        ("Paused", "En pause"), ("paused",),
    ),
    Status(
        "expired", ("EXPIRED",), "its files can no longer be downloaded",
        Look("□", "-", "#767676"),
        ("Expired", "Expirée"), leads_to=("removed",),
    ),
    Status(
        "failed", ("FAILED", "ERROR"), "no file could be delivered",
        Look("\u00d7", "x", "#e62222"), ("Failed", "Echec"),
        ("error",), leads_to=_AFTER_THE_END,
    ),
    Status(
        "warning", ("DONE_WITH_WARNING",), "delivered, but some files failed",
        Look("!", "!", "#b36000"),
        ("Done with warning", "Terminée avec warning"),
        ("done with warning",), short=("warning", "avec err."),
        leads_to=_AFTER_THE_END,
    ),
    Status(
        "removed", ("DELETED", "REMOVED"), "cancelled: its files are withdrawn",
        Look("\u2013", "/", "#767676"),
        ("Deleted", "Supprimée"), ("deleted", "cancelled", "canceled"), leads_to=(),
    ),
    UNKNOWN,
)  # fmt: skip
"""Every displayed status, in the order in which the rules are tried."""

STATUS_NAMES = tuple(status.name for status in STATUSES)
KNOWN_STORED = tuple(stored for status in STATUSES for stored in status.stored)

_BY_NAME = {status.name: status for status in STATUSES}
_BY_STORED = {stored: status for status in STATUSES for stored in status.stored}
_BY_INPUT = {name: status for status in STATUSES for name in (status.name, *status.aliases)}

_ACTIVE = frozenset(_BY_NAME[name] for name in ("pending", "running", "pause", WAITING_USER.name))
GROUPS = {marked("active"): _ACTIVE, marked("ended"): frozenset(STATUSES) - _ACTIVE}
"""Names for several statuses at once: those of orders that go on by themselves, and the others."""

WITHOUT_FILES = frozenset(_BY_NAME[name] for name in ("expired", "removed"))
"""The statuses of orders whose files are gone."""


class Outcome(StrEnum):
    """How an action ends for one order."""

    CHANGED = "changed"
    ALREADY = "already"
    REFUSED = "refused"
    NOT_FOUND = "not found"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Transition:
    """What an action does: from which stored statuses it is allowed, and what it stores.

    ``past`` and ``question`` are what people read. ``becomes`` is None where the order keeps its
    status, ``sets_waiting`` is true where it waits for its user then. ``asks`` is true where a
    person is asked even about orders that were named by id, and ``typed`` where yes is not answer
    enough. ``needs_service`` is true where only a live service can do it.
    """

    action: str
    past: str
    question: str
    allowed_from: tuple[str, ...]
    becomes: str | None
    already: tuple[str, ...]
    clears_waiting: bool
    asks: bool = False
    typed: bool = False
    needs_service: bool = False
    sets_waiting: bool = False

    def shown_after(self, was: str) -> str:
        """The displayed status of an order that was displayed as ``was``, once it is changed."""
        if self.becomes is None:
            return was
        waits = self.waits_after(waiting=was == WAITING_USER.name)
        return displayed(self.becomes, waiting_for_user=waits).name

    def waits_after(self, *, waiting: bool) -> bool:
        """Whether an order waits for its user once it is changed, where it did or did not."""
        return self.sets_waiting or (waiting and not self.clears_waiting)

    def lasts(self, stored: str, *, waiting: bool) -> bool:
        """Whether an order with this state still is what the action made of it."""
        return self.leaves(stored) and not (waiting and self.clears_waiting)

    def leaves(self, stored: str | None) -> bool:
        """Whether an order that the action changed may be stored like this now; None: it is gone.

        An order that is to run goes on by itself, to any status but that which it was brought from.
        """
        if stored is None:
            return self.becomes == "REMOVED"
        goes_on = self.becomes in PAUSE.allowed_from and stored not in self.allowed_from
        return stored in self.already or goes_on

    def outcome(self, stored: str | None) -> Outcome:
        """What the action does to an order with this stored status; None stands for no order."""
        if stored is None:
            return Outcome.NOT_FOUND
        if stored in self.allowed_from:
            return Outcome.CHANGED
        return Outcome.ALREADY if stored in self.already else Outcome.REFUSED


PAUSE = Transition(
    "pause", "paused", "Pause {orders}?",
    ("PENDING", "RUNNING"), "PAUSED", ("PAUSED",), clears_waiting=True,
)  # fmt: skip
RESUME = Transition(
    "resume", "resumed", "Resume {orders}?",
    ("PAUSED",), "RUNNING", ("RUNNING",), clears_waiting=False,
)  # fmt: skip
CANCEL = Transition(
    "cancel", "cancelled", "Cancel {orders}?",
    tuple(name for name in KNOWN_STORED if name not in _BY_NAME["removed"].stored),
    "DELETED", _BY_NAME["removed"].stored, clears_waiting=True, asks=True,
)  # fmt: skip

RESTART = Transition(
    "restart", "restarted", "Restart {orders}?",
    ("DONE", "DONE_WITH_WARNING", "FAILED"), None, (), clears_waiting=False, needs_service=True,
)  # fmt: skip
RETRY = Transition(
    "retry", "retried", "Retry {orders}?",
    ("DONE_WITH_WARNING", "FAILED"), "RUNNING", (), clears_waiting=False, needs_service=True,
)  # fmt: skip
REMOVE = Transition(
    "remove", "removed for good", "Remove {orders} for good? There is no way back.",
    ("DELETED",), "REMOVED", ("REMOVED",), clears_waiting=True, asks=True, typed=True,
    needs_service=True,
)  # fmt: skip

UNDO = Transition(
    "undo", "put back", "Put {orders} back?", (), None, (),
    clears_waiting=False, asks=True,
)  # fmt: skip
"""What each order goes back to, and from what, is told by the history: see ``reversal``."""

TRANSITIONS = (PAUSE, RESUME, CANCEL)
"""What can be done to orders anywhere: in a database of ours, and through a live service."""

SERVICE_TRANSITIONS = (RESTART, RETRY, REMOVE)
"""What only a live service does."""

ACTIONS = {each.action: each for each in (*TRANSITIONS, UNDO, *SERVICE_TRANSITIONS)}
"""Everything that can be done to an order, by its name."""


def displayed(stored: str, *, waiting_for_user: bool) -> Status:
    """The status to display for the two fields that are stored."""
    return WAITING_USER if waiting_for_user else _BY_STORED.get(stored, UNKNOWN)


def named(name: str) -> Status:
    """The status that a name means: a displayed one, an alias or the Orders page's own word.

    It may be in any case, with or without accents, in English or French. Raises UsageError, with
    the nearest name, where there is none.
    """
    found = _by_plain_input().get(_plain(name))
    if found is None:
        aliases = [*_BY_INPUT, *map(_, _BY_INPUT), *GROUPS]
        what = _("no status '{name}'").format(name=name)
        raise unknown_name(what, name, [_(each) for each in STATUS_NAMES], aliases)
    return found


def chosen(words: Iterable[str]) -> frozenset[Status]:
    """The statuses that ``-s`` words choose: names by commas, a leading ``!`` excludes.

    A name is one of a status or of one of ``GROUPS``. Only exclusions choose all the others. Raises
    UsageError on a name that is not known.
    """
    names = [name.strip() for word in words for name in word.split(",")]
    included = [_meant(name) for name in names if not name.startswith("!")]
    excluded = [_meant(name[1:]) for name in names if name.startswith("!")]
    return frozenset().union(*included or [frozenset(STATUSES)]).difference(*excluded)


def _meant(name: str) -> frozenset[Status]:
    for group, statuses in GROUPS.items():
        if _plain(name) in (group, _plain(in_french(group))):
            return statuses
    return frozenset([named(name)])


def status_shown(name: str) -> Status:
    """The displayed status of this very name."""
    return _BY_NAME[name]


def _plain(name: str) -> str:
    """A name that people type, without what they may leave out: case, hyphens and accents."""
    letters = unicodedata.normalize("NFKD", name.replace("_", " ").replace("-", " ").lower())
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(kept.replace("\u2019", "'").split())


@cache
def _by_plain_input() -> dict[str, Status]:
    """Every name that people may type; the program's own word wins over the page's."""
    french = {in_french(name): status for name, status in _BY_INPUT.items()}
    page = {word: status for status in STATUSES for word in status.page}
    return {_plain(word): status for word, status in (page | french | _BY_INPUT).items()}
