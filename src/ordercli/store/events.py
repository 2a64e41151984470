"""Who changed what, when and why: the history is written and read here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, insert, literal, null, select, union_all

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.change import Event, event_of
from ordercli.domain.history import HISTORY_FIELDS, HistoryQuery
from ordercli.domain.selection import Selection, has_wildcards
from ordercli.domain.status import displayed
from ordercli.store.conditions import conditions
from ordercli.store.database import read_rows
from ordercli.store.inventory import inventory_of
from ordercli.store.schema import history_is_readable
from ordercli.store.sql_functions import among, matches_wildcards, moment_text
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

    from ordercli.base.values import Row
    from ordercli.domain.change import Change, GroupChange
    from ordercli.store.database import Database

_ORDER_ID: Any = orders.c.id.label("order_id")


def read_history(
    database: Database, query: HistoryQuery, anomalies: Anomalies | None = None
) -> Iterator[Row]:
    """The events of the query, newest first, read as they are consumed.

    What is wrong with them is noted in ``anomalies``. Raises DatabaseError where no history is kept
    or this role may not read it.
    """
    with database.reading() as connection:
        require_history(connection, database)
        found = read_rows(connection, _events(connection, query), query.limit)
        yield from (anomalies or Anomalies()).mend_all(map(_row, found), HISTORY_FIELDS)


def finds_changes(connection: Connection, query: HistoryQuery) -> bool:
    """Whether the query has any event."""
    some = select(events.c.id).where(*_conditions(query)).limit(1)
    return connection.execute(some).first() is not None


def require_history(connection: Connection, database: Database) -> None:
    """Raise DatabaseError where no history is kept or this role may not read it."""
    if not history_is_readable(connection):
        raise DatabaseError(
            _("{name} keeps no history that can be read").format(name=database.name),
            _("'ordercli db init' adds it, 'ordercli db grants' gives the right"),
        )


def history_of(connection: Connection, order_id: int, most: int) -> tuple[tuple[Row, ...], int]:
    """The newest events of one order, newest first, and how many there are besides."""
    every = select(func.count()).where(events.c.order_id == order_id).scalar_subquery()
    newest = _events(connection, HistoryQuery(ids=(order_id,), limit=most))
    found = connection.execute(newest.add_columns(every.label("every"))).all()
    rows = tuple(_row(row._mapping) for row in found)
    return rows, found[0].every - len(found) if found else 0


def record(connection: Connection, change: Change, event: Event, now: datetime) -> None:
    """Write what the change did to an order into the history.

    Raises DatabaseError where the database does not keep it.
    """
    columns = _event_columns(connection, change, event, now)
    if _written(connection, columns, select(*columns.values())) != 1:
        raise history_not_kept()


def record_changes(
    connection: Connection, change: Change, changes: Sequence[GroupChange], now: datetime
) -> int:
    """Write into the history, by ascending id, what was done to those orders that have kept it.

    Gives how many events the database has written.
    """
    from ordercli.store.status_update import changed_orders  # noqa: PLC0415 - for writers

    made: list[Select[Any]] = []
    columns: dict[str, ColumnElement[Any]] = {}
    for each in changes:
        event = event_of(each.transition, next(each.before.states()))  # of all, but for the id
        columns = _event_columns(connection, change, event, now)
        columns["order_id"] = _ORDER_ID
        made.append(changed_orders(each, *columns.values()))
    rows: Any = union_all(*made) if len(made) > 1 else made[0]
    return _written(connection, columns, rows.order_by(_ORDER_ID.name))


def history_not_kept() -> DatabaseError:
    """The error for a database that does not keep every event that was written."""
    return DatabaseError(
        _("the database does not keep the history of the change"),
        _("look for a trigger or a rule on 'ordercli_event'"),
    )


def recorded_orders(connection: Connection, operation: str, ids: Sequence[int]) -> set[int]:
    """Which of these orders the operation has changed, as the history tells."""
    mine = select(events.c.order_id).where(
        events.c.operation == operation, among(events.c.order_id, ids)
    )
    return set(connection.execute(mine).scalars())


def newest_events(connection: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The id of the last event of each of these orders that has one."""
    newest = select(events.c.order_id, func.max(events.c.id)).group_by(events.c.order_id)
    found = connection.execute(newest.where(among(events.c.order_id, ids)))
    return {row[0]: row[1] for row in found}


def operations_named(connection: Connection, begun: str, most: int) -> list[str]:
    """The operations that begin so, at most so many."""
    found = select(events.c.operation).distinct().where(*begins_with(events.c.operation, begun))
    return list(connection.execute(found.limit(most)).scalars())


def last_event(connection: Connection, operation: str) -> Row:
    """The last event of an operation, of which there is one."""
    found = connection.execute(_events(connection, HistoryQuery(operation=operation, limit=1)))
    return Anomalies().mend(_row(found.one()._mapping), HISTORY_FIELDS, None)


def events_of(connection: Connection, operation: str) -> Iterator[tuple[int, Event]]:
    """What an operation did, oldest first, each with its id."""
    known = inventory_of(connection).history_tells_waiting
    names = Event._fields if known else Event._fields[:-2]
    wanted = select(events.c.id, *events.c[names]).where(events.c.operation == operation)
    for event_id, *fields in connection.execute(wanted.order_by(events.c.id)):
        yield event_id, Event(*fields)


def begins_with(operation: ColumnElement[str], begun: str) -> list[ColumnElement[bool]]:
    """The conditions that an operation begins so; an index finds it, whatever its collation."""
    range_of_it = [operation >= begun, operation < f"{begun}g"]  # letters come after digits
    return [*range_of_it, func.substr(operation, 1, len(begun)) == begun]


def _written(connection: Connection, columns: Iterable[str], rows: Any) -> int:
    """Write these rows into the history; how many the database has written."""
    writing = insert(events).from_select([*columns], rows)
    done = connection.execute(writing, execution_options={"preserve_rowcount": True})
    number: int = done.rowcount
    return number


def _event_columns(
    connection: Connection, change: Change, event: Event, now: datetime
) -> dict[str, ColumnElement[Any]]:
    """The values of an event's columns: what the change did, when, and whose it is."""
    values = {
        **event._asdict(),
        "event_date": now,
        "actor": change.actor,
        "reason": change.reason,
        "operation": change.operation,
    }
    if not inventory_of(connection).history_takes_waiting:
        del values["from_waiting"], values["to_waiting"]
    return {name: literal(value, events.c[name].type) for name, value in values.items()}


def _row(found: Any) -> Row:
    """An event as it is told: with the statuses that were displayed, as far as that is known."""
    before = displayed(found["from_status"], waiting_for_user=bool(found["from_waiting"]))
    after = displayed(found["to_status"], waiting_for_user=bool(found["to_waiting"]))
    return {
        "date": found["date"],
        "id": found["order_id"],
        "action": found["action"],
        "from": before.name,
        "to": after.name,
        "actor": found["actor"],
        "reason": found["reason"],
        "operation": found["operation"],
    }


def _events(connection: Connection, query: HistoryQuery) -> Select[Any]:
    event: Any = events.c
    names = ("order_id", "action", "from_status", "to_status", "actor", "reason", "operation")
    wanted: list[Any] = [moment_text(event.event_date).label("date"), *event[names]]
    known = inventory_of(connection).history_tells_waiting
    for name in ("from_waiting", "to_waiting"):
        wanted.append(event[name] if known else null().label(name))
    rows: Select[Any] = select(*wanted).order_by(event.id.desc()).limit(query.limit)
    return rows.where(*_conditions(query))


def _conditions(query: HistoryQuery) -> Iterator[ColumnElement[bool]]:
    event: Any = events.c
    if query.ids is not None:
        yield among(event.order_id, query.ids)
    if query.users:
        theirs = conditions(Selection(users=query.users))
        yield event.order_id.in_(select(orders.c.id).where(*theirs))
    if query.since is not None:
        yield event.event_date >= query.since
    if query.until is not None:
        yield event.event_date < query.until
    if query.actor is not None:
        wild = has_wildcards(query.actor)
        yield matches_wildcards(event.actor, query.actor) if wild else event.actor == query.actor
    if query.action is not None:
        yield event.action == query.action
    if query.operation is not None:
        yield from begins_with(event.operation, query.operation)
