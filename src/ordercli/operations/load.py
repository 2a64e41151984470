"""The orders of a file go into a database, in batches; the one that does not fit is named."""

from __future__ import annotations

import codecs
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ordercli.base.errors import FileError
from ordercli.base.language import _
from ordercli.operations.load_records import HIGHEST_ID, read_records
from ordercli.store.tables import dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from ordercli.operations.load_records import Record

_BATCH = 500


def load(
    connection: Connection,
    lines: Iterable[bytes],
    source: str,
    *,
    update: bool,
    advance: Callable[[int], None],
) -> int:
    """Load every order of a file, and give their number.

    ``lines`` is a file open for reading bytes, ``source`` what messages call it. With ``update``
    an order that exists is replaced, with its datasets; its history stays. ``advance`` is told the
    number of orders of each batch. Raises FileError on the first order that can't be loaded: the
    caller's transaction is then to be undone as a whole.
    """
    records = read_records(_decoded(lines, source), source)
    if update:
        records = _each_once(records)
    ids = _DatasetIds(connection)
    loaded = 0
    while batch := list(islice(records, _BATCH)):
        ids.give(batch)
        _store(connection, batch, update=update)
        loaded += len(batch)
        advance(len(batch))
    ids.settle(source)
    return loaded


class _DatasetIds:
    """Gives the next free ids to the datasets that have none.

    Which are free shows only at the end of the file: until then they have ids below all others.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        lowest = connection.scalar(select(func.min(dataset_tasks.c.id)))
        self._below: int = min(lowest or 0, 0)
        self._given = 0

    def give(self, batch: Iterable[Record]) -> None:
        """Give each dataset without an id one for the time being."""
        for record in batch:
            for dataset in record.datasets:
                if dataset["id"] is None:
                    self._given += 1
                    dataset["id"] = self._below - self._given

    def settle(self, source: str) -> None:
        """Move the datasets to ids above all others; raises FileError where none are left."""
        if not self._given:
            return
        highest = self._connection.scalar(select(func.max(dataset_tasks.c.id)))
        highest = max(highest or 0, 0)
        if highest + self._given > HIGHEST_ID:
            raise FileError(
                _("{source}: no ids for its datasets are left after {highest}").format(
                    source=source, highest=highest
                ),
                _("give each dataset an id"),
            )
        moved = dataset_tasks.update().where(dataset_tasks.c.id < self._below)
        self._connection.execute(moved.values(id=highest + self._below - dataset_tasks.c.id))


def _decoded(lines: Iterable[bytes], source: str) -> Iterator[str]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            yield (line.removeprefix(codecs.BOM_UTF8) if number == 1 else line).decode()
    except UnicodeDecodeError:
        raise FileError(
            _("{source}, line {number}: not UTF-8").format(source=source, number=number),
            _("save the file as UTF-8"),
        ) from None
    except OSError as error:
        raise FileError(
            _("can't read {name}: {reason}").format(name=source, reason=error.strerror),
            _("check the file"),
        ) from None


def _each_once(records: Iterable[Record]) -> Iterator[Record]:
    seen: set[int] = set()
    for record in records:
        number = record.order["id"]
        if number in seen:
            raise FileError(
                _("{place}: order {id} occurs twice in the file").format(
                    place=record.place, id=number
                ),
                _("keep one of the two"),
            )
        seen.add(number)
        yield record


def _store(connection: Connection, batch: list[Record], *, update: bool) -> None:
    if update:
        _delete(connection, [record.order["id"] for record in batch])
    try:
        with connection.begin_nested():
            _insert(connection, batch)
    except IntegrityError:
        for record in batch:
            _check(connection, record)
            _insert(connection, [record])


def _delete(connection: Connection, ids: list[int]) -> None:
    connection.execute(dataset_tasks.delete().where(dataset_tasks.c.order_id.in_(ids)))
    connection.execute(orders.delete().where(orders.c.id.in_(ids)))


def _insert(connection: Connection, batch: list[Record]) -> None:
    connection.execute(orders.insert(), [record.order for record in batch])
    datasets = [dataset for record in batch for dataset in record.datasets]
    if datasets:
        connection.execute(dataset_tasks.insert(), datasets)


def _check(connection: Connection, record: Record) -> None:
    """Raise FileError where a row of the record is in the way of one that is there."""
    _check_order(connection, record)
    given: set[int] = set()
    for dataset in record.datasets:
        number = dataset["id"]
        if number in given:
            raise FileError(
                _("{place}: dataset {id} occurs twice").format(place=record.place, id=number),
                _("correct its id"),
            )
        given.add(number)
        holder = select(dataset_tasks.c.order_id).where(dataset_tasks.c.id == number)
        row = connection.execute(holder).first()
        if row is not None:
            raise FileError(
                _("{place}: dataset {id} belongs to order {order}").format(
                    place=record.place, id=number, order=row.order_id
                ),
                _("correct its id, or leave it out to get a free one"),
            )


def _check_order(connection: Connection, record: Record) -> None:
    number, owner, label = (record.order[name] for name in ("id", "owner", "label"))
    if connection.scalar(select(orders.c.id).where(orders.c.id == number)) is not None:
        raise FileError(
            _("{place}: order {id} exists already, in the database or above in the file").format(
                place=record.place, id=number
            ),
            _("--update replaces what the database has"),
        )
    same = select(orders.c.id).where(orders.c.owner == owner, orders.c.label == label)
    other = connection.scalar(same)
    if other is not None:
        raise FileError(
            _("{place}: order {id} of {user} has the label '{label}' already").format(
                place=record.place, id=other, user=owner, label=label
            ),
            _("a user's labels differ: change one of them"),
        )
