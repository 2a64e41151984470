"""The Python API: orders, totals and changes of a project, for programs.

The names in ``__all__``, and what is said of them here, stay until the next major version.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Literal

from ordercli.base.errors import (
    DatabaseError,
    OrdercliError,
    PartialError,
    ServiceError,
    UsageError,
)
from ordercli.base.language import _
from ordercli.base.limits import Limits
from ordercli.base.settings import load_settings, require_changeable
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
from ordercli.domain.failures import FileQuery
from ordercli.domain.filters import Filters
from ordercli.domain.history import HistoryFilters
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.statistics import (
    TotalsQuery,
    chosen_groups,
    chosen_moment,
    chosen_totals_sort,
)
from ordercli.domain.status import Outcome
from ordercli.domain.typed_values import Dataset, Event, File, Order, OrderDetail, typed
from ordercli.operations.planned_change import PlannedChange, Target, plan_change, plan_undo
from ordercli.operations.reading import Reading, open_reading
from ordercli.operations.statistics import read_statistics
from ordercli.store.data_files import read_files
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
    "HistoryFilters",
    "Order",
    "OrderDetail",
    "OrdercliError",
    "Outcome",
    "PartialError",
    "PlannedChange",
    "Project",
    "Result",
    "Results",
    "ServiceError",
    "UsageError",
    "open_project",
]

Action = Literal["pause", "resume", "cancel"]
_ALL = Filters()
_ALL_EVENTS = HistoryFilters()
_ORDER_COLUMNS = tuple(column_named(each.name) for each in fields(Order))


class Results(list[Result]):
    """The results of a change, by ascending id; ``operation`` names it in the history."""

    operation: str = ""


def open_project(profile: str | None = None, *, database: str | None = None) -> Project:
    """The project of a profile, of several (``prod,test``), or of a database by its path or URL.

    Without either, it is the one that a command would use. Nothing is opened yet. Raises UsageError
    on an unknown profile or a wrong configuration.
    """
    return Project(database, profile)


class Project:
    """The orders of one database, or of several profiles together; ``open_project`` makes it."""

    def __init__(self, database: str | None, profile: str | None) -> None:
        self._named = database, profile
        self._limits = Limits()
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

    def plan(
        self,
        action: Action,
        orders: Sequence[int] | Filters,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
    ) -> PlannedChange:
        """To pause, resume or cancel orders, named by id or chosen by filters; nothing is changed.

        What is planned can be looked at and then run. The options are those of the commands, and so
        is what is refused: a read-only profile, filters that choose everything, more orders than
        ``most``. The history says who (``ORDERCLI_ACTOR``) and why. Raises UsageError and
        DatabaseError.
        """
        return plan_change(
            self._target(direct=direct), action, _selection(orders), reason, most=most
        )

    def plan_undo(
        self,
        operation: str,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
    ) -> PlannedChange:
        """To put the orders of an operation back as they were, as ``undo`` does; see ``plan``.

        Raises PartialError where there is no such operation, or it can't be taken back.
        """
        return plan_undo(self._target(direct=direct), operation, reason, most=most)

    def change(
        self,
        action: Action,
        orders: Sequence[int] | Filters,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
        dry_run: bool = False,
    ) -> Results:
        """Pause, resume or cancel orders; nobody is asked. It is ``plan`` and ``run`` in one.

        With ``dry_run`` the results are what would be. Raises UsageError, DatabaseError and
        ServiceError.
        """
        target, chosen = self._target(direct=direct), _selection(orders)
        planned = plan_change(target, action, chosen, reason, most=most, latest=not dry_run)
        return _results(planned, dry_run=dry_run)

    def undo(
        self,
        operation: str,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
        dry_run: bool = False,
    ) -> Results:
        """Put the orders of an operation back as they were: ``plan_undo`` and ``run`` in one."""
        target = self._target(direct=direct)
        planned = plan_undo(target, operation, reason, most=most, latest=not dry_run)
        return _results(planned, dry_run=dry_run)

    def _target(self, *, direct: bool) -> Target:
        """Where changes are made; raises DatabaseError where none may be."""
        settings = load_settings(*self._named)
        require_changeable(settings)
        return Target(database_of(settings, self._limits), settings.service, direct, self._limits)

    def _database(self) -> Database:
        """The one database; raises UsageError where the project is several profiles."""
        return database_of(load_settings(*self._named), self._limits)

    def _read(
        self, filters: Filters, columns: tuple[Column, ...], sort: str, limit: int | None
    ) -> Iterator[Row]:
        moment = now()
        query = OrderQuery(filters.selection(moment), columns, chosen_sort(sort), limit, moment)
        return self._reading.orders(query)


def _selection(orders: Sequence[int] | Filters) -> Selection:
    """The orders that are meant; raises UsageError where filters would choose everything."""
    if not isinstance(orders, Filters):
        for each in orders:
            if not isinstance(each, int):  # "12" would be two orders
                raise UsageError(_("'{text}' is not the id of an order").format(text=each))
        return Selection(ids=tuple(orders))
    if not orders.given:
        raise UsageError(_("no orders are named"))
    return orders.selection(now())


def _results(planned: PlannedChange, *, dry_run: bool) -> Results:
    last = {each.order_id: each for each in (planned.foresee() if dry_run else planned.run())}
    results = Results(sorted(last.values()))
    results.operation = planned.operation
    return results
