"""Totals of orders, summed up by the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import FromClause, Select, func, null, select, text, union_all

from ordercli.domain.anomalies import Anomalies
from ordercli.domain.columns import column_named
from ordercli.domain.selection import OrderQuery
from ordercli.domain.statistics import DATASET_TOTALS, ERRORS, ORDERS, TOTALS, sum_of
from ordercli.store.conditions import conditions
from ordercli.store.database import read_rows
from ordercli.store.exact_numbers import ExactInteger, exact_sum
from ordercli.store.local_periods import LocalPeriods
from ordercli.store.order_query import OrderSource
from ordercli.store.orders import require_all
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection

    from ordercli.base.values import Row
    from ordercli.domain.statistics import TotalsQuery
    from ordercli.store.database import Database

_FIRST_YEAR = "0001"
_ASK_FOR_WORKERS = text("SET LOCAL parallel_tuple_cost = 0")
"""The planner expects as many periods as orders, and would leave them all to one process."""


def read_totals(database: Database, query: TotalsQuery) -> list[Row]:
    """The totals of each group that has orders, in no order; without groups, of all together.

    Raises DatabaseError where the database can't answer, or does not give all orders.
    """
    with database.reading() as connection:
        return totals(connection, query)


def totals(connection: Connection, query: TotalsQuery) -> list[Row]:
    """The same, within a transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(_ASK_FOR_WORKERS)
    found = list(read_rows(connection, _totals(connection, query), None))
    rows = list(Anomalies().mend_all(found, [*query.groups, *TOTALS]))
    for group in (each for each in query.groups if each.period):
        for row in rows:  # SQLite has a year 0, into which local time may lead
            row[group.key] = row[group.key] if str(row[group.key]) >= _FIRST_YEAR else None
    require_all(connection, OrderQuery(query.selection, (), ()), sum_of(rows)[ORDERS.key])
    return rows


def _totals(connection: Connection, query: TotalsQuery) -> Select[Any]:
    """Orders and their datasets are summed up apart, each table read once, and put together.

    To sum up each order's datasets first would take as many groups as there are orders.
    """
    timed = any(group.period for group in query.groups)
    periods = LocalPeriods(connection, query) if timed else None
    chosen = _chosen(query, periods)
    keys = [chosen.c[group.key] for group in query.groups]
    none: ColumnElement[Any] = null()
    task = dataset_tasks.c
    of_orders = [func.count(), *(none for _ in DATASET_TOTALS), exact_sum(chosen.c[ERRORS.key])]
    of_datasets = [none, *(exact_sum(task[each.total]) for each in DATASET_TOTALS), none]
    joined = chosen.join(dataset_tasks, task.order_id == chosen.c.id)
    parts = union_all(
        select(*keys, *_named(of_orders)).select_from(chosen).group_by(*keys),
        select(*keys, *_named(of_datasets)).select_from(joined).group_by(*keys),
    ).subquery("parts")
    named = _with_keys(parts, query, periods)
    together = [named.c[group.key] for group in query.groups]
    # SQLite has one row of each part to a group, and would round a sum of more than 64 bits.
    sum_up = func.max if connection.dialect.name == "sqlite" else func.sum
    sums = [
        func.coalesce(sum_up(named.c[each.key]), 0, type_=ExactInteger).label(each.key)
        for each in TOTALS
    ]
    return select(*together, *sums).group_by(*together)


def _with_keys(parts: FromClause, query: TotalsQuery, periods: LocalPeriods | None) -> FromClause:
    """The parts, with the keys of their periods."""
    keys = [
        periods.key(group.key, parts.c[group.key]).label(group.key)
        if periods is not None and group.period
        else parts.c[group.key]
        for group in query.groups
    ]
    return select(*keys, *(parts.c[total.key] for total in TOTALS)).subquery("named")


def _named(values: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [value.label(total.key) for value, total in zip(values, TOTALS, strict=True)]


def _chosen(query: TotalsQuery, periods: LocalPeriods | None) -> FromClause:
    """The orders: what they are grouped by, and their errors.

    SQLite makes them once. PostgreSQL looks twice, which several of its processes share.
    """
    source = OrderSource(orders, None, frozenset(), None)
    keys = [
        periods.beginning(group.key).label(group.key)
        if periods is not None and group.period
        else source.value(column_named(group.key)).label(group.key)
        for group in query.groups
    ]
    rows = select(orders.c.id, *keys, orders.c.files_in_error.label(ERRORS.key))
    return (
        rows.where(*conditions(query.selection))
        .cte("chosen")
        .prefix_with("MATERIALIZED", dialect="sqlite")
        .prefix_with("NOT MATERIALIZED", dialect="postgresql")
    )
