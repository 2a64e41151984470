"""The CSV reports, line by line: memory does not grow with the number of orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.columns import STORED_STATUS, SortKey, column_named
from ordercli.errors import OrdercliError
from ordercli.formats import CsvDialect, headed
from ordercli.language import _
from ordercli.orders import read_orders
from ordercli.query import OrderQuery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ordercli.database import Database
    from ordercli.filters import Selection
    from ordercli.values import Value

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


def report(
    database: Database, query: OrderQuery, dialect: CsvDialect, *, header: bool
) -> Iterator[str]:
    """The orders of the query as CSV records, after a header of column keys."""
    keys = [column.key for column in query.columns]
    lines = (dialect.line(row[key] for key in keys) for row in read_orders(database, query))
    return headed(dialect.line(keys), lines) if header else lines


def service_report(database: Database, selection: Selection, *, header: bool) -> Iterator[str]:
    """The orders in the service's own layout: semicolons, no quotes, ascending ids.

    Raises OrdercliError on an order with a text that this layout can't hold.
    """
    columns = tuple(_SERVICE_LAYOUT.values())
    rows = read_orders(database, OrderQuery(selection, columns, _BY_ID))
    lines = (_service_line([row[column.key] for column in columns]) for row in rows)
    return headed(";".join(_SERVICE_LAYOUT) + "\n", lines) if header else lines


def _service_line(values: Sequence[Value]) -> str:
    texts = ["" if value is None else str(value) for value in values]
    if any(character in text for text in texts for character in ";\r\n"):
        raise OrdercliError(
            _(
                "the regards layout has no quotes and can't hold order {id}, "
                "whose user or status has a semicolon or a line end"
            ).format(id=texts[0]),
            _("leave the order out, or use the default layout"),
        )
    return ";".join(texts) + "\n"
