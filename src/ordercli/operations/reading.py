"""Orders of one database, or of several profiles in one list, read side by side."""

from __future__ import annotations

import heapq
from dataclasses import replace
from functools import partial
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

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
    from collections.abc import Callable, Generator, Iterator, Sequence

    from ordercli.base.csv_json import RecordStyle
    from ordercli.base.limits import Limits
    from ordercli.base.values import Row
    from ordercli.domain.selection import OrderQuery, Selection
    from ordercli.domain.statistics import TotalsQuery
    from ordercli.operations.side_by_side import Aside
    from ordercli.store.database import Database
    from ordercli.store.report_records import Block, Line

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
        return self._merged_orders(query)

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

    def _merged_orders(self, query: OrderQuery) -> Iterator[Row]:
        sort = [compared(key) for key in query.sort]
        columns = tuple(dict.fromkeys((*query.columns, *(key.column for key in sort), _ID)))
        whole = replace(query, columns=columns, by_code_point=True)

        def read(database: Database, anomalies: Anomalies) -> Generator[Row, None, None]:
            return read_orders(database, whole, anomalies)

        return islice(self._merged(read, row_order(sort)), query.limit)

    def _merged_records(self, query: OrderQuery, style: RecordStyle) -> Iterator[Block]:
        """The records in blocks; each database makes its own where they are sorted by id alone."""
        from ordercli.store.report_records import Block, read_lines  # noqa: PLC0415 - as above

        def read(database: Database, anomalies: Anomalies) -> Generator[Line, None, None]:
            return read_lines(database, query, style, anomalies)

        if [key.column for key in query.sort] == [_ID]:
            merged = self._merged(read, itemgetter(0), descending=query.sort[0].descending)
            lines = (line for _id, line in merged)
        else:
            rows = self._merged_orders(query)
            lines = (encoded(style.line([row[each.key] for each in query.columns])) for row in rows)
        while batch := list(islice(lines, _ORDERS_AT_A_TIME)):
            yield Block(b"".join(batch), len(batch))

    def _merged(
        self,
        read: Callable[[Database, Anomalies], Generator[T, None, None]],
        order: Callable[[T], Any],
        *,
        descending: bool = False,
    ) -> Iterator[T]:
        """What is read of each database, which is sorted by this key, sorted as a whole."""
        from ordercli.operations.side_by_side import Aside  # noqa: PLC0415 - only for several

        begun = [
            Aside(partial(read, database, anomalies))
            for database, anomalies in zip(self.databases, self._anomalies, strict=True)
        ]
        try:
            streams = map(self._surviving, self.databases, begun)
            yield from heapq.merge(*streams, key=order, reverse=descending)
        finally:
            for each in begun:
                each.close()

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

    def _surviving(self, database: Database, rows: Aside[T]) -> Iterator[T]:
        """What is read, which ends where reading fails."""
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
