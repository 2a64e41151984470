"""Orders and what belongs to them as typed values, for programs.

Sizes are bytes, progress is percent, moments are aware and in UTC, statuses are those displayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_type_hints

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.base.values import read_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


@dataclass(frozen=True)
class Order:
    """One order; ``profile`` is the one that it was read from."""

    id: int
    user: str
    label: str
    progress: int
    creation: datetime
    total_size: int
    errors_count: int
    status: str
    expiration: datetime | None
    objects_count: int
    files_count: int
    status_date: datetime
    message: str | None
    profile: str | None


@dataclass(frozen=True)
class Dataset:
    """What an order holds of one dataset, as far as that is known."""

    label: str | None
    files_count: int | None
    files_size: int | None
    objects_count: int | None


@dataclass(frozen=True)
class OrderDetail(Order):
    """One order in full: with its status as the service stores it, and its datasets."""

    stored_status: str
    datasets: tuple[Dataset, ...]


@dataclass(frozen=True)
class File:
    """A file of an order; ``reason`` is why it failed, in the service's own words."""

    id: int
    name: str | None
    size: int | None
    mime_type: str | None
    data_type: str | None
    data_objects_ip_id: str | None
    state: str | None
    reason: str | None


@dataclass(frozen=True)
class Event:
    """What an operation did to an order: who, when, why, and its status before and after."""

    date: datetime
    order_id: int
    action: str
    was: str
    now: str
    actor: str
    reason: str | None
    operation: str


def typed(kind: type[T], values: Mapping[str, Any], order: object) -> T:
    """The values of an order, or of what belongs to it, as a dataclass of this kind.

    Raises DatabaseError on one that can't be right.
    """
    found = {}
    for name, kinds in _kinds_of(cast("Any", kind)).items():
        found[name] = value = _converted(values[name], kinds)
        if not isinstance(value, kinds):
            wrong = _("order {id} has a value that can't be right: {name} '{value}'")
            raise DatabaseError(wrong.format(id=order, name=name, value=values[name]))
    return kind(**found)


@cache
def _kinds_of(kind: type[Any]) -> dict[str, tuple[type, ...]]:
    """What the value of each field may be."""
    return {name: get_args(hint) or (hint,) for name, hint in get_type_hints(kind).items()}


def _converted(value: Any, kinds: tuple[type, ...]) -> Any:
    return read_moment(str(value)) if datetime in kinds and value is not None else value
