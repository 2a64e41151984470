"""Which orders: a selection, and the SQL conditions that it means."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, not_, or_

from ordercli.domain.status import KNOWN_STORED, STATUSES, UNKNOWN, WAITING_USER, Status
from ordercli.store.sql_functions import among, matches_wildcards
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_EVERY_STATUS = frozenset(STATUSES)


@dataclass(frozen=True)
class Selection:
    """A choice of orders; each field that is set narrows it. Moments are aware."""

    users: tuple[str, ...] = ()
    statuses: frozenset[Status] = field(default=_EVERY_STATUS)
    label: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    expires_after: datetime | None = None
    expires_until: datetime | None = None
    with_errors: bool = False
    ids: tuple[int, ...] | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing narrows it."""
        return all(getattr(self, each.name) == each.default for each in fields(self))

    @property
    def exact_users(self) -> tuple[str, ...]:
        """The users that are named without wildcards."""
        return tuple(user for user in self.users if not has_wildcards(user))


def has_wildcards(pattern: str) -> bool:
    """Whether ``*`` or ``?`` occurs in the pattern."""
    return "*" in pattern or "?" in pattern


def conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """The conditions on ``t_order`` that the selection means, all to hold; values are bound."""
    return [*_status_conditions(selection), *_other_conditions(selection)]


def branches(
    selection: Selection, *, users_by_index: bool = True
) -> list[list[ColumnElement[bool]]]:
    """The selection as parts that exclude each other, each with its own conditions.

    A part has one stored status, so that an index on it can give its orders sorted: no database
    merges the parts of an index by itself. Unless ``users_by_index`` no index is searched for the
    users: orders are read in the order of another one, which is quick where many are theirs.
    """
    others = _other_conditions(selection, users_by_index=users_by_index)
    if selection.statuses == _EVERY_STATUS or UNKNOWN in selection.statuses:
        return [[*_status_conditions(selection), *others]]
    waiting = orders.c.waiting_for_user
    names = [name for status in STATUSES if status in selection.statuses for name in status.stored]
    parts: list[list[ColumnElement[bool]]] = [
        [orders.c.status == name, not_(waiting), *others] for name in names
    ]
    if WAITING_USER in selection.statuses:
        parts.append([waiting, *others])
    return parts or [conditions(selection)]


def matches_any(column: ColumnElement[str], patterns: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column is one of these texts, in which ``*`` and ``?`` are wildcards."""
    wild = [pattern for pattern in patterns if has_wildcards(pattern)]
    exact = [pattern for pattern in patterns if not has_wildcards(pattern)]
    choices: list[Any] = [matches_wildcards(column, pattern) for pattern in wild]
    if exact:
        choices.append(column == exact[0] if len(exact) == 1 else column.in_(exact))
    return or_(*choices)


def _status_conditions(selection: Selection) -> list[ColumnElement[bool]]:
    return [] if selection.statuses == _EVERY_STATUS else [_has_status(selection.statuses)]


def _other_conditions(
    selection: Selection, *, users_by_index: bool = True
) -> list[ColumnElement[bool]]:
    # An index on a column does not find what an expression gives.
    user = orders.c.owner if users_by_index else orders.c.owner.concat("")
    found: list[ColumnElement[bool] | None] = [
        matches_any(user, selection.users) if selection.users else None,
        matches_any(orders.c.label, [selection.label]) if selection.label is not None else None,
        orders.c.creation_date >= selection.since if selection.since else None,
        orders.c.creation_date < selection.until if selection.until else None,
        orders.c.expiration_date > selection.expires_after if selection.expires_after else None,
        orders.c.expiration_date <= selection.expires_until if selection.expires_until else None,
        orders.c.files_in_error > 0 if selection.with_errors else None,
        among(orders.c.id, selection.ids) if selection.ids is not None else None,
    ]
    return [condition for condition in found if condition is not None]


def _has_status(statuses: frozenset[Status]) -> ColumnElement[bool]:
    """The rules of ``status.displayed``, as a condition."""
    waiting = orders.c.waiting_for_user
    stored = [name for status in STATUSES if status in statuses for name in status.stored]
    by_status: list[ColumnElement[bool]] = []
    if stored:
        by_status.append(orders.c.status.in_(stored))
    if UNKNOWN in statuses:
        by_status.append(orders.c.status.not_in(KNOWN_STORED))
    settled = and_(not_(waiting), or_(*by_status)) if by_status else None
    if WAITING_USER not in statuses:
        return settled if settled is not None else waiting & not_(waiting)
    return or_(waiting, settled) if settled is not None else waiting
