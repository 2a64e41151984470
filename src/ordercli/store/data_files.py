"""The files of orders: those of one, and those of many that failed, grouped or one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, nulls_last, select

from ordercli.base.errors import PartialError
from ordercli.base.language import _
from ordercli.base.values import Kind
from ordercli.domain.causes import NO_CAUSE, cause_of
from ordercli.domain.failures import BY_FILE, FAILURE_GROUPS, FILE_FIELDS, FILE_FIELDS_FOR_PROGRAMS
from ordercli.store.causes import first_line, folded_line, is_failed, prepare
from ordercli.store.collation import code_points
from ordercli.store.conditions import conditions
from ordercli.store.database import read_rows
from ordercli.store.exact_numbers import ExactInteger, exact_number
from ordercli.store.sql_functions import among, moment_text
from ordercli.store.tables import data_files, orders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ordercli.base.values import Row
    from ordercli.domain.anomalies import Anomalies
    from ordercli.domain.failures import FailureQuery, FileQuery
    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

_file: Any = data_files.c


def read_files(database: Database, query: FileQuery, anomalies: Anomalies) -> Iterator[Row]:
    """The files of an order by id, read as they are consumed.

    Raises PartialError where there is no such order, DatabaseError where its files can't be read.
    """
    with database.reading() as connection:
        if connection.scalar(select(orders.c.id).where(orders.c.id == query.order_id)) is None:
            raise PartialError(
                _("no order {id}").format(id=query.order_id),
                _("'ordercli list --all' shows the orders there are"),
            )
        wanted = select(_file.order_id, *_columns(whole=query.whole)).where(_chosen(query))
        rows = read_rows(connection, wanted.order_by(_file.id).limit(query.limit), query.limit)
        yield from anomalies.mend_all(rows, FILE_FIELDS, "order_id")


def count_files(database: Database, query: FileQuery) -> int:
    """How many files the query has without its limit."""
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).where(_chosen(query))).scalar_one())


def read_failures(database: Database, query: FailureQuery, anomalies: Anomalies) -> Iterator[Row]:
    """The failed files that the query asks for: a row for each group, or for each file.

    Files are read as they are consumed, groups all at once. Raises DatabaseError where they can't
    be read.
    """
    with database.reading() as connection:
        prepare(connection)
        if query.by == BY_FILE:
            rows = read_rows(connection, _sorted(query), query.limit)
            yield from anomalies.mend_all(rows, FAILURE_GROUPS[BY_FILE], "order_id")
            return
        groups = connection.execute(_sorted(query)).mappings().all()
        reasons = _reasons(connection, [group["example"] for group in groups], whole=query.whole)
        for group in groups:
            row = {**group, "example": reasons.get(group["example"])}
            if query.by == "cause":
                row["cause"] = _cause(row["cause"], row.pop("last"), whole=query.whole)
            yield anomalies.mend(row, FAILURE_GROUPS[query.by], row.get("order_id"))


def _cause(first: str | None, last: str | None, *, whole: bool) -> str | None:
    if first is None or last is None:
        return None if whole else NO_CAUSE
    return cause_of(first, last)


def count_failures(database: Database, query: FailureQuery) -> int:
    """How many groups, or files, the query has without its limit."""
    with database.reading() as connection:
        prepare(connection)
        every = _statement(query).rows.subquery()
        return int(connection.execute(select(func.count()).select_from(every)).scalar_one())


def finds_failures(connection: Connection, selection: Selection) -> bool:
    """Whether any file of these orders failed, for one of the causes if any are named."""
    some = select(_file.id).where(*_failed(selection)).limit(1)
    return connection.execute(some).first() is not None


class _Statement(NamedTuple):
    """Rows without order and limit, what they may be sorted by, and the last tie-break."""

    rows: Select[Any]
    values: Mapping[str, ColumnElement[Any]]
    last: ColumnElement[Any]


def _sorted(query: FailureQuery) -> Select[Any]:
    rows, values, last = _statement(query)
    for key, descending in query.sort:
        value = values[key].desc() if descending else values[key].asc()
        rows = rows.order_by(nulls_last(value))
    return rows.order_by(nulls_last(last)).limit(query.limit)


def _statement(query: FailureQuery) -> _Statement:
    """The files that failed for the causes of the selection, of its orders."""
    where = _failed(query.selection)
    return _single(query, where) if query.by == BY_FILE else _grouped(query, where)


def _failed(selection: Selection) -> list[ColumnElement[bool]]:
    where = is_failed(selection.causes, ignore_case=selection.ignore_case)
    chosen = conditions(replace(selection, causes=()))
    if chosen:
        where.append(_file.order_id.in_(select(orders.c.id).where(*chosen)))
    return where


def _single(query: FailureQuery, where: Sequence[ColumnElement[bool]]) -> _Statement:
    columns: list[ColumnElement[Any]] = [_file.order_id, orders.c.owner.label("user")]
    columns += _columns(whole=query.whole)
    rows = select(*columns).join(orders, orders.c.id == _file.order_id).where(*where)
    texts = [field.key for field in FAILURE_GROUPS[BY_FILE] if field.kind is Kind.TEXT]
    values = {each.name: code_points(each) if each.name in texts else each for each in columns}
    return _Statement(rows, values, _file.id)


def _grouped(query: FailureQuery, where: Sequence[ColumnElement[bool]]) -> _Statement:
    """What is the same in an order is summed first: that leaves less to be joined and sorted."""
    failed: Any = select(_file.id, _file.order_id, _file.size)
    texts, keys = [], ["order_id"]
    if query.by == "cause":
        line = first_line(_file.download_error_reason).label("line")
        lines = _once(failed.add_columns(line).where(*where), "lines")
        failed = _once(select(*lines, folded_line(lines.line).label("folded")), "failed")
        texts = [func.min(code_points(failed.line)).label("first"),
                 func.max(code_points(failed.line)).label("last")]  # fmt: skip
        keys.append("folded")
    else:
        failed = failed.where(*where).subquery("failed").c
    sums = [
        func.count().label("files"),
        func.sum(failed.size.op(">>")(literal_column("32"))).label("high"),
        func.sum(failed.size.op("&")(2**32 - 1)).label("low"),
        func.min(failed.id).label("example"),
    ]
    columns = [failed[key] for key in keys]
    part = select(*columns, *texts, *sums).group_by(*columns).subquery("part")
    return _groups(query, part.c)


def _once(rows: Select[Any], name: str) -> Any:
    """The columns of a subquery that no database merges into what is around it.

    Otherwise it would work out an expression again wherever it occurs there.
    """
    return rows.offset(0).subquery(name).c


def _groups(query: FailureQuery, part: Any) -> _Statement:
    columns: list[ColumnElement[Any]]
    last_seen, owner = func.max(orders.c.status_date), orders.c.owner.label("user")
    number = func.count().label("orders")
    sums = [
        func.sum(part.files, type_=ExactInteger()).label("files"),
        exact_number(func.sum(part.high), func.sum(part.low)).label("bytes"),
        moment_text(last_seen).label("last_seen"),
        func.min(part.example).label("example"),
    ]
    if query.by == "cause":
        first, last = func.min(code_points(part.first)), func.max(code_points(part.last))
        columns = [first.label("cause"), last.label("last"), number, *sums]
        groups = [part.folded]
    elif query.by == "user":
        columns, groups = [owner, number, *sums], [orders.c.owner]
    else:
        columns, groups = [part.order_id, owner, *sums], [part.order_id, orders.c.owner]
    values = {column.name: column for column in columns}
    values |= {"user": code_points(orders.c.owner), "last_seen": last_seen}
    rows: Select[Any] = select(*columns).join_from(
        part.order_id.table, orders, orders.c.id == part.order_id
    )
    return _Statement(rows.group_by(*groups), values, values[FAILURE_GROUPS[query.by][0].key])


def _chosen(query: FileQuery) -> ColumnElement[bool]:
    failed = is_failed() if query.failed else []
    return and_(_file.order_id == query.order_id, *failed)


def _columns(*, whole: bool) -> list[ColumnElement[Any]]:
    keys = [field.key for field in FILE_FIELDS_FOR_PROGRAMS if field.key != "reason"]
    return [*(_file[key] for key in keys), _reason(whole=whole).label("reason")]


def _reason(*, whole: bool) -> ColumnElement[Any]:
    text: ColumnElement[Any] = _file.download_error_reason
    return text if whole else first_line(text)


def _reasons(connection: Connection, ids: Sequence[Any], *, whole: bool) -> Mapping[Any, Any]:
    """Why each of these files failed, by its id."""
    asked = select(_file.id, _reason(whole=whole)).where(among(_file.id, ids))
    return {row[0]: row[1] for row in connection.execute(asked)}
