"""Who changed what, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.history import HISTORY_FIELDS, OPERATION, HistoryQuery
from ordercli.store.database import read_rows
from ordercli.store.schema import history_is_readable
from ordercli.store.sql_functions import among, moment_text
from ordercli.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ordercli.base.values import Row
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


def history_of(connection: Connection, order_id: int) -> tuple[Row, ...]:
    """The events of one order, newest first."""
    rows = connection.execute(_events(HistoryQuery(ids=(order_id,))))
    return tuple(dict(row._mapping) for row in rows)


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
