"""The text of a file becomes records: checked orders with their datasets, as the tables hold them.

What a file is shows in its content: the service's JSON (a page, a list, an order, or one of them a
line), or the CSV that ``summary`` writes. Lines and CSV are read as they come, never as a whole.
"""

from __future__ import annotations

import csv
import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Any

from ordercli.base.csv_json import without_guard
from ordercli.base.errors import FileError, UsageError
from ordercli.base.language import _, marked
from ordercli.base.values import Kind
from ordercli.domain.columns import column_named
from ordercli.domain.status import UNKNOWN, WAITING_USER, named
from ordercli.store.insert_orders import Record
from ordercli.store.loaded_fields import CORRECT, dataset_fields, order_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ordercli.domain.columns import Column

_Line = tuple[int, str]

_LOADABLE = marked("load the service's JSON, or a CSV that 'ordercli summary' wrote")
_QUOTES = marked("check its quotes and delimiters, nothing was loaded")
_CSV_REQUIRED = ("id", "user", "label", "creation", "status")
_CSV_ORDER = {
    "id": "id",
    "owner": "user",
    "label": "label",
    "creation_date": "creation",
    "expiration_date": "expiration",
    "percent_complete": "progress",
    "files_in_error": "errors_count",
    "status": "status",
    "status_date": "status_date",
    "message": "message",
}
_CSV_DATASET = {
    "files_count": "files_count",
    "files_size": "total_size",
    "objects_count": "objects_count",
}
_JSON_ORDER = {
    "id": "id",
    "owner": "owner",
    "label": "label",
    "creation_date": "creationDate",
    "expiration_date": "expirationDate",
    "percent_complete": "percentCompleted",
    "files_in_error": "filesInErrorCount",
    "status": "status",
    "status_date": "statusDate",
    "waiting_for_user": "waitingForUser",
    "message": "message",
}
_JSON_DATASET = {
    "id": "id",
    "dataset_label": "datasetLabel",
    "files_count": "filesCount",
    "files_size": "filesSize",
    "objects_count": "objectsCount",
}
"""What the files call the fields that the tables have."""

_WHOLE_NUMBER = re.compile("-?[0-9]{1,20}")


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
    order = order_fields(_json_values(item, _JSON_ORDER, place), _JSON_ORDER, place)
    tasks = item.get("datasetTasks")
    tasks = [] if tasks is None else tasks
    if not isinstance(tasks, list):
        what = _("{place}: {name} {reason}")
        raise FileError(
            what.format(place=place, name="datasetTasks", reason=_("must be a list")), _(CORRECT)
        )
    datasets = []
    for number, task in enumerate(tasks, start=1):
        where = _("{place}, dataset {number}").format(place=place, number=number)
        values = _json_values(task, _JSON_DATASET, where)
        datasets.append(dataset_fields({**values, "order_id": order["id"]}, _JSON_DATASET, where))
    return Record(place, order, datasets)


def _json_values(item: Any, names: Mapping[str, str], place: str) -> dict[str, Any]:
    """The values of a JSON object by the names of the tables' columns."""
    if not isinstance(item, dict):
        raise FileError(_("{place}: not a JSON object").format(place=place), _(CORRECT))
    values = {name: item.get(key) for name, key in names.items()}
    return _with_status_date(values) if names is _JSON_ORDER else values


def _with_status_date(values: dict[str, Any]) -> dict[str, Any]:
    """The values of an order; where it is not known when the status changed, at its creation."""
    if values["status_date"] is None:
        values["status_date"] = values["creation_date"]
    return values


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
    return without_guard(text) if column.kind is Kind.TEXT else text


def _csv_record(cells: dict[str, Any], place: str) -> Record:
    values = _with_status_date({name: cells.get(key) for name, key in _CSV_ORDER.items()})
    if values["status"] is not None:
        values["status"], values["waiting_for_user"] = _stored_status(values["status"], place)
    order = order_fields(values, _CSV_ORDER, place)
    totals = {name: cells.get(key) for name, key in _CSV_DATASET.items()}
    dataset = {**totals, "order_id": order["id"], "dataset_label": "(summary)"}
    checked = dataset_fields(dataset, _CSV_DATASET, place)
    return Record(place, order, [checked] if any(totals.values()) else [])


def _stored_status(name: str, place: str) -> tuple[str, bool]:
    """A displayed status, as the two fields that are stored."""
    try:
        status = named(name)
    except UsageError as error:
        what = _("{name}: {message}").format(name=place, message=error.what)
        raise FileError(what, error.advice) from None
    if status is WAITING_USER:
        return "RUNNING", True
    return ("UNKNOWN" if status is UNKNOWN else status.stored[0]), False
