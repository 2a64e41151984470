"""What is measured of orders at a moment, by status, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, and_, case, func, select

from ordercli.domain.anomalies import Anomalies
from ordercli.domain.columns import Field, column_named
from ordercli.domain.statistics import TotalsQuery, chosen_groups
from ordercli.store.conditions import conditions
from ordercli.store.database import read_rows
from ordercli.store.local_periods import is_moment
from ordercli.store.order_query import OrderSource
from ordercli.store.sql_functions import moment_text
from ordercli.store.statistics import totals
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ordercli.base.values import Row
    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

WITHIN = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}
"""How soon files expire, by the names that the gauges have for it."""


def read_measures(
    database: Database, selection: Selection, now: datetime, groups: Sequence[str]
) -> list[Row]:
    """A row for each group that has orders: its totals, and what is measured of it at a moment.

    That is ``changed_first`` (when the status changed of the order that has had it longest),
    ``with_errors`` (how many have any), and how many expire within each of ``WITHIN``. Raises
    DatabaseError where the database can't answer.
    """
    fields = chosen_groups(",".join(groups))
    query = TotalsQuery(selection, fields, column_named("creation"), utc=True)
    with database.reading() as connection:
        summed = totals(connection, query)
        rows = read_rows(connection, _measures(selection, now, fields), None)
        measured = list(Anomalies().mend_all(rows, fields))
    by_group = {tuple(row[key] for key in groups): row for row in measured}
    return [by_group.get(tuple(row[key] for key in groups), {}) | row for row in summed]


def _measures(selection: Selection, now: datetime, groups: Sequence[Field]) -> Select[Any]:
    source = OrderSource(orders, None, frozenset(), None)
    keys = [source.value(column_named(group.key)).label(group.key) for group in groups]
    expires, changed = orders.c.expiration_date, orders.c.status_date
    measures = [
        moment_text(func.min(case((is_moment(changed), changed)))).label("changed_first"),
        func.count(case((orders.c.files_in_error > 0, 1))).label("with_errors"),
        *(
            func.count(case((and_(expires > now, expires <= now + soon), 1))).label(name)
            for name, soon in WITHIN.items()
        ),
    ]
    return select(*keys, *measures).where(*conditions(selection)).group_by(*keys)
