"""The history: who changed what, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.values import Kind
from ordercli.domain.columns import Field

if TYPE_CHECKING:
    from datetime import datetime

HISTORY_FIELDS = (
    Field("date", "When", Kind.MOMENT),
    Field("order_id", "Order", Kind.NUMBER),
    Field("action", "Action", Kind.TEXT),
    Field("from_status", "From", Kind.TEXT),
    Field("to_status", "To", Kind.TEXT),
    Field("actor", "Who", Kind.TEXT),
    Field("reason", "Reason", Kind.TEXT),
)
OPERATION = Field("operation", "Operation", Kind.TEXT)
"""The id that all events of one run share: for programs, people have no use for it."""


@dataclass(frozen=True)
class HistoryQuery:
    """Which events: of these orders (all when None), since a moment, by an actor, of an action."""

    ids: tuple[int, ...] | None = None
    since: datetime | None = None
    actor: str | None = None
    action: str | None = None
    limit: int | None = None
