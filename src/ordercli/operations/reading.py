"""Orders of one database, or of several profiles in one list, read side by side."""

from __future__ import annotations

import heapq
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from ordercli.base.errors import OrdercliError, UsageError
from ordercli.base.language import _
from ordercli.base.settings import choose, chosen_settings, load_settings
from ordercli.base.text import encoded
from ordercli.domain.anomalies import Anomalies
from ordercli.domain.columns import column_named
from ordercli.domain.row_order import compared, row_order
from ordercli.domain.statistics import PROFILE_GROUP, put_together
from ordercli.store.opening import database_of
from ordercli.store.orders import count, read_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ordercli.base.csv_json import RecordStyle
    from ordercli.base.limits import Limits
    from ordercli.base.values import Row
    from ordercli.domain.selection import OrderQuery, Selection
    from ordercli.domain.statistics import TotalsQuery
    from ordercli.operations.side_by_side import Aside
    from ordercli.store.database import Database
    from ordercli.store.report_records import Block

T = TypeVar("T")

_ID = column_named("id")
_ORDERS_AT_A_TIME = 1000


class Reading:
    """Reads the orders of one database or of several, each in a thread of its own.

    Of several, one that fails hides no other: ``failures`` has its error, by the profile's name.
    Whatever goes wrong with a single one is raised.
    """

    def __init__(self, databases: Sequence[Database]) -> None:
        self.databases = tuple(databases)
        self.several = len(self.databases) > 1
        self.failures: dict[str, OrdercliError] = {}
        self._anomalies = [Anomalies() for _ in self.databases]

    def orders(self, query: OrderQuery) -> Iterator[Row]:
        """The orders of the query, sorted and limited as a whole, read as they are consumed.

        The first comes once each database has given its first one, or failed.
        """
        if not self.several:
            return read_orders(self.databases[0], query, self._anomalies[0])
        return self._merged(query)

    def records(self, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
        """The same orders as records of a report; raises as above."""
        from ordercli.store.report_records import read_records  # noqa: PLC0415 - only for reports

        if not self.several:
            return read_records(self.databases[0], query, style, self._anomalies[0])
        return self._merged_records(query, style)

    def count(self, selection: Selection) -> int:
        """How many orders the selection chooses, in all databases that have not failed."""
        if not self.several:
            return count(self.databases[0], selection)

        return sum(self._of_each(lambda database: [count(database, selection)]))

    def totals(self, query: TotalsQuery) -> list[Row]:
        """The totals of each group that has orders, in all databases together, in no order."""
        from ordercli.store.statistics import read_totals  # noqa: PLC0415 - slow to import

        inner = replace(query, groups=tuple(each for each in query.groups if each != PROFILE_GROUP))

        def rows(database: Database) -> list[Row]:
            found = read_totals(database, inner)
            return [{PROFILE_GROUP.key: database.profile, **row} for row in found if row["orders"]]

        found = self._of_each(rows) if self.several else rows(self.databases[0])
        return put_together(found, query.groups)

    def warnings(self) -> Iterator[str]:
        """What was found wrong with the orders that were read, a line for each database."""
        for database, anomalies in zip(self.databases, self._anomalies, strict=True):
            if warning := anomalies.warning():
                yield self._named(database, warning) if self.several else warning

    def problems(self) -> Iterator[str]:
        """What keeps orders out of the list, a line for each database that failed."""
        for database in self.databases:
            if error := self.failures.get(str(database.profile)):
                yield self._named(database, str(error))

    def _merged(self, query: OrderQuery) -> Iterator[Row]:
        from ordercli.operations.side_by_side import Aside  # noqa: PLC0415 - only for several

        sort = [compared(key) for key in query.sort]
        columns = tuple(dict.fromkeys((*query.columns, *(key.column for key in sort), _ID)))
        whole = replace(query, columns=columns, by_code_point=True)
        begun = [
            Aside(partial(read_orders, database, whole, anomalies))
            for database, anomalies in zip(self.databases, self._anomalies, strict=True)
        ]
        try:
            streams = map(self._surviving, self.databases, begun)
            yield from islice(heapq.merge(*streams, key=row_order(sort)), query.limit)
        finally:
            for each in begun:
                each.close()

    def _merged_records(self, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
        from ordercli.store.report_records import Block  # noqa: PLC0415 - only for reports

        rows = self._merged(query)
        while batch := list(islice(rows, _ORDERS_AT_A_TIME)):
            lines = (style.line([row[each.key] for each in query.columns]) for row in batch)
            yield Block(encoded("".join(lines)), len(batch))

    def _of_each(self, read: Callable[[Database], list[T]]) -> list[T]:
        """What is read of each database that has not failed, at the same time, all together."""

        def surviving(database: Database) -> list[T]:
            try:
                return read(database)
            except OrdercliError as error:
                self._fail(database, error)
                return []

        from ordercli.operations.side_by_side import (  # noqa: PLC0415 - only for several
            results_of_each,
        )

        there = [each for each in self.databases if each.profile not in self.failures]
        found = results_of_each([partial(surviving, each) for each in there])
        return [each for part in found for each in part]

    def _surviving(self, database: Database, rows: Aside[Row]) -> Iterator[Row]:
        """The rows, which end where reading them fails."""
        try:
            yield from rows
        except OrdercliError as error:
            self._fail(database, error)

    def _fail(self, database: Database, error: OrdercliError) -> None:
        self.failures.setdefault(str(database.profile), error)

    def _named(self, database: Database, message: str) -> str:
        return _("{name}: {message}").format(name=database.profile, message=message)


def open_reading(database: str | None, profile: str | None, limits: Limits) -> Reading:
    """The orders of the database that is used, or of several profiles, named with commas.

    Raises UsageError and FileError as ``load_settings`` does; nothing is opened yet.
    """
    choice = choose(database, profile)
    if len(choice.profiles) < 2:
        return Reading([database_of(chosen_settings(choice), limits)])
    if choice.database is not None:
        raise UsageError(
            _("--database is one, --profile names several"), _("give one or the other")
        )
    named = [load_settings(None, name) for name in choice.profiles]
    return Reading([database_of(each, limits) for each in named])
