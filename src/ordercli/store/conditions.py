"""The SQL conditions that a selection of orders means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, not_, or_

from ordercli.domain.selection import EVERY_STATUS, has_wildcards
from ordercli.domain.status import KNOWN_STORED, STATUSES, UNKNOWN, WAITING_USER
from ordercli.store.sql_functions import among, matches_wildcards
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ordercli.domain.selection import Selection
    from ordercli.domain.status import Status


def conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """The conditions on ``t_order`` that the selection means, all to hold; values are bound."""
    return [*_status_conditions(selection), *_other_conditions(selection)]


def branches(selection: Selection) -> list[list[ColumnElement[bool]]]:
    """The selection as parts that exclude each other, each with its own conditions.

    A part has one stored status, so that an index on it can give its orders sorted: no database
    merges the parts of an index by itself.
    """
    others = _other_conditions(selection)
    if selection.statuses == EVERY_STATUS or UNKNOWN in selection.statuses:
        return [[*_status_conditions(selection), *others]]
    waiting = orders.c.waiting_for_user
    names = [name for status in STATUSES if status in selection.statuses for name in status.stored]
    parts: list[list[ColumnElement[bool]]] = [
        [orders.c.status == name, not_(waiting), *others] for name in names
    ]
    if WAITING_USER in selection.statuses:
        parts.append([waiting, *others])
    return parts or [conditions(selection)]


def _matches_any(column: ColumnElement[str], patterns: Iterable[str]) -> ColumnElement[bool]:
    """Whether a column is one of these texts, in which ``*`` and ``?`` are wildcards."""
    wild = [pattern for pattern in patterns if has_wildcards(pattern)]
    exact = [pattern for pattern in patterns if not has_wildcards(pattern)]
    choices: list[Any] = [matches_wildcards(column, pattern) for pattern in wild]
    if exact:
        choices.append(column == exact[0] if len(exact) == 1 else column.in_(exact))
    return or_(*choices)


def _status_conditions(selection: Selection) -> list[ColumnElement[bool]]:
    return [] if selection.statuses == EVERY_STATUS else [_has_status(selection.statuses)]


def _other_conditions(selection: Selection) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool] | None] = [
        _matches_any(orders.c.owner, selection.users) if selection.users else None,
        _matches_any(orders.c.label, [selection.label]) if selection.label is not None else None,
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
