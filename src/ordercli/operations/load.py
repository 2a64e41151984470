"""The orders of a file go into a database, in batches; the one that does not fit is named."""

from __future__ import annotations

import codecs
from itertools import islice
from typing import TYPE_CHECKING

from ordercli.base.errors import FileError
from ordercli.base.language import _
from ordercli.operations.load_records import read_records
from ordercli.store.insert_orders import DatasetIds, insert_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection

    from ordercli.store.insert_orders import Record

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
    ids = DatasetIds(connection)
    loaded = 0
    while batch := list(islice(records, _BATCH)):
        ids.give(batch)
        insert_records(connection, batch, update=update)
        loaded += len(batch)
        advance(len(batch))
    ids.settle(source)
    return loaded


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
