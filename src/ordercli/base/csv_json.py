"""The formats that programs read: one of anything as a line of CSV, TSV or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from ordercli.base.errors import OrdercliError, UsageError
from ordercli.base.language import _
from ordercli.base.text import json_safe

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from ordercli.base.values import Value

FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n\0"
"""First characters of texts that a spreadsheet runs, full-width forms among them."""

QUOTED = '",;\t\r\n'
"""What makes a text of CSV need quotes, besides the delimiter."""

_FORMULA_STARTS = tuple(FORMULA)
_SPECIAL = re.compile(f"[{QUOTED}]")

_Piece = TypeVar("_Piece")

_DELIMITERS = ",;|:!#$%&*/^~ \t"

_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class RecordStyle(Protocol):
    """How the records of a report are written."""

    @property
    def delimiter(self) -> str:
        """What stands between two fields: one character."""

    @property
    def guarded(self) -> bool:
        """Whether a ``'`` comes before texts that a spreadsheet would run."""

    @property
    def quotes(self) -> bool:
        """Whether a text that needs it is quoted; else such a text can't be written."""

    def line(self, values: Sequence[Value]) -> str:
        """The values as one record with its line end."""


@dataclass(frozen=True)
class CsvDialect:
    """CSV with minimal quotes, ``guarded`` or not: see ``RecordStyle``."""

    delimiter: str = ","
    guarded: bool = True
    quotes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        plain = len(self.delimiter) == 1 and self.delimiter in _DELIMITERS
        if not plain:
            raise UsageError(
                _("the delimiter can't be '{text}'").format(text=self.delimiter),
                _("use a tab or one of {list}").format(list=_DELIMITERS),
            )

    def line(self, values: Sequence[Value]) -> str:
        """The values as one record with its line end."""
        fields = [self._field(value) for value in values]
        # A lone empty field would read as no record at all.
        return (self.delimiter.join(fields) if fields != [""] else '""') + "\n"

    def _field(self, value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, int):
            return str(value)
        text = with_guard(value) if self.guarded else value
        special = self.delimiter in text or _SPECIAL.search(text)
        return '"' + text.replace('"', '""') + '"' if special else text


@dataclass(frozen=True)
class ServiceStyle:
    """Records as the service's own report has them: semicolons, no quotes, the id first."""

    delimiter: ClassVar[str] = ";"
    guarded: ClassVar[bool] = False
    quotes: ClassVar[bool] = False

    def line(self, values: Sequence[Value]) -> str:
        """The values as one record; raises OrdercliError on a text that it can't hold."""
        texts = ["" if value is None else str(value) for value in values]
        if any(character in text for text in texts for character in ";\r\n"):
            raise OrdercliError(
                _(
                    "the regards layout has no quotes and can't hold order {id}, "
                    "whose user or status has a semicolon or a line end"
                ).format(id=texts[0]),
                _("leave the order out, or use the default layout"),
            )
        return ";".join(texts) + "\n"


def with_guard(text: str) -> str:
    """The text with one more ``'``, where a spreadsheet would run what stands after its own."""
    return f"'{text}" if _is_formula(text) else text


def without_guard(text: str) -> str:
    """The text that ``with_guard`` made this of."""
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(_FORMULA_STARTS)


def headed(header: _Piece, lines: Iterable[_Piece]) -> Generator[_Piece, None, None]:
    """The header and the lines, once the first line is there: an error comes before any output."""
    following = iter(lines)
    first = next(following, None)
    yield header
    if first is not None:
        yield first
        yield from following


def tsv_line(values: Iterable[Value]) -> str:
    """The values separated by tabs; a tab, line end or backslash in a text is escaped by one."""
    cells = ("" if value is None else str(value).translate(_TSV_ESCAPES) for value in values)
    return "\t".join(cells) + "\n"


def json_text(value: Any, indent: int | None = None) -> str:
    """The value as JSON that is safe on any terminal."""
    return json_safe(json.dumps(value, ensure_ascii=False, indent=indent))


def json_array(objects: Iterable[dict[str, Any]]) -> Iterable[str]:
    """The pieces of a JSON array, an object a line, as the objects come."""
    opened = False
    for each in objects:
        yield ("[\n  " if not opened else ",\n  ") + json_text(each)
        opened = True
    yield "\n]\n" if opened else "[]\n"


def picked(row: dict[str, Value], keys: Sequence[str]) -> dict[str, Value]:
    """The values of these keys, in this order."""
    return {key: row[key] for key in keys}
