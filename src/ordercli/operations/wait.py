"""Waiting until orders have a status: looks at them again and again, and tells what it finds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ordercli.base.errors import TransientError, UsageError
from ordercli.base.language import _
from ordercli.base.moments import parse_duration
from ordercli.domain.columns import column_named
from ordercli.domain.selection import OrderQuery
from ordercli.domain.status import chosen
from ordercli.store.orders import read_orders, statuses_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ordercli.domain.selection import Selection
    from ordercli.domain.status import Status
    from ordercli.store.database import Database


class Decision(NamedTuple):
    """An order that is waited for no longer: it got there, can't any more, or is none (None)."""

    order_id: int
    status: Status | None
    arrived: bool


class Listener(Protocol):
    """Is told how the waiting goes."""

    def decided(self, decisions: Sequence[Decision]) -> None:
        """These orders are waited for no longer."""

    def waits(self, pending: Mapping[int, Status]) -> None:
        """These orders are waited for, with the status that each has."""

    def lost(self, reason: str) -> None:
        """The database can't be reached; it is waited for as well."""

    def late(self, pending: Mapping[int, Status]) -> None:
        """The time is up for these orders."""


class Wait(NamedTuple):
    """What is waited for: one of these statuses for each order, or with ``first`` for one order.

    ``interval`` is the time between two looks, ``patience`` the longest time in all, in seconds;
    None is for ever.
    """

    statuses: frozenset[Status]
    interval: float
    patience: float | None
    first: bool


class Waited(NamedTuple):
    """An order that was waited for: the status it has, None for no order; whether it got there."""

    order_id: int
    status: str | None
    arrived: bool


def asked_wait(statuses: Sequence[str], interval: str, timeout: str | None, *, first: bool) -> Wait:
    """What the words of ``wait`` ask for; raises UsageError on one that means nothing."""
    pause = parse_duration(interval).total_seconds()
    if pause <= 0:
        raise UsageError(_("--interval is no time at all"), _("give one such as 5s"))
    patience = None if timeout is None else parse_duration(timeout).total_seconds()
    return Wait(chosen(statuses), pause, patience, first)


def chosen_ids(database: Database, selection: Selection) -> tuple[int, ...]:
    """The ids of the orders that a selection chooses; raises DatabaseError."""
    query = OrderQuery(selection, (column_named("id"),), ())
    return tuple(int(row["id"] or 0) for row in read_orders(database, query))


def wait_for(database: Database, ids: Collection[int], wait: Wait, listener: Listener) -> bool:
    """Wait for the orders with these ids; gives whether they, or the first, got there.

    After the first look a lost database is waited for; in that one it raises DatabaseError.
    """
    deadline = None if wait.patience is None else time.monotonic() + wait.patience
    decided = _look(database, list(dict.fromkeys(ids)), wait, listener)
    arrived, failed = _counted(decided.ended)
    while decided.pending and not (wait.first and arrived):
        left = wait.interval
        if deadline is not None:
            left = min(left, deadline - time.monotonic())
        if left <= 0:
            listener.late(decided.pending)
            return False
        listener.waits(decided.pending)
        time.sleep(left)
        try:
            decided = _look(database, list(decided.pending), wait, listener)
        except TransientError as error:
            listener.lost(error.what)
            continue
        more, unable = _counted(decided.ended)
        arrived, failed = arrived + more, failed + unable
    return bool(arrived) or not failed if wait.first else not failed


def waited(database: Database, selection: Selection, wait: Wait) -> list[Waited]:
    """Wait for the orders that are chosen, or named by id, and give what became of them by id."""
    ids = chosen_ids(database, selection) if selection.ids is None else selection.ids
    gathered = _Gathered()
    wait_for(database, ids, wait, gathered)
    return [gathered.found[order_id] for order_id in sorted(gathered.found)]


class _Gathered:
    """A listener that keeps what was found."""

    def __init__(self) -> None:
        self.found: dict[int, Waited] = {}

    def decided(self, decisions: Sequence[Decision]) -> None:
        for order_id, status, arrived in decisions:
            self.found[order_id] = Waited(order_id, status.name if status else None, arrived)

    def waits(self, pending: Mapping[int, Status]) -> None:
        pass

    def lost(self, reason: str) -> None:
        pass

    def late(self, pending: Mapping[int, Status]) -> None:
        self.decided([Decision(each, status, arrived=False) for each, status in pending.items()])


class _Look(NamedTuple):
    """What a look at the pending orders found."""

    pending: dict[int, Status]
    ended: list[Decision]


def _look(database: Database, ids: Sequence[int], wait: Wait, listener: Listener) -> _Look:
    found = statuses_of(database, ids)
    look = _Look({}, [])
    for order_id in ids:
        status = found.get(order_id)
        if status is not None and status in wait.statuses:
            look.ended.append(Decision(order_id, status, arrived=True))
        elif status is None or not status.can_become(wait.statuses):
            look.ended.append(Decision(order_id, status, arrived=False))
        else:
            look.pending[order_id] = status
    listener.decided(look.ended)
    return look


def _counted(decisions: Sequence[Decision]) -> tuple[int, int]:
    """How many got there, and how many can't."""
    arrived = sum(each.arrived for each in decisions)
    return arrived, len(decisions) - arrived
