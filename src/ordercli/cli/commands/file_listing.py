"""``ordercli show --files``: the files of one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.text import counted_part
from ordercli.domain.failures import FILE_FIELDS, FILE_FIELDS_FOR_PROGRAMS, FileQuery
from ordercli.output.formats import Layout, is_for_people
from ordercli.output.messages import tell, warn

if TYPE_CHECKING:
    from ordercli.cli.invocation import Invocation
    from ordercli.store.database import Database


def list_files(
    run: Invocation,
    database: Database,
    order_id: int,
    style: str,
    limit: int | None,
    *,
    failed: bool,
    header: bool,
    paged: bool,
) -> None:
    """Write the files of an order, or those that ``failed``, in a format of lists."""
    from ordercli.domain.anomalies import Anomalies
    from ordercli.output.writers import write_rows
    from ordercli.store.data_files import read_files

    console, people = run.console, is_for_people(style)
    fields = FILE_FIELDS if people else FILE_FIELDS_FOR_PROGRAMS
    layout = Layout(style, fields, run.clock(), header=header, paged=paged)
    query = FileQuery(order_id, failed, limit, whole=not people)
    anomalies = Anomalies()
    written = write_rows(
        read_files(database, query, anomalies), layout, console,
        lambda number: _count_line(database, query, number),
    )  # fmt: skip
    warn(console, anomalies)
    if written == 0 and limit != 0:
        tell(console, query.nothing)


def _count_line(database: Database, query: FileQuery, shown: int) -> str:
    from ordercli.store.data_files import count_files

    in_all = count_files(database, query) if shown == query.limit else shown
    return counted_part(shown, in_all, "file") + "\n"
