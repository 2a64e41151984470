"""Totals of a million orders, beside the SQL that a person would write for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from measure import Command, table
from places import MIDDLE, ORDERS_FOUND, ordercli

if TYPE_CHECKING:
    from places import Place

_STATUS = "CASE WHEN waiting_for_user THEN 'waiting user' ELSE status END"
_SQLITE_MONTH = "strftime('%Y-%m', creation_date, 'localtime')"
_POSTGRESQL_MONTH = (
    "to_char(creation_date AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Paris', 'YYYY-MM')"
)
_BARE = """
    SELECT {key}, count(*), sum(size), sum(files), sum(objects), sum(files_in_error)
    FROM t_order LEFT JOIN (
        SELECT order_id, sum(files_size) AS size, sum(files_count) AS files,
               sum(objects_count) AS objects
        FROM t_dataset_task GROUP BY order_id
    ) AS totals ON order_id = t_order.id
    GROUP BY 1 ORDER BY 1
"""
_PARIS = {"TZ": "Europe/Paris"}


def measured(place: Place) -> str:
    """A table: seconds by database and group, and the ratio to the bare SQL."""
    rows = []
    for kind in ("sqlite", "postgresql", "service"):
        location = place.location(kind, MIDDLE)
        month = _SQLITE_MONTH if kind == "sqlite" else _POSTGRESQL_MONTH
        for by, key in (("status", _STATUS), ("user", "owner"), ("month", month)):
            statement = _BARE.format(key=key)
            client = ["sqlite3", location] if kind == "sqlite" else ["psql", "-X", location, "-c"]
            bare = Command([*client, statement], env={**_PARIS, **ORDERS_FOUND})
            ours = ordercli("stats", "--by", by, location=location, env=_PARIS)
            rows.append([kind, by, *place.in_turn(ours, bare)])
    return table(["totals of 1 million", "by", "s", "x the bare SQL", "MB"], rows)
