"""The Python API: orders, totals and changes of a project, for programs.

The names in ``__all__``, and what is said of them here, stay until the next major version.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from ordercli.base.errors import DatabaseError, OrdercliError, ServiceError, UsageError
from ordercli.base.language import _
from ordercli.base.limits import Limits
from ordercli.base.settings import actor, load_settings, require_changeable
from ordercli.base.times import now
from ordercli.base.values import Kind, read_moment
from ordercli.domain.change import Change, Result
from ordercli.domain.columns import LIST_DEFAULT, chosen_columns, chosen_sort, column_named
from ordercli.domain.filters import Filters
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.statistics import (
    TotalsQuery,
    chosen_groups,
    chosen_moment,
    chosen_totals_sort,
)
from ordercli.domain.status import TRANSITIONS, Outcome
from ordercli.operations.reading import Reading, open_reading
from ordercli.operations.statistics import read_statistics
from ordercli.operations.whole_change import change_orders, foresee_change
from ordercli.store.opening import database_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ordercli.base.settings import Service
    from ordercli.base.values import Row
    from ordercli.domain.columns import Column
    from ordercli.service.client import Client

__all__ = [
    "DatabaseError",
    "Filters",
    "Order",
    "OrdercliError",
    "Outcome",
    "Project",
    "Result",
    "ServiceError",
    "UsageError",
    "open_project",
]

Action = Literal["pause", "resume", "cancel"]
_ALL = Filters()


@dataclass(frozen=True)
class Order:
    """One order: sizes in bytes, progress in percent, moments aware and in UTC.

    ``status`` is the displayed one, ``profile`` the one that it was read from.
    """

    id: int
    user: str
    label: str
    progress: int
    creation: datetime
    total_size: int
    errors_count: int
    status: str
    expiration: datetime | None
    objects_count: int
    files_count: int
    status_date: datetime
    message: str | None
    profile: str | None


_ORDER_COLUMNS = tuple(column_named(each.name) for each in fields(Order))


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
            yield Order(**{each.key: _typed(each, row) for each in _ORDER_COLUMNS})

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

    def change(
        self,
        action: Action,
        orders: Sequence[int] | Filters,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
        dry_run: bool = False,
    ) -> list[Result]:
        """Pause, resume or cancel orders, named by id or chosen by filters; nobody is asked.

        The results are by ascending id; with ``dry_run`` they are what would be. The history says
        who (``ORDERCLI_ACTOR``) and why. The options are those of the commands, and so is what is
        refused: a read-only profile, filters that choose everything, more orders than ``most``.
        Raises UsageError, DatabaseError and ServiceError.
        """
        settings = load_settings(*self._named)
        require_changeable(settings)
        transition = next((each for each in TRANSITIONS if each.action == action), None)
        if transition is None:
            raise UsageError(_("no action '{name}'").format(name=action))
        change = Change(transition, actor(), reason, str(uuid4()), now)
        selection = _selection(orders)
        database = database_of(settings, self._limits)
        if dry_run:
            return foresee_change(database, settings.service, change, selection, direct=direct)
        return change_orders(
            database, settings.service, change, selection, self._limits,
            direct=direct, most=most, log_in=self._logged_in,
        )  # fmt: skip

    def _read(
        self, filters: Filters, columns: tuple[Column, ...], sort: str, limit: int | None
    ) -> Iterator[Row]:
        moment = now()
        query = OrderQuery(filters.selection(moment), columns, chosen_sort(sort), limit, moment)
        return self._reading.orders(query)

    @contextmanager
    def _logged_in(self, service: Service) -> Iterator[Client]:
        from ordercli.service.client import connected  # noqa: PLC0415 - slow to import
        from ordercli.service.credentials import password_of, ready_token  # noqa: PLC0415 - as above

        def password() -> str:
            return password_of(service, lambda _question: None)

        with connected(service, ready_token(), password, limits=self._limits) as client:
            yield client


def _selection(orders: Sequence[int] | Filters) -> Selection:
    """The orders that are meant; raises UsageError where filters would choose everything."""
    if not isinstance(orders, Filters):
        return Selection(ids=tuple(orders))
    if not orders.given:
        raise UsageError(_("no orders are named"))
    return orders.selection(now())


def _typed(column: Column, row: Row) -> Any:
    """The value as ``Order`` has it; raises DatabaseError on one that can't be right."""
    value = row[column.key]
    if value is None and column.nullable:
        return None
    found = read_moment(str(value)) if column.kind is Kind.MOMENT else value
    wanted: type = int if column.kind.numeric else object
    if found is None or not isinstance(found, wanted):
        wrong = _("order {id} has a value that can't be right: {name} '{value}'")
        raise DatabaseError(wrong.format(id=row["id"], name=column.key, value=value))
    return found
