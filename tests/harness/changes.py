"""A change made as a command makes it, but in steps: planned, then a batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ordercli.base.limits import Limits
from ordercli.base.times import now
from ordercli.domain.change import Change
from ordercli.operations.change_database import DatabaseChanger
from ordercli.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from ordercli.domain.change import Plan, Result
    from ordercli.domain.status import Transition
    from ordercli.store.database import Database


def new_change(
    transition: Transition, operation: str = "one run", clock: Callable[[], datetime] = now
) -> Change:
    """A change by a tester, who gives no reason."""
    return Change(transition, "tester", None, operation, clock)


class Settling(Limits):
    """Limits under which work is done between a change and the second look at its orders."""

    def __init__(self, work: Callable[[], object], **others: Any) -> None:
        super().__init__(**others)
        self._work = work

    __repr__ = object.__repr__  # which reads no limit

    def __getattribute__(self, name: str) -> Any:
        """A limit; the time to settle is over once the work is done."""
        if name != "settling_seconds":
            return super().__getattribute__(name)
        self._work()
        return 0.0


def batches_of(
    database: Database, change: Change, plan: Plan, limits: Limits | None = None
) -> Iterator[Sequence[Result]]:
    """The results of each batch; it is made when they are asked for."""
    return DatabaseChanger(database, change, plan, limits or Limits()).results(lambda: False)


def batch_size(database: Database) -> int:
    """How many orders one transaction changes at most."""
    limits = Limits()
    return limits.batch_orders if database.path is None else limits.sqlite_batch_orders


def operation_of(database: Database) -> str:
    """The newest operation, as people are told it."""
    newest = select(events.c.operation).order_by(events.c.id.desc()).limit(1)
    with database.reading() as connection:
        return str(connection.execute(newest).scalar_one())[:8]
