"""The report as a workbook (the extra ``excel``): real dates and numbers, and texts that are texts.

Rows go to the disk as they come, so that memory does not grow with the number of orders.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC
from itertools import islice
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from ordercli.base.errors import FileError, how_to_install
from ordercli.base.language import _
from ordercli.base.values import Kind, read_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ordercli.base.values import Row, Value
    from ordercli.domain.columns import Column

MOST_ROWS = 1_048_575
"""Orders that a sheet holds below its header."""

_LONGEST_TEXT = 32_767
_MOST_EXACT = 2**53
_FIRST_YEAR = 1900
_SHOWN = {Kind.NUMBER: "0", Kind.PERCENT: '0"%"', Kind.BYTES: "#,##0", Kind.DURATION: "#,##0"}
_WIDTHS = {Kind.TEXT: 30, Kind.MOMENT: 19, Kind.BYTES: 18}


def write_workbook(
    stream: IO[bytes], rows: Iterable[Row], columns: Sequence[Column], *, header: bool
) -> int:
    """Write the rows as the only sheet of a workbook, and give their number.

    Moments are UTC and durations seconds, as their titles say. What a cell can't hold (a number of
    more than 15 digits, a year before 1900) is a text. Raises FileError where the extra is missing,
    and on more orders than a sheet holds.
    """
    # What goes to the disk on the way is taken away again, whatever happens.
    with TemporaryDirectory(prefix="ordercli-") as folder:
        book = _new_workbook(stream, folder)
        sheet = book.add_worksheet(_("Orders"))
        with closing(sheet.row_data_fh):
            number = _fill(book, sheet, rows, columns, header=header)
            book.close()
    return number


def _fill(
    book: Any, sheet: Any, rows: Iterable[Row], columns: Sequence[Column], *, header: bool
) -> int:
    formats = {kind: book.add_format({"num_format": shown}) for kind, shown in _SHOWN.items()}
    formats[Kind.MOMENT] = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, _WIDTHS.get(column.kind, 12))
    if header:
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, _title(column), bold)
    number = 0
    for number, row in enumerate(islice(rows, MOST_ROWS + 1), start=1):
        if number > MOST_ROWS:
            raise FileError(
                _("a sheet holds {number} orders, and there are more").format(number=MOST_ROWS),
                _("choose fewer, or write a .csv file"),
            )
        for place, column in enumerate(columns):
            _write_cell(
                sheet, (number - (not header), place), row[column.key], column.kind, formats
            )
    if header:
        sheet.autofilter(0, 0, number, len(columns) - 1)
    return number


def _new_workbook(stream: IO[bytes], folder: str) -> Any:
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
    except ImportError:
        raise FileError(
            _("XlsxWriter, which makes workbooks, is not installed"),
            how_to_install("xlsxwriter"),
        ) from None
    options = {"constant_memory": True, "tmpdir": folder, "default_date_format": ""}
    return xlsxwriter.Workbook(stream, options)


def _title(column: Column) -> str:
    title = _(column.title)
    unit = {Kind.MOMENT: " (UTC)", Kind.DURATION: " (s)"}.get(column.kind, "")
    return title + unit


def _write_cell(
    sheet: Any, place: tuple[int, int], value: Value, kind: Kind, formats: dict[Kind, Any]
) -> None:
    if value is None:
        return
    if isinstance(value, int) and abs(value) < _MOST_EXACT:
        sheet.write_number(*place, value, formats.get(kind))
        return
    moment = read_moment(str(value)) if kind is Kind.MOMENT else None
    if moment is not None and moment.year >= _FIRST_YEAR:
        sheet.write_datetime(*place, moment.astimezone(UTC).replace(tzinfo=None), formats[kind])
        return
    sheet.write_string(*place, _cell_text(str(value)))


def _cell_text(text: str) -> str:
    """The text, cut where it is longer than a cell; half a character becomes a question mark."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= _LONGEST_TEXT else whole[: _LONGEST_TEXT - 1] + "…"
