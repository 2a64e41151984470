"""Users, ids of orders and operations for completion to offer, read at once: without SQLAlchemy.

Each statement walks one index and reads a bounded number of entries, also in the oldest service's
database.
"""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ordercli.base.limits import Limits
from ordercli.base.values import LARGEST_INTEGER
from ordercli.store import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Rows = Callable[[str, Sequence[Any]], list[Any]]

MOST = 50
"""Candidates that are offered at once."""

_SECONDS = 1
_USERS_AT_A_TIME = 200
_MOST_TIMES = 50
_FEW_STATUSES = 2
_PLAIN = re.compile(r"[A-Za-z0-9._%+@][A-Za-z0-9._%+@-]*")

# From one user to the next one, through the index that the unique (owner, label) has everywhere.
_USERS = """
    WITH RECURSIVE next_user(owner, place) AS (
        SELECT min(owner), 1 FROM t_order WHERE owner >= %s
        UNION ALL
        SELECT (SELECT min(o.owner) FROM t_order o WHERE o.owner > next_user.owner), place + 1
        FROM next_user WHERE owner IS NOT NULL AND place < %s
    )
    SELECT owner FROM next_user WHERE owner IS NOT NULL ORDER BY place
"""
_IDS = (
    "SELECT * FROM"
    " (SELECT id FROM t_order WHERE id BETWEEN %s AND %s{} ORDER BY id DESC LIMIT {}) range{}"
)

_OPERATIONS = """
    SELECT operation, min(action), count(*) FROM
        (SELECT id, operation, action FROM ordercli_event ORDER BY id DESC LIMIT 10000) newest
    GROUP BY operation ORDER BY max(id) DESC
"""


def is_plain(text: object) -> bool:
    """Whether no shell sees more than letters in a text, and no program an option."""
    return isinstance(text, str) and _PLAIN.fullmatch(text) is not None


def users(location: str, prefix: str, schema: str | None = None) -> list[str]:
    """The plain names of users that start with the prefix, in order.

    ``schema`` is where the orders are, should they not be found.
    Whatever the database can't do is raised as its driver raises it.
    """
    found: list[str] = []
    with closing(_connection(location, schema)) as connection:
        for names in _batches_of_users(_rows(connection), prefix):
            matching = [name for name in names if name.startswith(prefix)]
            found += [name for name in matching if is_plain(name) and name not in found]
            if not matching or len(found) >= MOST:
                break
    return found[:MOST]


def order_ids(
    location: str,
    prefix: str,
    statuses: Sequence[str] | None = None,
    schema: str | None = None,
) -> list[str]:
    """The ids that start with the digits of the prefix: the one that is equal, then the newest.

    ``statuses`` are the stored ones that an order may have. Raises as ``users`` does.
    """
    ranges = _ranges(prefix)
    if not ranges:
        return []
    condition = _has_status(len(statuses)) if statuses else ""
    statement = " UNION ALL ".join(_IDS.format(condition, MOST, i) for i, _ in enumerate(ranges))
    values = [value for bounds in ranges for value in (*bounds, *(statuses or ()))]
    with closing(_connection(location, schema)) as connection:
        ids = [row[0] for row in _rows(connection)(statement, values)]
    ids.sort(key=lambda found: (str(found) != prefix, -found))
    return [str(found) for found in ids[:MOST]]


def operations(location: str, prefix: str, schema: str | None = None) -> list[tuple[str, str, int]]:
    """The newest operations that start with the prefix: each with its action and its events.

    They are those of the newest events only. Raises as ``users`` does.
    """
    with closing(_connection(location, schema)) as connection:
        found = [tuple(row) for row in _rows(connection)(_OPERATIONS, ())]
    return [each for each in found if is_plain(each[0]) and each[0].startswith(prefix)][:MOST]


def _batches_of_users(rows: Rows, start: str) -> Iterator[list[str]]:
    for _ in range(_MOST_TIMES):
        names = [row[0] for row in rows(_USERS, (start, _USERS_AT_A_TIME))]
        yield [name for name in names if isinstance(name, str)]
        if len(names) < _USERS_AT_A_TIME:
            return
        start = names[-1]


def _ranges(prefix: str) -> list[tuple[int, int]]:
    """The ids, in as few ranges as possible, whose digits start with the prefix."""
    if not prefix:
        return [(0, LARGEST_INTEGER)]
    if not (prefix.isascii() and prefix.isdigit()) or (prefix[0] == "0" and prefix != "0"):
        return []
    first = [int(prefix) * 10**zeros for zeros in range(1 if prefix == "0" else 19)]
    return [
        (low, min(low + 10**zeros - 1, LARGEST_INTEGER))
        for zeros, low in enumerate(first)
        if low <= LARGEST_INTEGER
    ]


def _has_status(number: int) -> str:
    """The condition that the status is one of a number of them.

    Many match nearly every order: then an index on the status would have to be read whole, and
    the expression keeps the database from using it.
    """
    column = "status" if number <= _FEW_STATUSES else "status || ''"
    return f" AND {column} IN ({', '.join(['%s'] * number)})"


def _connection(location: str, schema: str | None) -> Any:
    if postgresql.is_url(location):
        connection = postgresql.connect(location, Limits(), schema=schema)
        connection.statement_seconds = _SECONDS
        return connection
    found = sqlite.connect(sqlite.file_of(location), writing=False, patience=_SECONDS)
    found.text_factory = lambda stored: stored.decode(errors="replace")
    return found


def _rows(connection: Any) -> Rows:
    """A function that runs a statement, with its values marked as ``%s``, and gives its rows."""
    lite = type(connection).__module__ == "sqlite3"

    def rows(statement: str, values: Sequence[Any]) -> list[Any]:
        written = statement.replace("%s", "?") if lite else statement
        return list(connection.execute(written, values).fetchall())

    return rows
