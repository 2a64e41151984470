"""Orders sorted as one wants them, and read from any position among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    nulls_first,
    nulls_last,
    or_,
    type_coerce,
)

from ordercli.base.values import Kind
from ordercli.domain.columns import PROFILE, SortKey, column_named
from ordercli.store.column_types import AsStored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.domain.selection import OrderQuery
    from ordercli.store.order_query import OrderSource

_TIE_BREAK = SortKey(column_named("id"))


def sorted_part(rows: Select[Any], source: OrderSource, query: OrderQuery) -> Select[Any]:
    """Of these rows those that a query wants: in its order, from its start on, up to its limit.

    Empty values come last; the id is the last tie-break. A column that is never empty is sorted
    without ``NULLS LAST``, which no index would satisfy.
    """
    keys = _keys(query.sort)
    if query.start is not None:
        rows = rows.where(_from(keys, query.start, source, backwards=query.backwards))
    for key in keys:
        value = source.sorted_by(key.column)
        directed = value.desc() if _falls(key, backwards=query.backwards) else value.asc()
        if key.column.nullable:
            directed = nulls_first(directed) if query.backwards else nulls_last(directed)
        rows = rows.order_by(directed)
    rows = rows if query.limit is None else rows.limit(query.limit)
    return rows.offset(query.offset) if query.offset else rows


def position(sort: Sequence[SortKey], source: OrderSource) -> list[ColumnElement[Any]]:
    """The values of an order's position in this sort, which ``OrderQuery.start`` takes."""
    values: list[ColumnElement[Any]] = []
    for key in _keys(sort):
        value = source.sorted_by(key.column)
        if key.column.kind in (Kind.MOMENT, Kind.DURATION):  # a driver can't hold all of them
            value = cast(value, Text)
        values.append(type_coerce(value, AsStored()))
    return values


def _keys(sort: Sequence[SortKey]) -> list[SortKey]:
    """What decides the order; the profile is the same for all of one database."""
    return [*(key for key in sort if key.column is not PROFILE), _TIE_BREAK]


def _falls(key: SortKey, *, backwards: bool) -> bool:
    """Whether what is stored falls from one order to the next: the longest began first."""
    return key.descending ^ backwards ^ (key.column.kind is Kind.DURATION)


def _from(
    keys: Sequence[SortKey], start: Sequence[object], source: OrderSource, *, backwards: bool
) -> ColumnElement[bool]:
    """Whether an order stands at a position or after it.

    It is a range of the first key, which an index can give, and in it a choice by the others.
    """
    (key, *others), (value, *rest) = keys, start
    column = source.sorted_by(key.column)
    further = _from(others, rest, source, backwards=backwards) if others else None
    if value is None:
        empty = column.is_(None)
        if further is None:
            return empty
        return or_(column.is_not(None), further) if backwards else and_(empty, further)
    bound = bindparam(None, value, AsStored(), unique=True)
    falls = _falls(key, backwards=backwards)
    reached = column <= bound if falls else column >= bound
    if further is not None:
        passed = column < bound if falls else column > bound
        reached = and_(reached, or_(passed, further))
    return or_(reached, column.is_(None)) if key.column.nullable and not backwards else reached
