"""The Python API: orders, totals and changes of a project, for programs.

The names in ``__all__``, and what is said of them here, stay until the next major version.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from ordercli.base.errors import (
    DatabaseError,
    OrdercliError,
    PartialError,
    ServiceError,
    UsageError,
)
from ordercli.base.limits import Limits
from ordercli.base.settings import load_settings
from ordercli.base.times import now
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.change import Result
from ordercli.domain.columns import (
    LIST_DEFAULT,
    STORED_STATUS,
    chosen_columns,
    chosen_sort,
    column_named,
)
from ordercli.domain.failures import FailureQuery, FileQuery, fields_of, grouping, sort_keys
from ordercli.domain.filters import Filters, Words, named_or_chosen, words
from ordercli.domain.history import HistoryFilters
from ordercli.domain.selection import OrderQuery
from ordercli.domain.statistics import (
    TotalsQuery,
    chosen_groups,
    chosen_moment,
    chosen_totals_sort,
)
from ordercli.domain.status import Outcome
from ordercli.domain.typed_values import Dataset, Event, File, Order, OrderDetail, typed
from ordercli.operations.metrics import Gauge, read_gauges
from ordercli.operations.planned_change import PlannedChange
from ordercli.operations.project_changes import Action, ProjectChanges, Results
from ordercli.operations.reading import Reading, open_reading
from ordercli.operations.restart import Restarted
from ordercli.operations.statistics import read_statistics
from ordercli.operations.wait import Waited, asked_wait, waited
from ordercli.store.data_files import read_failures, read_files
from ordercli.store.events import read_history
from ordercli.store.opening import database_of
from ordercli.store.orders import get

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ordercli.base.values import Row
    from ordercli.domain.columns import Column
    from ordercli.store.database import Database

__all__ = [
    "Action",
    "DatabaseError",
    "Dataset",
    "Event",
    "File",
    "Filters",
    "Gauge",
    "HistoryFilters",
    "Order",
    "OrderDetail",
    "OrdercliError",
    "Outcome",
    "PartialError",
    "PlannedChange",
    "Project",
    "Restarted",
    "Result",
    "Results",
    "ServiceError",
    "UsageError",
    "Waited",
    "open_project",
]

_ALL = Filters()
_ALL_EVENTS = HistoryFilters()
_ORDER_COLUMNS = tuple(column_named(each.name) for each in fields(Order))


def open_project(profile: str | None = None, *, database: str | None = None) -> Project:
    """The project of a profile, of several (``prod,test``), or of a database by its path or URL.

    Without either, it is the one that a command would use. Nothing is opened yet. Raises UsageError
    on an unknown profile or a wrong configuration.
    """
    return Project(database, profile)


class Project(ProjectChanges):
    """The orders of one database, or of several profiles together; ``open_project`` makes it."""

    def __init__(self, database: str | None, profile: str | None) -> None:
        super().__init__(database, profile, Limits())
        self._reading: Reading = open_reading(database, profile, self._limits)

    @property
    def failures(self) -> Mapping[str, OrdercliError]:
        """Of several profiles, those that could not be read; of one, its error is raised."""
        return self._reading.failures

    def orders(
        self, filters: Filters = _ALL, *, sort: str = "-creation", limit: int | None = None
    ) -> Iterator[Order]:
        """The orders that the filters choose, read as they are consumed.

        Raises DatabaseError where the database can't answer, and on an order with a value that
        can't be right: ``rows`` gives that as it is.
        """
        for row in self._read(filters, _ORDER_COLUMNS, sort, limit):
            yield typed(Order, row, row["id"])

    def rows(
        self,
        filters: Filters = _ALL,
        columns: str | None = None,
        *,
        sort: str = "-creation",
        limit: int | None = None,
    ) -> Iterator[Row]:
        """The orders as ``list -f json`` has them: dictionaries of numbers, texts and None.

        ``columns`` and ``sort`` are as the options of ``list``.
        """
        chosen = chosen_columns(columns, LIST_DEFAULT)
        for row in self._read(filters, chosen, sort, limit):
            yield {each.key: row[each.key] for each in chosen}

    def count(self, filters: Filters = _ALL) -> int:
        """How many orders the filters choose; raises DatabaseError."""
        return self._reading.count(filters.selection(now()))

    def totals(self, by: str = "status", filters: Filters = _ALL, on: str = "created") -> list[Row]:
        """The totals as ``stats -f json`` has them, in UTC; ``by`` and ``on`` are its options."""
        groups = chosen_groups(by)
        query = TotalsQuery(filters.selection(now()), groups, chosen_moment(on), utc=True)
        return read_statistics(self._reading, query, chosen_totals_sort(None, groups)).rows

    def errors(
        self,
        by: str = "cause",
        filters: Filters = _ALL,
        *,
        sort: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Row]:
        """The failed files as ``errors -f json`` has them; ``by`` and ``sort`` are its options.

        Raises DatabaseError where there are no files, or they can't be read.
        """
        group = grouping(by)
        keys = [field.key for field in fields_of(group, people=False)]
        chosen = filters.selection(now())
        query = FailureQuery(chosen, group, sort_keys(sort, group), limit, whole=True)
        for row in read_failures(self._database(), query, Anomalies()):
            yield {key: row[key] for key in keys}

    def metrics(self, filters: Filters = _ALL, *, by_user: bool = False) -> list[Gauge]:
        """The gauges of ``metrics``, in total or by user; raises DatabaseError."""
        moment = now()
        return read_gauges(self._database(), filters.selection(moment), moment, by_user=by_user)

    def wait(
        self,
        orders: Sequence[int] | Filters,
        statuses: Words = "ended",
        *,
        timeout: str | None = None,
        interval: str = "5s",
        first: bool = False,
    ) -> list[Waited]:
        """Wait until each order, or with ``first`` one, has one of the statuses, as ``wait`` does.

        Filters choose orders once, at the start. Gives, by ascending id, the orders of which it is
        decided whether they get there, and all where the time was up. Raises UsageError, and
        DatabaseError where the first look fails.
        """
        asked = asked_wait(words(statuses), interval, timeout, first=first)
        return waited(self._database(), named_or_chosen(orders, now()), asked)

    def order(self, order_id: int) -> OrderDetail:
        """The order with this id, in full; raises PartialError where there is none."""
        detail = get(self._database(), order_id, now())
        order = typed(Order, detail.values, order_id)
        datasets = tuple(typed(Dataset, vars(each), order_id) for each in detail.datasets)
        stored = str(detail.values[STORED_STATUS.key])
        return OrderDetail(**vars(order), stored_status=stored, datasets=datasets)

    def files(
        self, order_id: int, *, failed: bool = False, limit: int | None = None
    ) -> Iterator[File]:
        """The files of an order by id, or those that ``failed``, read as they are consumed.

        Raises PartialError where there is no such order.
        """
        query = FileQuery(order_id, failed, limit, whole=True)
        for row in read_files(self._database(), query, Anomalies()):
            yield typed(File, row, order_id)

    def history(
        self,
        filters: HistoryFilters = _ALL_EVENTS,
        orders: Sequence[int] | None = None,
        *,
        limit: int | None = None,
    ) -> Iterator[Event]:
        """What was done to these orders, or to all, newest first, read as it is consumed.

        Raises DatabaseError where no history is kept or may be read.
        """
        ids = None if orders is None else tuple(orders)
        query = filters.query(ids, now(), limit)
        for row in read_history(self._database(), query):
            renamed = {"order_id": row["id"], "was": row["from"], "now": row["to"]}
            yield typed(Event, {**row, **renamed}, row["id"])

    def _database(self) -> Database:
        """The one database; raises UsageError where the project is several profiles."""
        return database_of(load_settings(*self._named), self._limits)

    def _read(
        self, filters: Filters, columns: tuple[Column, ...], sort: str, limit: int | None
    ) -> Iterator[Row]:
        moment = now()
        query = OrderQuery(filters.selection(moment), columns, chosen_sort(sort), limit, moment)
        return self._reading.orders(query)
