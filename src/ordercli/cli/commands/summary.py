"""``ordercli summary``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _
from ordercli.cli.commands.several import require_all_read, tell_none, tell_problems
from ordercli.cli.invocation import Invocation
from ordercli.cli.list_options import HeaderOption
from ordercli.cli.options import (
    ColumnsOption,
    ReadingOptions,
    SelectionOptions,
    SortOption,
    with_option_groups,
)
from ordercli.cli.output_path import output_path, require_other_file
from ordercli.domain.columns import PROFILE, SUMMARY_DEFAULT, chosen_columns, chosen_sort
from ordercli.output.formats import LAYOUTS

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.base.csv_json import CsvDialect
    from ordercli.operations.report import Report
    from ordercli.output.report_file import FileKind

OutputOption = Annotated[
    str | None,
    typer.Option(
        "-o", "--output", metavar="FILE",
        help="Write FILE, whole or not at all; .csv.gz is packed, .xlsx a workbook.",
    ),
]  # fmt: skip
DelimiterOption = Annotated[
    str | None, typer.Option(metavar="CHARACTER", help="Between the fields; tab for a tab.")
]
LayoutOption = Annotated[
    str, typer.Option(metavar="LAYOUT", help="default, or regards for the service's own.")
]
RawOption = Annotated[
    bool, typer.Option("--raw", help="Leave texts that a spreadsheet would run as they are.")
]


@with_option_groups
def summarise(
    run: Invocation,
    choice: SelectionOptions,
    where: ReadingOptions,
    columns: ColumnsOption = None,
    sort: SortOption = "id",
    output: OutputOption = None,
    delimiter: DelimiterOption = None,
    no_header: HeaderOption = False,
    layout: LayoutOption = "default",
    raw: RawOption = False,
) -> None:
    """Write the CSV report of the orders.

    Example: ordercli summary --since yesterday -o orders.csv
    """
    from ordercli.domain.selection import OrderQuery
    from ordercli.operations.report import Report

    now = run.clock()
    style = _style(layout, delimiter, raw=raw, own_columns=columns is not None or sort != "id")
    reading = where.reading(run.limits)
    default = (PROFILE, *SUMMARY_DEFAULT) if reading.several else SUMMARY_DEFAULT
    query = OrderQuery(
        choice.selection(now), chosen_columns(columns, default), chosen_sort(sort), now=now
    )
    if reading.several and style is None:
        raise UsageError(
            _("--layout regards has no column for the profile"), _("report one profile at a time")
        )
    path = output_path(output)
    for database in reading.databases:
        require_other_file(path, database)
    kind = _kind(path, style)
    report = Report(reading, query, style, header=not no_header, whole=path is not None)
    number = _write(run, report, path, kind)
    tell_problems(run.console, reading)
    if number == 0:
        tell_none(run.console, reading.databases, query.selection, answered=True)
    require_all_read(reading)


def _write(run: Invocation, report: Report, path: Path | None, kind: FileKind | None) -> int:
    """Write the report, and give the number of its orders."""
    from ordercli.output.report_file import write_report, write_report_file

    if path is None or kind is None:
        run.console.check_output()
        return write_report(report, run.console)
    return write_report_file(report, path, kind, run.console)


def _style(
    layout: str, delimiter: str | None, *, raw: bool, own_columns: bool
) -> CsvDialect | None:
    """How records are written; None for the service's own layout, which has its own columns."""
    from ordercli.base.csv_json import CsvDialect

    if _is_regards(layout, own_columns or delimiter is not None or raw):
        return None
    return CsvDialect(_delimiter("," if delimiter is None else delimiter), guarded=not raw)


def _kind(path: Path | None, style: CsvDialect | None) -> FileKind | None:
    """What the file is to be, None for stdout; raises UsageError where it can't have the style."""
    from ordercli.base.csv_json import CsvDialect
    from ordercli.output.report_file import FileKind, kind_of

    if path is None:
        return None
    kind = kind_of(path, style.delimiter if style else ";")
    if kind is FileKind.WORKBOOK and style != CsvDialect():
        raise UsageError(
            _("a workbook takes no --layout, --delimiter or --raw"),
            _("leave them out, or write a .csv file"),
        )
    return kind


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
