"""The SQL conditions that a selection of orders means."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    except_,
    literal,
    not_,
    or_,
    select,
    true,
)

from ordercli.base.moments import MomentRange
from ordercli.domain.columns import RANGE_COLUMNS
from ordercli.domain.selection import EVERY_STATUS, has_wildcards
from ordercli.domain.status import KNOWN_STORED, STATUSES, UNKNOWN, WAITING_USER
from ordercli.store.causes import is_failed
from ordercli.store.exact_numbers import exact_sum
from ordercli.store.sql_functions import among, matches_in_either_case, matches_wildcards
from ordercli.store.tables import data_files, dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from ordercli.domain.ranges import ColumnRange
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
    merges the parts of an index by itself. What looks at every dataset is one part.
    """
    one_pass = any(each.column.total for each in selection.ranges)
    if one_pass or selection.statuses == EVERY_STATUS or UNKNOWN in selection.statuses:
        return [conditions(selection)]
    others = _other_conditions(selection)
    names = [name for status in STATUSES if status in selection.statuses for name in status.stored]
    waits = _WAITS if selection.waiting else _WAITS_NOT
    parts = [[orders.c.status == name, waits, *others] for name in names]
    if WAITING_USER in selection.statuses and selection.waiting is None:
        parts.append([_WAITS, *others])
    return parts or [conditions(selection)]


WHOLE_TABLE_FILTERS = (
    *(f"--{name}" for name, column in RANGE_COLUMNS.items() if column.total),
    "--cause",
)
"""The options that look at every dataset, or at every file, in any database."""


def slow_filters(indexed: Container[str]) -> Iterator[str]:
    """The options that choose orders by what no index helps to find.

    ``indexed`` has the columns of ``t_order`` that an index begins with.
    """
    ranges = {f"--{name}": column.stored for name, column in RANGE_COLUMNS.items() if column.stored}
    others = {"--user": "owner", "--status": "status", "--label": "label",
              "--expires-within": "expiration_date", "--with-errors": "files_in_error"}  # fmt: skip
    for option, column in (others | ranges).items():
        if column not in indexed:
            yield option
    yield "--ignore-case"


def _matches_any(
    column: ColumnElement[str], patterns: Iterable[str], *, ignore_case: bool
) -> ColumnElement[bool]:
    """Whether a column is one of these texts, in which ``*`` and ``?`` are wildcards."""
    if ignore_case:
        return or_(*(matches_in_either_case(column, pattern) for pattern in patterns))
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
    found = [*_text_conditions(selection), *_range_conditions(selection.ranges)]
    if selection.causes:
        found.append(orders.c.id.in_(_orders_with_causes(selection)))
    if selection.ids is not None:
        found.append(among(orders.c.id, selection.ids))
    return found


def _text_conditions(selection: Selection) -> Iterator[ColumnElement[bool]]:
    matches = partial(_matches_any, ignore_case=selection.ignore_case)
    if selection.users:
        yield matches(orders.c.owner, selection.users)
    if selection.excluded_users:
        yield not_(matches(orders.c.owner, selection.excluded_users))
    if selection.labels:
        yield matches(orders.c.label, selection.labels)
    if selection.excluded_labels:
        yield not_(matches(orders.c.label, selection.excluded_labels))


def _orders_with_causes(selection: Selection) -> Select[Any]:
    """The ids of the orders that have a file which failed for one of the causes."""
    failed = is_failed(selection.causes, ignore_case=selection.ignore_case)
    return select(data_files.c.order_id).where(*failed)


def _range_conditions(ranges: Sequence[ColumnRange]) -> Iterator[ColumnElement[bool]]:
    for each in ranges:
        if each.column.stored:
            yield from _within(orders.c[each.column.stored], each)
    totals = [each for each in ranges if each.column.total]
    if totals:
        yield _totals_within(totals)


def _totals_within(ranges: Sequence[ColumnRange]) -> ColumnElement[bool]:
    """Whether the sums of an order's datasets lie in all these ranges.

    The datasets are summed once, for there may be no index on their order. Where an order without
    any belongs to the choice, those that do not belong are taken away.
    """
    sums = {each.column.total: exact_sum(dataset_tasks.c[each.column.total]) for each in ranges}
    within = and_(*(part for each in ranges for part in _within(sums[each.column.total], each)))
    summed = select(dataset_tasks.c.order_id).group_by(dataset_tasks.c.order_id)
    if not all(_has_zero(each) for each in ranges):
        return orders.c.id.in_(summed.having(within))
    others = orders.alias("others")
    return orders.c.id.in_(except_(select(others.c.id), summed.having(not_(within))))


def _within(value: ColumnElement[Any], chosen: ColumnRange) -> Iterator[ColumnElement[bool]]:
    lowest, highest = chosen.within
    if isinstance(chosen.within, MomentRange):
        if lowest is not None:
            yield value >= lowest
        if highest is not None:
            yield value < highest
        return
    # A number that the column's own type would not hold is no error.
    if lowest is not None:
        yield value >= literal(lowest, BigInteger)
    if highest is not None:
        yield value <= literal(highest, BigInteger)


def _has_zero(chosen: ColumnRange) -> bool:
    lowest, highest = chosen.within
    # Totals have ranges of numbers alone, which the type does not tell.
    return (lowest is None or lowest <= 0) and (highest is None or highest >= 0)  # type: ignore[operator]
