"""``ordercli summary``."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _
from ordercli.base.text import require_text
from ordercli.cli.invocation import Invocation
from ordercli.cli.options import (
    ColumnsOption,
    DatabaseOptions,
    HeaderOption,
    SelectionOptions,
    SortOption,
    with_option_groups,
)
from ordercli.domain.columns import SUMMARY_DEFAULT, chosen_columns, chosen_sort
from ordercli.output.formats import LAYOUTS
from ordercli.output.messages import warn
from ordercli.output.progress import followed

if TYPE_CHECKING:
    from ordercli.store.database import Database


@with_option_groups
def summarise(
    run: Invocation,
    choice: SelectionOptions,
    where: DatabaseOptions,
    columns: ColumnsOption = None,
    sort: SortOption = "id",
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write FILE, whole or not at all."),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(metavar="CHARACTER", help="Between the fields; tab for a tab.")
    ] = None,
    no_header: HeaderOption = False,
    layout: Annotated[
        str, typer.Option(metavar="LAYOUT", help="default, or regards for the service's own.")
    ] = "default",
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave texts that a spreadsheet would run as they are.")
    ] = False,
) -> None:
    """Write the CSV report of the orders.

    Example: ordercli summary --since yesterday -o orders.csv
    """
    from ordercli.base.csv_json import CsvDialect
    from ordercli.base.files import whole_file
    from ordercli.domain.anomalies import Anomalies
    from ordercli.domain.selection import OrderQuery
    from ordercli.operations.report import report, service_report
    from ordercli.store.orders import count

    path = _path(output)
    if path is None:
        run.console.check_output()
    selection = choice.selection(run.clock())
    own_choices = columns is not None or sort != "id" or delimiter is not None or raw
    database = where.open()
    _require_other_file(path or Path("/dev/stdout"), database)
    anomalies = Anomalies()
    if _is_regards(layout, own_choices):
        blocks = service_report(database, selection, anomalies, header=not no_header)
    else:
        query = OrderQuery(selection, chosen_columns(columns, SUMMARY_DEFAULT), chosen_sort(sort))
        dialect = CsvDialect(_delimiter("," if delimiter is None else delimiter), guarded=not raw)
        blocks = report(database, query, dialect, anomalies, header=not no_header)
    with closing(blocks):
        watched = followed(run.console, blocks, _("Orders"), lambda: count(database, selection))
        if path is None:
            run.console.write_blocks(watched)
        else:
            with whole_file(path) as stream:
                stream.writelines(watched)
    warn(run.console, anomalies)


def _path(output: str | None) -> Path | None:
    """The file to write; None for stdout."""
    return None if output in (None, "-") else Path(require_text(output or "", "--output"))


def _require_other_file(path: Path, database: Database) -> None:
    """Raise UsageError where the report would be written onto the database that it is made of."""
    if database.path is None:
        return
    real = database.path.resolve()
    beside = [real.with_name(real.name + ending) for ending in ("-journal", "-wal", "-shm")]
    if path.resolve() in beside or (path.exists() and real.exists() and path.samefile(real)):
        raise UsageError(
            _("the output {path} is the database itself").format(path=path),
            _("name another file; nothing was written"),
        )


def _is_regards(layout: str, own_choices: bool) -> bool:
    if layout.lower() not in LAYOUTS:
        raise unknown_name(_("no layout '{name}'").format(name=layout), layout, LAYOUTS)
    regards = layout.lower() == "regards"
    if regards and own_choices:
        raise UsageError(
            _("--layout regards has columns, order and delimiter of its own"),
            _("leave --columns, --sort, --delimiter and --raw out"),
        )
    return regards


def _delimiter(text: str) -> str:
    return {"tab": "\t", "\\t": "\t"}.get(text, text)
