"""Who changed what, when and why: the history is written and read here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, Select, Text, func, insert, literal, select

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.history import HISTORY_FIELDS, OPERATION, HistoryQuery
from ordercli.store.column_types import UtcTimestamp
from ordercli.store.database import read_rows
from ordercli.store.schema import history_is_readable
from ordercli.store.sql_functions import among, moment_text
from ordercli.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ordercli.base.values import Row
    from ordercli.domain.change import Change, Event
    from ordercli.store.database import Database


def read_history(
    database: Database, query: HistoryQuery, anomalies: Anomalies | None = None
) -> Iterator[Row]:
    """The events of the query, newest first, read as they are consumed.

    What is wrong with them is noted in ``anomalies``. Raises DatabaseError where no history is kept
    or this role may not read it.
    """
    with database.reading() as connection:
        if not history_is_readable(connection):
            raise DatabaseError(
                _("{name} keeps no history that can be read").format(name=database.name),
                _("'ordercli db init' adds it, 'ordercli db grants' gives the right"),
            )
        rows = read_rows(connection, _events(query), query.limit)
        yield from (anomalies or Anomalies()).mend_all(rows, HISTORY_FIELDS, "order_id")


def history_of(connection: Connection, order_id: int, most: int) -> tuple[tuple[Row, ...], int]:
    """The newest events of one order, newest first, and how many there are besides."""
    every = select(func.count()).where(events.c.order_id == order_id).scalar_subquery()
    newest = _events(HistoryQuery(ids=(order_id,), limit=most)).add_columns(every)
    found = connection.execute(newest).all()
    rows = tuple(dict(zip(row._fields[:-1], row[:-1], strict=True)) for row in found)
    return rows, found[0][-1] - len(found) if found else 0


def record(connection: Connection, change: Change, changes: Sequence[Event], now: datetime) -> None:
    """Write what the change did to orders into the history, in this order.

    Raises DatabaseError where the database does not keep every one of them.
    """
    done = {
        "event_date": literal(now, UtcTimestamp),
        "actor": literal(change.actor),
        "reason": literal(change.reason, Text),
        "operation": literal(change.operation),
    }
    fields = ("order_id", "action", "from_status", "to_status")
    rows = select(*_columns_of(connection, changes), *done.values())
    writing = insert(events).from_select([*fields, *done], rows)
    written = connection.execute(writing, execution_options={"preserve_rowcount": True})
    if written.rowcount != len(changes):
        raise DatabaseError(
            _("the database does not keep the history of the change"),
            _("look for a trigger or a rule on 'ordercli_event'"),
        )


def recorded_orders(connection: Connection, operation: str, ids: Sequence[int]) -> set[int]:
    """Which of these orders the operation has changed, as the history tells."""
    mine = select(events.c.order_id).where(
        events.c.operation == operation, among(events.c.order_id, ids)
    )
    return set(connection.execute(mine).scalars())


def _columns_of(connection: Connection, changes: Sequence[Event]) -> list[Any]:
    """The events as a table of four columns: few bound values, however many events."""
    if connection.dialect.name == "sqlite":
        row = func.json_each(json.dumps(changes)).table_valued("value").c.value
        return [func.json_extract(row, f"$[{place}]") for place in range(4)]
    ids, *texts = zip(*changes, strict=True)
    arrays = [literal(list(ids), ARRAY(BigInteger))]
    arrays += [literal(list(each), ARRAY(Text)) for each in texts]
    names = ("order_id", "action", "from_status", "to_status")
    table = func.unnest(*arrays).table_valued(*names, name="changes").render_derived()
    return list(table.c)


def _events(query: HistoryQuery) -> Select[Any]:
    event: Any = events.c
    wanted: list[Any] = [moment_text(event.event_date).label("date")]
    wanted += [event[field.key] for field in (*HISTORY_FIELDS[1:], OPERATION)]
    rows: Select[Any] = select(*wanted).order_by(event.id.desc()).limit(query.limit)
    if query.ids is not None:
        rows = rows.where(among(event.order_id, query.ids))
    if query.since is not None:
        rows = rows.where(event.event_date >= query.since)
    if query.actor is not None:
        rows = rows.where(event.actor == query.actor)
    if query.action is not None:
        rows = rows.where(event.action == query.action)
    return rows
