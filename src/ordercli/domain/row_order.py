"""Rows of several databases in one order, which is that of ``--sort`` in each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercli.base.values import Kind, read_moment
from ordercli.domain.columns import COLUMNS, SortKey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ordercli.base.values import Row, Value


class _Descending(tuple[Any, ...]):
    """What compares the other way round."""

    __slots__ = ()

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        return tuple.__gt__(self, other)


def compared(key: SortKey) -> SortKey:
    """The key that a database sorts by for this one: for a duration, the moment it began at."""
    if key.column.kind is not Kind.DURATION:
        return key
    stored = key.column.stored
    began = next(each for each in COLUMNS if each.stored == stored and each.kind is Kind.MOMENT)
    return SortKey(began, not key.descending)


def row_order(sort: Sequence[SortKey]) -> Callable[[Row], tuple[Any, ...]]:
    """A key to sort rows by: as the sort keys say, empty values last, then by id.

    A row has to hold the columns of all keys, which are ``compared``, and the id.
    """

    def key(row: Row) -> tuple[Any, ...]:
        return (
            *(_place(each, row[each.column.key]) for each in sort),
            _comparable(None, row["id"]),
        )

    return key


def _place(key: SortKey, value: Value) -> tuple[Any, ...]:
    found = _comparable(key.column.kind, value)
    return value is None, _Descending(found) if key.descending else found


def _comparable(kind: Kind | None, value: Value) -> tuple[Any, ...]:
    """The value, with numbers and moments before texts where there should be none."""
    if value is None:
        return ()
    moment = read_moment(value) if kind is Kind.MOMENT and isinstance(value, str) else None
    found = value if moment is None else moment
    return isinstance(found, str), found
