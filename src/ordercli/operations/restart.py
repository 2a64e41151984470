"""Restarting an order at the live service: it makes a new one, so it is asked for only once."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from ordercli.base.errors import DatabaseError, PartialError, ServiceError, UsageError
from ordercli.base.language import _
from ordercli.base.text import require_text
from ordercli.domain.change import Event
from ordercli.domain.status import RESTART, WAITING_USER, Outcome
from ordercli.operations.plan import require_changeable
from ordercli.service.answers import Verdict, unreachable
from ordercli.store.events import record
from ordercli.store.order_states import LONGEST_LABEL, order_with_label, owner_of, state_of
from ordercli.store.schema import history_is_writable, is_ours, require_tables

if TYPE_CHECKING:
    from ordercli.base.limits import Limits
    from ordercli.base.settings import Service
    from ordercli.domain.change import Change
    from ordercli.service.client import Client
    from ordercli.store.database import Database


@dataclass(frozen=True)
class Restartable:
    """An order that the service can restart under a label, as it was when looked at."""

    order_id: int
    owner: str
    label: str
    stored: str
    was: str
    recorded: bool
    service: Service


class Restarted(NamedTuple):
    """The id of the new order, None where it is not there yet; and whether that is recorded."""

    new_id: int | None
    recorded: bool


def restartable(
    database: Database, order_id: int, label: str, service: Service | None
) -> Restartable:
    """The order, once it is sure that a restart could do what is asked; nothing is changed.

    Raises DatabaseError without a live service, PartialError where there is no such order or its
    status does not allow it, and UsageError on a label that can't be given.
    """
    require_text(label, "--label")
    if len(label) > LONGEST_LABEL:
        raise UsageError(
            _("--label is longer than {number} characters").format(number=LONGEST_LABEL),
            _("give a shorter one; nothing was changed"),
        )
    with database.reading(latest=True) as connection:
        require_tables(connection)
        named = service is not None
        require_changeable(RESTART, ours=is_ours(connection), direct=False, service=named)
        assert service is not None  # noqa: S101 - without one no order can be restarted
        owner = owner_of(connection, order_id)
        state = state_of(connection, order_id)
        if owner is None or state is None:
            raise PartialError(_("no order {id}").format(id=order_id), _("nothing was changed"))
        if order_with_label(connection, owner, label) is not None:
            raise UsageError(
                _("{user} has an order with this label already").format(user=owner),
                _("choose another; nothing was changed"),
            )
        recorded = history_is_writable(connection)
    if RESTART.outcome(state.stored) is not Outcome.CHANGED:
        refused = _("order {id} is {status}, it can't be {past}").format(
            id=order_id, status=_(state.shown), past=_(RESTART.past)
        )
        raise PartialError(refused, _("nothing was changed"))
    return Restartable(order_id, owner, label, state.stored, state.shown, recorded, service)


def restart(
    database: Database, client: Client, change: Change, order: Restartable, limits: Limits
) -> Restarted:
    """Restart the order, asking once.

    Raises PartialError where the service refuses it or the order is another by now, and
    ServiceError without an answer: then a new order may be made or not.
    """
    with database.reading(latest=True) as connection:
        state = state_of(connection, order.order_id)
    if state is None or state.stored != order.stored:
        now = _(state.shown) if state else _("no longer there")
        reason = _("it is {status} now, look again").format(status=now)
        raise _refused(order, reason)
    page = f"/user/{quote(client.service.project, safe='')}/redirect?module=order-history"
    answer = client.send(
        RESTART.action, order.order_id, {"label": order.label, "onSuccessUrl": page}
    )
    if answer.verdict is Verdict.UNSENT:
        raise unreachable(client.service)
    if answer.verdict in (Verdict.REFUSED, Verdict.NOT_FOUND):
        raise _refused(order, answer.reason)
    made = answer.new_id or _find_new(database, order, limits)
    if made is None and answer.verdict is not Verdict.ACCEPTED:
        raise ServiceError(
            _("{reason}: whether it restarted order {id} is unknown").format(
                reason=answer.reason, id=order.order_id
            ),
            _("look with 'ordercli list --label' before you repeat it"),
        )
    return Restarted(made, order.recorded and _record(database, change, order))


def _refused(order: Restartable, reason: str) -> PartialError:
    what = _("order {id}: {reason}").format(id=order.order_id, reason=reason)
    return PartialError(what, _("nothing was changed"))


def _find_new(database: Database, order: Restartable, limits: Limits) -> int | None:
    """The id of the new order, which the service makes a little later."""
    for pause in (0, *limits.appearance_pauses_seconds):
        time.sleep(pause)
        with suppress(DatabaseError), database.reading(latest=True) as connection:
            found = order_with_label(connection, order.owner, order.label)
            if found is not None:
                return found
    return None


def _record(database: Database, change: Change, order: Restartable) -> bool:
    waited = order.was == WAITING_USER.name
    event = Event(order.order_id, RESTART.action, order.stored, order.stored, waited, waited)
    try:
        with database.writing() as connection:
            record(connection, change, event, change.clock())
    except DatabaseError:
        return False
    return True
