"""The SQL conditions that a selection of orders means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, and_, or_, true

from ordercli.domain.selection import EVERY_STATUS, has_wildcards
from ordercli.domain.status import KNOWN_STORED, STATUSES, UNKNOWN, WAITING_USER
from ordercli.store.sql_functions import among, matches_wildcards
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ordercli.domain.selection import Selection
    from ordercli.domain.status import Status


_WAITS = orders.c.waiting_for_user
_WAITS_NOT = orders.c.waiting_for_user.is_not(true())
"""Everything else: SQLite may hold values that are neither true nor false."""


def conditions(selection: Selection) -> list[ColumnElement[bool]]:
    """The conditions on ``t_order`` that the selection means, all to hold; values are bound."""
    return [*_status_conditions(selection), *_other_conditions(selection)]


def branches(selection: Selection) -> list[list[ColumnElement[bool]]]:
    """The selection as parts that exclude each other, each with its own conditions.

    A part has one stored status, so that an index on it can give its orders sorted: no database
    merges the parts of an index by itself.
    """
    if selection.statuses == EVERY_STATUS or UNKNOWN in selection.statuses:
        return [conditions(selection)]
    others = _other_conditions(selection)
    names = [name for status in STATUSES if status in selection.statuses for name in status.stored]
    waits = _WAITS if selection.waiting else _WAITS_NOT
    parts = [[orders.c.status == name, waits, *others] for name in names]
    if WAITING_USER in selection.statuses and selection.waiting is None:
        parts.append([_WAITS, *others])
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
    if selection.waiting is not None:
        waits = _WAITS if selection.waiting else _WAITS_NOT
        return [waits, *_stored_conditions(selection.statuses, selection.waiting)]
    if selection.statuses == EVERY_STATUS:
        return []
    if selection.statuses == {WAITING_USER}:
        return [_WAITS]
    settled = and_(_WAITS_NOT, *_stored_conditions(selection.statuses, waiting=False))
    return [or_(_WAITS, settled) if WAITING_USER in selection.statuses else settled]


def _stored_conditions(statuses: frozenset[Status], waiting: bool) -> list[ColumnElement[bool]]:
    """What the statuses mean for the stored one, of orders that wait for their user or do not."""
    stored = [name for status in STATUSES if status in statuses for name in status.stored]
    if UNKNOWN in statuses:
        others = [name for name in KNOWN_STORED if name not in stored]
        return [orders.c.status.not_in(others)] if others else []
    if waiting and statuses == {WAITING_USER}:
        return []
    return [orders.c.status.in_(stored)]


def _other_conditions(selection: Selection) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool] | None] = [
        _matches_any(orders.c.owner, selection.users) if selection.users else None,
        _matches_any(orders.c.label, selection.labels) if selection.labels else None,
        orders.c.creation_date >= selection.since if selection.since else None,
        orders.c.creation_date < selection.until if selection.until else None,
        orders.c.expiration_date > selection.expires_after if selection.expires_after else None,
        orders.c.expiration_date <= selection.expires_until if selection.expires_until else None,
        orders.c.files_in_error > 0 if selection.with_errors else None,
        among(orders.c.id, selection.ids) if selection.ids is not None else None,
    ]
    return [condition for condition in found if condition is not None]
