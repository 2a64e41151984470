"""The text of a file becomes records: checked orders with their datasets, as the tables hold them.

What a file is shows in its content: the service's JSON (a page, a list, an order, or one of them a
line), or the CSV that ``summary`` writes. Lines and CSV are read as they come, never as a whole.
"""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from ordercli.base.errors import FileError, UsageError
from ordercli.base.language import _, marked
from ordercli.base.values import Kind
from ordercli.domain.columns import column_named
from ordercli.operations.load_fields import CORRECT, Fields
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ordercli.domain.columns import Column

_Line = tuple[int, str]

HIGHEST_ID = 2**63 - 1
_IDS = range(HIGHEST_ID + 1)
_INTEGERS = range(-(2**31), 2**31)
_LONG_INTEGERS = range(-(2**63), 2**63)

_LOADABLE = marked("load the service's JSON, or a CSV that 'ordercli summary' wrote")
_QUOTES = marked("check its quotes and delimiters, nothing was loaded")
_CSV_REQUIRED = ("id", "user", "label", "creation", "status")
_JSON_REQUIRED = ("id", "owner", "label", "creationDate", "status")
_WHOLE_NUMBER = re.compile("-?[0-9]{1,20}")
_GUARDED = re.compile("'[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n\0]")  # as ``summary`` does


@dataclass(frozen=True)
class Record:
    """One order of a file: the values of its row and of its datasets' rows, by column name.

    ``place`` says where it is, for messages. The id of a dataset is None where the file has none.
    """

    place: str
    order: dict[str, Any]
    datasets: list[dict[str, Any]]


def read_records(lines: Iterable[str], source: str) -> Iterator[Record]:
    """The records of a file, given as its lines; ``source`` is what messages call it.

    Raises FileError on the first that can't be loaded, and on a file that is empty.
    """
    numbered = enumerate(lines, start=1)
    first = next((line for line in numbered if line[1].strip()), None)
    if first is None:
        raise FileError(_("no orders in {source}: it is empty").format(source=source), _(_LOADABLE))
    is_json = first[1].lstrip()[0] in "{["
    yield from (_json_records if is_json else _csv_records)(first, numbered, source)


def _place(source: str, number: int, line: int | None) -> str:
    if number == 0:
        return _("{source}, line {line}").format(source=source, line=line)
    if line in (None, number):
        return _("{source}, record {number}").format(source=source, number=number)
    where = _("{source}, record {number} (line {line})")
    return where.format(source=source, number=number, line=line)


def _json_records(first: _Line, rest: Iterator[_Line], source: str) -> Iterator[Record]:
    number = 0
    for line, text in _json_texts(first, rest):
        where = source if line is None else _place(source, number + 1, line)
        for item in _orders_in(_parsed(text, where)):
            number += 1
            yield _json_record(item, _place(source, number, line))


def _json_texts(first: _Line, rest: Iterator[_Line]) -> Iterator[tuple[int | None, str]]:
    """The JSON documents of a file: one a line, or one in all where the first line has no end."""
    if _is_complete(first[1].rstrip()):
        yield from ((number, text) for number, text in chain([first], rest) if text.strip())
    else:
        skipped = "\n" * (first[0] - 1)  # so that an error tells the line of the file
        yield None, skipped + first[1] + "".join(text for _line, text in rest)


def _is_complete(text: str) -> bool:
    """Whether nothing that follows could belong to the JSON text, be it right or wrong."""
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        return getattr(error, "pos", 0) < len(text)
    return True


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at_column = _("{place}: not JSON: {reason} at column {column}")
        at_line = _("{place}: not JSON: {reason} at line {line}, column {column}")
        what = (at_line if error.lineno > 1 else at_column).format(
            place=where, reason=error.msg, line=error.lineno, column=error.colno
        )
    except (ValueError, RecursionError):
        deep = _("{place}: not an order: a number too long, or lists in lists too deep")
        what = deep.format(place=where)
    raise FileError(what, _(CORRECT))


def _orders_in(document: Any) -> Iterator[Any]:
    """The orders of a page, of a list, or the one that the document is; unwrapped."""
    items = document.get("content") if isinstance(document, dict) else document
    for item in items if isinstance(items, list) else [document]:
        content = item.get("content") if isinstance(item, dict) else None
        yield content if isinstance(content, dict) else item


def _json_record(item: Any, place: str) -> Record:
    fields = Fields(item, place, _JSON_REQUIRED)
    creation = fields.moment("creationDate")
    order = {
        "id": fields.number("id", _IDS),
        "owner": fields.text("owner", orders.c.owner),
        "label": fields.text("label", orders.c.label),
        "creation_date": creation,
        "expiration_date": fields.moment("expirationDate"),
        "percent_complete": fields.number("percentCompleted", _INTEGERS) or 0,
        "files_in_error": fields.number("filesInErrorCount", _INTEGERS) or 0,
        "status": fields.text("status", orders.c.status),
        "status_date": fields.moment("statusDate") or creation,
        "waiting_for_user": fields.flag("waitingForUser"),
    }
    tasks = enumerate(fields.items("datasetTasks"), start=1)
    datasets = [_json_dataset(task, order, _dataset_place(place, each)) for each, task in tasks]
    return Record(place, order, datasets)


def _dataset_place(place: str, number: int) -> str:
    return _("{place}, dataset {number}").format(place=place, number=number)


def _json_dataset(item: Any, order: dict[str, Any], place: str) -> dict[str, Any]:
    fields = Fields(item, place, ["datasetLabel"])
    return {
        "id": fields.number("id", _IDS),
        "order_id": order["id"],
        "dataset_label": fields.text("datasetLabel", dataset_tasks.c.dataset_label),
        "files_count": fields.number("filesCount", _INTEGERS),
        "files_size": fields.number("filesSize", _LONG_INTEGERS),
        "objects_count": fields.number("objectsCount", _INTEGERS),
    }


def _csv_records(first: _Line, rest: Iterator[_Line], source: str) -> Iterator[Record]:
    rows = _csv_rows(first, rest, source)
    place, header = next(rows)
    columns = _csv_columns(header, place)
    for place, row in rows:
        if len(row) != len(columns):
            what = _("{place}: {cells} cells for {columns} columns")
            raise FileError(
                what.format(place=place, cells=len(row), columns=len(columns)), _(_QUOTES)
            )
        cells = zip(columns, row, strict=True)
        yield _csv_record({column.key: _cell(column, text) for column, text in cells}, place)


def _csv_rows(first: _Line, rest: Iterator[_Line], source: str) -> Iterator[tuple[str, list[str]]]:
    """The rows, the header first, each with its place."""
    skipped, header = first[0] - 1, first[1]
    texts = chain([header], (text for _line, text in rest))
    reader = csv.reader(texts, delimiter=max(",;\t", key=header.count), strict=True)
    number = 0
    while True:
        place = _place(source, number, skipped + reader.line_num + 1)
        try:
            row = next(reader, None)
        except csv.Error as error:
            reason = str(error).partition(" - ")[0]  # what follows is advice to programmers
            what = _("{place}: not CSV: {reason}").format(place=place, reason=reason)
            raise FileError(what, _(_QUOTES)) from None
        if row is None:
            return
        if row:
            yield place, row
            number += 1


def _csv_columns(header: list[str], place: str) -> list[Column]:
    if header[0].strip().upper() == "ORDER_ID":
        what = _("{place}: the service's own report, it lacks the labels")
        raise FileError(what.format(place=place), _(_LOADABLE))
    try:
        columns = [column_named(name) for name in header]
    except UsageError as error:
        raise _bad_header(place, error.what, error.advice) from None
    keys = [column.key for column in columns]
    for key in _CSV_REQUIRED:
        if key not in keys:
            raise _bad_header(place, _("no column '{name}'").format(name=key), _(_LOADABLE))
    if len(set(keys)) < len(keys):
        raise _bad_header(place, _("a column occurs twice"), _(CORRECT))
    return columns


def _bad_header(place: str, reason: str, advice: str) -> FileError:
    what = _("{place}, the header: {reason}").format(place=place, reason=reason)
    return FileError(what, advice)


def _cell(column: Column, text: str) -> int | str | None:
    """The value of a cell, None where it is empty; a number that is none stays a text."""
    if not text:
        return None
    if column.kind.numeric and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return text[1:] if column.kind is Kind.TEXT and _GUARDED.match(text) else text


def _csv_record(values: dict[str, Any], place: str) -> Record:
    fields = Fields(values, place, _CSV_REQUIRED)
    creation = fields.moment("creation")
    status, waiting = fields.displayed_status("status")
    order = {
        "id": fields.number("id", _IDS),
        "owner": fields.text("user", orders.c.owner),
        "label": fields.text("label", orders.c.label),
        "creation_date": creation,
        "expiration_date": fields.moment("expiration"),
        "percent_complete": fields.number("progress", _INTEGERS) or 0,
        "files_in_error": fields.number("errors_count", _INTEGERS) or 0,
        "status": status,
        "status_date": fields.moment("status_date") or creation,
        "waiting_for_user": waiting,
    }
    totals = {
        "files_count": fields.number("files_count", _INTEGERS),
        "files_size": fields.number("total_size", _LONG_INTEGERS),
        "objects_count": fields.number("objects_count", _INTEGERS),
    }
    dataset = {"id": None, "order_id": order["id"], "dataset_label": "(summary)", **totals}
    return Record(place, order, [dataset] if any(totals.values()) else [])
