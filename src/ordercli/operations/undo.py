"""Taking an operation back: what the history tells of it, and how its orders would end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.errors import PartialError, UsageError
from ordercli.base.language import _
from ordercli.domain.change import results_of
from ordercli.domain.history import action_word
from ordercli.domain.reversal import Reversal, reversal_of, reversal_results
from ordercli.store.events import (
    events_of,
    last_event,
    newest_events,
    operations_named,
    require_history,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from ordercli.base.values import Row
    from ordercli.domain.change import Event, Result, StateGroup
    from ordercli.domain.status import Transition
    from ordercli.store.database import Database


@dataclass(frozen=True)
class Operation:
    """A run as the history tells it: its last event in full, and what it did to each order.

    The events of an order are one, with the id of the last of them.
    """

    name: str
    last: Row
    events: Mapping[int, tuple[int, Event]]

    def reversals(self, *, through_service: bool) -> dict[int, Reversal]:
        """What leads each of its orders back; raises PartialError where nothing does for any."""
        found = {
            order_id: reversal_of(*event, through_service=through_service)
            for order_id, event in self.events.items()
        }
        if not any(each.transition for each in found.values()):
            what = _("{action} {operation} can't be taken back")
            if through_service:
                what = _("{action} {operation} can't be taken back through the service")
            told = what.format(action=action_word(str(self.last["action"])), operation=self.name)
            raise PartialError(told, _("nothing was changed"))
        return found


def find_operation(database: Database, begun: str, *, latest: bool = True) -> Operation:
    """The operation that begins so; with ``latest`` it looks where it will be written.

    Raises PartialError where there is none, UsageError where there are several, and DatabaseError
    where no history can be read.
    """
    with database.reading(latest=latest) as connection:
        require_history(connection, database)
        names = operations_named(connection, begun, 2)
        if len(names) > 1:
            raise UsageError(
                _("several operations begin with {operation}").format(operation=begun),
                _("give more of it, as 'ordercli history -f json' shows it"),
            )
        if not names:
            raise PartialError(
                _("no operation {operation}").format(operation=begun),
                _("'ordercli history' shows those there are"),
            )
        events: dict[int, tuple[int, Event]] = {}
        for event_id, event in events_of(connection, names[0]):
            _id, first = events.get(event.order_id, (0, event))
            whole = event._replace(from_status=first.from_status, from_waiting=first.from_waiting)
            events[event.order_id] = event_id, whole
        return Operation(names[0], last_event(connection, names[0]), events)


def verdicts(
    connection: Connection,
    transition: Transition,
    reversals: Mapping[int, Reversal],
    ids: Sequence[int],
    groups: Iterable[StateGroup],
) -> list[Result]:
    """How the change ends for each of the ids, ascending, as the orders are now.

    With ``reversals`` it is that which takes another one back. The groups have no others.
    """
    if not reversals:
        return results_of(transition, ids, groups)
    return reversal_results(reversals, ids, groups, newest_events(connection, ids))
