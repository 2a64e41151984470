"""Gauges of the orders, for a program that watches over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.values import number_in, read_moment
from ordercli.domain.status import GROUPS, STATUS_NAMES, WITHOUT_FILES
from ordercli.store.gauges import WITHIN, read_measures

if TYPE_CHECKING:
    from datetime import datetime

    from ordercli.base.values import Row
    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

_ACTIVE = [name for name in STATUS_NAMES if name in {each.name for each in GROUPS["active"]}]
_GONE = {status.name for status in WITHOUT_FILES}

Values = dict[tuple[str, ...], int]


@dataclass(frozen=True)
class Gauge:
    """One gauge: its name and what it is, its labels, and its numbers by what these say."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Values


def read_gauges(
    database: Database, selection: Selection, now: datetime, *, by_user: bool
) -> list[Gauge]:
    """The gauges of the orders that are chosen, as of ``now``; of each user with ``by_user``.

    Without users there is a number for every status, 0 where it has no order, so that a rule finds
    one. Raises DatabaseError where the database can't answer.
    """
    users = ("user",) if by_user else ()
    rows = read_measures(database, selection, now, (*users, "status"))
    orders, sizes, ages, expiring, failing = _empty(zeros=not by_user)
    for row in sorted(rows, key=lambda row: [str(row[key]) for key in (*users, "status")]):
        who, status = tuple(str(row[user]) for user in users), str(row["status"])
        orders[*who, status] = number_in(row["orders"])
        sizes[*who, status] = number_in(row["total_size"])
        if status in _ACTIVE:
            ages[*who, status] = _age(row, now)
        for within in WITHIN if status not in _GONE else ():
            key = (*who, within)
            expiring[key] = expiring.get(key, 0) + number_in(row[within])
        failing[who] = failing.get(who, 0) + number_in(row["with_errors"])
    by_status, by_time = (*users, "status"), (*users, "within")
    return [
        Gauge("ordercli_orders", "Orders.", by_status, orders),
        Gauge("ordercli_order_bytes", "Bytes in the files of orders.", by_status, sizes),
        Gauge(
            "ordercli_oldest_order_age_seconds",
            "How long the order has its status that has had it longest.", by_status, ages,
        ),
        Gauge("ordercli_orders_expiring", "Orders whose files expire soon.", by_time, expiring),
        Gauge("ordercli_orders_with_errors", "Orders with at least one error.", users, failing),
    ]  # fmt: skip


def _empty(*, zeros: bool) -> tuple[Values, Values, Values, Values, Values]:
    """What numbers are gathered in, with ``zeros`` for all that may lack an order."""
    if not zeros:
        return {}, {}, {}, {}, {}
    every, active, times = (
        [(name,) for name in names] for names in (STATUS_NAMES, _ACTIVE, WITHIN)
    )
    return (
        dict.fromkeys(every, 0), dict.fromkeys(every, 0), dict.fromkeys(active, 0),
        dict.fromkeys(times, 0), {(): 0},
    )  # fmt: skip


def _age(row: Row, now: datetime) -> int:
    """Seconds since the first change among orders of one status; 0 for a date that is none."""
    since = read_moment(str(row["changed_first"]))
    return max(int((now - since).total_seconds()), 0) if since else 0
