"""Restarting an order at the live service: it makes a new one, so it is asked for only once."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import insert, select

from ordercli.base.errors import DatabaseError, PartialError, ServiceError, UsageError
from ordercli.base.language import _
from ordercli.domain.status import RESTART, Outcome, displayed
from ordercli.operations.plan import require_way
from ordercli.service.answers import Verdict, unreachable
from ordercli.store.schema import history_is_writable, is_ours, require_tables
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ordercli.operations.plan import Change
    from ordercli.service.client import Client
    from ordercli.store.database import Database

_LOOKS_SECONDS = (0, 0.2, 0.4, 0.8, 1.6)
_LABEL: Any = orders.c.label.type
_LONGEST_LABEL = _LABEL.length


@dataclass(frozen=True)
class Restartable:
    """An order that can be restarted under a label, as it was when looked at."""

    order_id: int
    owner: str
    label: str
    stored: str
    was: str
    recorded: bool


class Restarted(NamedTuple):
    """The id of the new order, None where it is not there yet; and whether that is recorded."""

    new_id: int | None
    recorded: bool


def restartable(database: Database, order_id: int, label: str, *, service: bool) -> Restartable:
    """The order, once it is sure that a restart could do what is asked; nothing is changed.

    ``service`` tells whether a live service is named. Raises DatabaseError without one,
    PartialError where there is no such order or its status does not allow it, and UsageError on a
    label that can't be given.
    """
    if len(label) > _LONGEST_LABEL:
        raise UsageError(
            _("--label is longer than {number} characters").format(number=_LONGEST_LABEL),
            _("give a shorter one; nothing was changed"),
        )
    with database.reading() as connection:
        require_tables(connection)
        require_way(RESTART, ours=is_ours(connection), direct=False, service=service)
        order = _order(connection, order_id)
        if _with_label(connection, order.owner, label) is not None:
            raise UsageError(
                _("{user} has an order with this label already").format(user=order.owner),
                _("choose another; nothing was changed"),
            )
        was = displayed(order.status, waiting_for_user=order.waiting_for_user).name
        recorded = history_is_writable(connection)
    if RESTART.outcome(order.status) is not Outcome.CHANGED:
        refused = _("order {id} is {status}, it can't be {past}").format(
            id=order_id, status=_(was), past=_(RESTART.past)
        )
        raise PartialError(refused, _("nothing was changed"))
    return Restartable(order_id, order.owner, label, order.status, was, recorded)


def restarted(database: Database, client: Client, change: Change, order: Restartable) -> Restarted:
    """Restart the order, once.

    Raises PartialError where the service refuses it, and ServiceError without an answer: then a
    new order may be made or not.
    """
    page = f"/user/{quote(client.service.project, safe='')}/redirect?module=order-history"
    body = {"label": order.label, "onSuccessUrl": page}
    answer = client.send(RESTART.action, order.order_id, body)
    if answer.verdict is Verdict.UNSENT:
        raise unreachable(client.service)
    if answer.verdict in (Verdict.REFUSED, Verdict.NOT_FOUND):
        reason = (
            answer.reason
            if answer.verdict is Verdict.REFUSED
            else _("the service knows no such order")
        )
        told = _("order {id}: {reason}").format(id=order.order_id, reason=reason)
        raise PartialError(told, _("nothing was changed"))
    made = _made(database, order)
    if made is None and answer.verdict is Verdict.LOST:
        raise ServiceError(
            _("the service gave no answer: whether it restarted order {id} is unknown").format(
                id=order.order_id
            ),
            _("look with 'ordercli list --label' before you repeat it"),
        )
    return Restarted(made, order.recorded and _recorded(database, change, order))


def _order(connection: Connection, order_id: int) -> Any:
    wanted = select(orders.c.owner, orders.c.status, orders.c.waiting_for_user)
    row = connection.execute(wanted.where(orders.c.id == order_id)).one_or_none()
    if row is None:
        raise PartialError(_("no order {id}").format(id=order_id), _("nothing was changed"))
    return row


def _with_label(connection: Connection, owner: str, label: str) -> int | None:
    wanted = select(orders.c.id).where(orders.c.owner == owner, orders.c.label == label)
    return connection.execute(wanted).scalar()


def _made(database: Database, order: Restartable) -> int | None:
    """The id of the new order, which the service makes a little later."""
    for pause in _LOOKS_SECONDS:
        time.sleep(pause)
        with suppress(DatabaseError), database.reading() as connection:
            found = _with_label(connection, order.owner, order.label)
            if found is not None:
                return found
    return None


def _recorded(database: Database, change: Change, order: Restartable) -> bool:
    row = {
        "order_id": order.order_id,
        "action": RESTART.action,
        "from_status": order.stored,
        "to_status": order.stored,
        "event_date": change.clock(),
        "actor": change.actor,
        "reason": change.reason,
        "operation": change.operation,
    }
    try:
        with database.writing() as connection:
            connection.execute(insert(events).values(row))
    except DatabaseError:
        return False
    return True
