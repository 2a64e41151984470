"""Selection, columns, sort and limit become one ``Select``; every value is bound.

Totals are summed over the orders of the page only, in one pass over ``t_dataset_task``: that
table has no index on ``order_id`` in a service's database.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
    union_all,
)

from ordercli.base.values import Kind
from ordercli.domain.columns import PROFILE, column_named
from ordercli.domain.status import STATUSES, UNKNOWN, WAITING_USER
from ordercli.store.collation import code_points
from ordercli.store.conditions import branches, conditions
from ordercli.store.exact_numbers import ExactInteger, exact_sum
from ordercli.store.inventory import SINCE_1_12, inventory_of
from ordercli.store.sorting import sorted_part
from ordercli.store.sql_functions import moment_text, seconds_since, unindexed
from ordercli.store.tables import dataset_tasks, events, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from ordercli.domain.columns import Column
    from ordercli.domain.selection import OrderQuery, Selection

    Selected = Callable[[Sequence[Column], "OrderSource"], list[ColumnElement[Any]]]


@dataclass(frozen=True)
class OrderSource:
    """What columns are made from: orders (all or one page), sums of their datasets, last events.

    ``hidden`` names the fields of the orders that are not there; ``now`` is what durations end at,
    ``profile`` the name of what is read. With ``by_code_point`` texts are sorted so.
    """

    order: FromClause
    totals: FromClause | None
    hidden: frozenset[str]
    now: datetime | None
    profile: str | None = None
    by_code_point: bool = False
    last_events: FromClause | None = None

    def value(self, column: Column) -> ColumnElement[Any]:
        """The machine value of a column."""
        if column is PROFILE:
            return literal(self.profile, Text())
        if column.total:
            return self._total(column.total)
        if column.event:
            return self._of_last_event(column.event)
        if column.kind is Kind.STATUS:
            return self._displayed_status()
        if column.kind is Kind.DURATION:
            return self._duration(column)
        return self.moment(column.stored) if column.kind is Kind.MOMENT else self._stored(column)

    def sorted_by(self, column: Column) -> ColumnElement[Any]:
        """What a column is sorted by: moments as they are stored, which an index may have.

        For a duration it is the moment that it began at, which sorts the other way round.
        """
        if column.kind in (Kind.MOMENT, Kind.DURATION):
            return self._stored(column)
        value = self.value(column)
        texts = column.kind in (Kind.TEXT, Kind.STATUS)
        return code_points(value) if texts and self.by_code_point else value

    def moment(self, name: str) -> ColumnElement[Any]:
        """The machine value of a timestamp of ``t_order``."""
        return moment_text(self.order.c[name])

    def _stored(self, column: Column) -> ColumnElement[Any]:
        if column.stored in self.hidden:
            return cast(null(), orders.c[column.stored].type)
        return self.order.c[column.stored]

    def _duration(self, column: Column) -> ColumnElement[Any]:
        if self.now is None:
            raise LookupError(f"no moment at which {column.key} ends")
        return seconds_since(self.order.c[column.stored], self.now)

    def _displayed_status(self) -> ColumnElement[Any]:
        """The displayed status, by the rules of ``status.displayed``."""
        by_stored = {stored: status.name for status in STATUSES for stored in status.stored}
        settled = case(by_stored, value=self.order.c.status, else_=UNKNOWN.name)
        return case((self.order.c.waiting_for_user.is_(true()), WAITING_USER.name), else_=settled)

    def _total(self, name: str) -> ColumnElement[Any]:
        """The sum of a number of ``t_dataset_task`` over an order's rows, 0 for none."""
        if self.totals is None:
            raise LookupError(f"no totals to take {name} from")
        return func.coalesce(self.totals.c[name], 0, type_=ExactInteger())

    def _of_last_event(self, name: str) -> ColumnElement[Any]:
        """A field of the last event of an order; null where there is none, or no history."""
        return (
            cast(null(), events.c[name].type)
            if self.last_events is None
            else (self.last_events.c[name])
        )

    def joined(self) -> FromClause:
        """The orders with their totals and their last events, as far as there are any."""
        together = self.order
        for each in (self.totals, self.last_events):
            if each is not None:
                together = together.outerjoin(each, each.c.order_id == self.order.c.id)
        return together


def labelled(columns: Iterable[Column], source: OrderSource) -> list[ColumnElement[Any]]:
    """The machine values of the columns, with their keys for labels."""
    return [source.value(column).label(column.key) for column in columns]


def order_rows(
    query: OrderQuery, selected: Selected = labelled, hidden: frozenset[str] = frozenset()
) -> Select[Any]:
    """The orders of the query, one row each; ``selected`` says what a row has.

    ``hidden`` names the fields that these orders don't have: see ``hidden_fields``.
    """
    sorted_by = [key.column for key in query.sort]
    totals = _total_names((*query.columns, *sorted_by))
    fields = _event_fields((*query.columns, *sorted_by)) - hidden
    sorted_by_joined = any(column.total or column.event in fields for column in sorted_by)
    where = conditions(query.selection)
    few = query.limit is not None and not sorted_by_joined
    source = OrderSource(orders, None, hidden, query.now, query.profile, query.by_code_point)
    page = None
    if few or (where and (totals or fields)):
        chosen = _everything(source).where(*where) if sorted_by_joined else _page(query, source)
        if not sorted_by_joined:  # a page has left out what comes before it
            query = replace(query, start=None, offset=0)
        page = chosen.cte("page").prefix_with("MATERIALIZED")
        source, where = replace(source, order=page), []
    source = replace(
        source,
        totals=_totals(totals, page, few=few) if totals else None,
        last_events=_last_events(fields, page) if fields else None,
    )
    rows = select(*selected(query.columns, source)).select_from(source.joined()).where(*where)
    return sorted_part(rows, source, query)


def hidden_fields(connection: Connection, query: OrderQuery) -> frozenset[str]:
    """The fields of the orders that can't be read here, or are not needed for this query.

    A server is asked what there is only for a query that needs to know: it has a line of its own
    for the answer, where the others go along with their question.
    """
    columns = (*query.columns, *(key.column for key in query.sort))
    of_events = _event_fields(columns)
    if not (of_events or SINCE_1_12.intersection(column.stored for column in columns)):
        return SINCE_1_12
    there = inventory_of(connection)
    return there.hidden_columns | (frozenset() if there.history_is_readable else of_events)


def _everything(source: OrderSource) -> Select[Any]:
    """The orders with every field that there is."""
    return select(*(field for field in source.order.c if field.name not in source.hidden))


def _page(query: OrderQuery, source: OrderSource) -> Select[Any]:
    """The orders themselves, sorted and limited: each part of the selection, then all together."""
    limited = query.limit is not None
    parts = branches(query.selection) if limited else [conditions(query.selection)]
    rows = [_everything(source).where(*part) for part in parts]
    if len(rows) == 1:
        return sorted_part(rows[0], source, query)
    most = None if query.limit is None else query.offset + query.limit
    each = replace(query, limit=most, offset=0)
    pages = [sorted_part(part, source, each).subquery() for part in rows]
    together = union_all(*map(select, pages)).subquery("parts")
    return sorted_part(
        select(together), replace(source, order=together), replace(query, start=None)
    )


def count_orders(selection: Selection) -> Select[Any]:
    """How many orders the selection chooses."""
    return select(func.count()).select_from(orders).where(*conditions(selection))


def count_by_status(selection: Selection) -> Select[Any]:
    """How many of the orders that the selection chooses have each displayed status."""
    source = OrderSource(orders, None, frozenset(), None)
    status = source.value(column_named("status")).label("status")
    counted = select(status, func.count().label("orders"))
    return counted.where(*conditions(selection)).group_by(status)


def _total_names(columns: Iterable[Column]) -> list[str]:
    return list(dict.fromkeys(column.total for column in columns if column.total))


def _event_fields(columns: Iterable[Column]) -> frozenset[str]:
    return frozenset(column.event for column in columns if column.event)


def _last_events(names: Iterable[str], within: FromClause | None = None) -> FromClause:
    """These fields of the last event of each order that has one: of all, or within a choice."""
    event = events.c
    last = select(func.max(event.id)).group_by(event.order_id)
    if within is not None:
        last = last.where(event.order_id.in_(select(within.c.id)))
    fields = (event[name] for name in sorted(names))
    newest = select(event.order_id, *fields).where(event.id.in_(last)).cte("last_events")
    return newest.prefix_with("MATERIALIZED")  # SQLite would else look for it order by order


def _totals(
    names: Sequence[str],
    within: FromClause | None = None,
    *,
    few: bool = False,
) -> FromClause:
    """The sums per order: of all orders, or of those within a choice.

    A choice of ``few`` is one page.
    """
    task = dataset_tasks.c
    sums = select(task.order_id, *(exact_sum(task[name]).label(name) for name in names))
    if within is not None:
        sums = sums.where(task.order_id.in_(select(within.c.id)))
    if within is not None and few:
        # Without an index on it every dataset is looked at: most are told by two comparisons, which
        # several processes share.
        first, last = (select(end(within.c.id)).scalar_subquery() for end in (func.min, func.max))
        sums = sums.where(
            unindexed(task.order_id) >= first, unindexed(task.order_id, again=True) <= last
        )
    return sums.group_by(task.order_id).subquery("totals")
