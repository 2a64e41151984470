"""Orders and events as they are stored, and a service that changes an order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import String, select, update

from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from ordercli.store.database import Database


def rows(database: Database) -> dict[int, dict[str, Any]]:
    """Every order as it is stored, by its id."""
    columns = (*orders.c["id", "owner", "label", "status", "waiting_for_user"],
               *orders.c["percent_complete", "files_in_error"],
               *(orders.c[name].cast(String).label(name)
                 for name in ("creation_date", "expiration_date", "status_date")))  # fmt: skip
    with database.reading() as connection:
        return {row.id: dict(row._mapping) for row in connection.execute(select(*columns))}


def statuses(database: Database) -> dict[int, str]:
    return {order_id: row["status"] for order_id, row in rows(database).items()}


def recorded(database: Database) -> list[tuple[Any, ...]]:
    """Every event, oldest first: order, action, from, to, when, who, why."""
    columns = (*events.c["order_id", "action", "from_status", "to_status"],
               events.c.event_date.cast(String), *events.c["actor", "reason"])  # fmt: skip
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(events.c.id))]


def set_status(database: Database, order_id: int, status: str) -> None:
    """What the service does."""
    with database.writing() as connection:
        connection.execute(update(orders).where(orders.c.id == order_id).values(status=status))
