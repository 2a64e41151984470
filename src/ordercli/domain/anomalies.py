"""Values that can't be right: shown as well as can be, and told about once, at the end.

One row that a service or a stranger spoilt must not hide the others. A value of another kind than
its column's becomes a text; bytes that are no UTF-8 have become replacement characters already. A
status that is not known is none of them: ``unknown`` says so itself, and a newer service is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercli.base.language import _, plural
from ordercli.base.text import grouped
from ordercli.base.values import Kind, read_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ordercli.base.values import Row, Value
    from ordercli.domain.columns import Field

_REPLACEMENT = "\ufffd"


class Anomalies:
    """Collects the rows that hold a value that can't be right: how many, and the first of them."""

    def __init__(self) -> None:
        self._number = 0
        self._first = ""

    def mend_all(
        self, rows: Iterable[Row], fields: Sequence[Field], key: str = "id"
    ) -> Iterator[Row]:
        """The rows with values that can be written; ``key`` has the id of a row's order."""
        for row in rows:
            yield self.mend(row, fields, row.get(key))

    def mend(self, row: Mapping[str, Any], fields: Sequence[Field], order: Value) -> Row:
        """One row of an order, or of what belongs to it, with values that can be written."""
        mended = {name: _writable(value) for name, value in row.items()}
        wrong = [field for field in fields if _is_wrong(field.kind, mended[field.key])]
        if wrong:
            self._note(order, wrong[0], mended[wrong[0].key])
        return mended

    def warning(self) -> str | None:
        """One line that names the first order of which something is wrong; None for none."""
        if self._number < 2:
            return self._first or None
        others = plural("{what}, and {number} more", "{what}, and {number} more", self._number - 1)
        return others.format(what=self._first, number=grouped(self._number - 1))

    def _note(self, order: Value, field: Field, value: Value) -> None:
        self._number += 1
        if self._number == 1:
            first = _(
                "order {id} has a value that can't be right, shown as it is: {name} '{value}'"
            )
            self._first = first.format(id=order, name=field.key, value=value)


def _is_wrong(kind: Kind, value: Value) -> bool:
    if value is None:
        return False
    if kind.numeric:
        return not isinstance(value, int)
    if not isinstance(value, str):
        return True
    if kind is Kind.MOMENT:
        return read_moment(value) is None
    return _REPLACEMENT in value


def _writable(value: Any) -> Value:
    """The value, or a text in its place."""
    if value is None or isinstance(value, (int, str)):
        return value
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
