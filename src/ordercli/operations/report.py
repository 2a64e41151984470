"""The CSV reports: ours, and the one in the service's own layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.csv_json import CsvDialect, ServiceStyle, headed
from ordercli.base.text import encoded
from ordercli.domain.columns import STORED_STATUS, SortKey, column_named
from ordercli.domain.selection import OrderQuery
from ordercli.store.report_records import Block, read_records

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from ordercli.domain.anomalies import Anomalies
    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

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


def report(
    database: Database,
    query: OrderQuery,
    dialect: CsvDialect,
    anomalies: Anomalies,
    *,
    header: bool,
) -> Generator[Block, None, None]:
    """The orders of the query as CSV records, after a header of column keys.

    What is wrong with them is noted in ``anomalies``. Raises DatabaseError where the database can't
    answer, also at the end: see ``read_records``.
    """
    title = dialect.line([column.key for column in query.columns]) if header else None
    return _below(title, read_records(database, query, dialect, anomalies))


def service_report(
    database: Database, selection: Selection, anomalies: Anomalies, *, header: bool
) -> Generator[Block, None, None]:
    """The orders in the service's own layout: semicolons, no quotes, ascending ids.

    Raises OrdercliError on an order with a text that this layout can't hold, else as above.
    """
    query = OrderQuery(selection, tuple(_SERVICE_LAYOUT.values()), (SortKey(column_named("id")),))
    title = ";".join(_SERVICE_LAYOUT) + "\n" if header else None
    return _below(title, read_records(database, query, ServiceStyle(), anomalies))


def _below(title: str | None, blocks: Iterator[Block]) -> Generator[Block, None, None]:
    if title is None:
        yield from blocks
    else:
        yield from headed(Block(encoded(title), 0), blocks)
