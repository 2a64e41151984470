"""The CSV reports: ours, and the one in the service's own layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.csv_json import CsvDialect, ServiceStyle, headed
from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.base.text import encoded
from ordercli.domain.columns import STORED_STATUS, SortKey, column_named
from ordercli.domain.selection import OrderQuery
from ordercli.store.report_records import Block

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ordercli.base.values import Row
    from ordercli.operations.reading import Reading

_BY_ID = (SortKey(column_named("id")),)
_SERVICE_LAYOUT = {
    "ORDER_ID": column_named("id"),
    "CREATION_DATE": column_named("creation"),
    "EXPIRATION_DATE": column_named("expiration"),
    "OWNER": column_named("user"),
    "STATUS": STORED_STATUS,
    "STATUS_DATE": column_named("status_date"),
    "PERCENT_COMPLETE": column_named("progress"),
    "FILES_IN_ERROR": column_named("errors_count"),
    "FILES_SIZE": column_named("total_size"),
    "FILES_COUNT": column_named("files_count"),
}
"""The report of the service itself: its titles, in its order."""


@dataclass(frozen=True)
class Report:
    """What is reported: the orders of a query, in a style, or in the service's own layout for None.

    Of several profiles, one that fails is left out, unless the report is to be ``whole``.
    """

    reading: Reading
    query: OrderQuery
    style: CsvDialect | None
    header: bool = True
    whole: bool = False

    def blocks(self) -> Generator[Block, None, None]:
        """The orders as CSV records, after a header of column keys unless there is to be none.

        Raises DatabaseError where the database can't answer, also at the end: see
        ``read_records``; and OrdercliError on an order that the service's layout can't hold.
        """
        if self.style is None:
            query = OrderQuery(self.query.selection, tuple(_SERVICE_LAYOUT.values()), _BY_ID)
            title = ";".join(_SERVICE_LAYOUT) + "\n"
            records = self.reading.records(query, ServiceStyle())
        else:
            title = self.style.line([column.key for column in self.query.columns])
            records = self.reading.records(self.query, self.style)
        yield from headed(Block(encoded(title), 0), records) if self.header else records
        self._require_all()

    def rows(self) -> Iterator[Row]:
        """The orders as machine values by column key; raises DatabaseError as above."""
        yield from self.reading.orders(self.query)
        self._require_all()

    def count(self) -> int:
        """How many orders the report has; raises DatabaseError as above."""
        return self.reading.count(self.query.selection)

    def _require_all(self) -> None:
        if self.whole and self.reading.failures:
            raise DatabaseError("; ".join(self.reading.problems()), _("nothing was written"))
