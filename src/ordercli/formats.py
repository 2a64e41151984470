"""The formats that programs read: one order as a line of CSV, TSV or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ordercli.errors import UsageError, unknown_name
from ordercli.language import _
from ordercli.text import json_safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ordercli.columns import Field
    from ordercli.values import Value

TABLE = "table"
MACHINE_FORMATS = ("json", "jsonl", "csv", "tsv")
TEXT_FORMATS = (
    "asciidoc", "colon_grid", "double_grid", "double_outline", "fancy_grid", "fancy_outline",
    "github", "grid", "heavy_grid", "heavy_outline", "html", "jira", "latex", "latex_booktabs",
    "latex_longtable", "mediawiki", "mixed_grid", "mixed_outline", "moinmoin", "orgtbl", "outline",
    "pipe", "plain", "presto", "pretty", "psql", "rounded_grid", "rounded_outline", "rst",
    "simple", "simple_grid", "simple_outline", "textile", "youtrack",
)  # fmt: skip
"""Those of tabulate that escape what they have to; listed here to spare its import."""

IDS = "ids"
"""The format of ``--quiet``: an id a line."""

FORMATS = (TABLE, *MACHINE_FORMATS, *TEXT_FORMATS)
ORDER_FORMATS = (TABLE, "json")
"""Those of one order."""

RESULT_FORMATS = ("text", "json")
"""Those of the results of a change."""

LAYOUTS = ("default", "regards")
"""Those of the CSV report."""

_FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n\0]")
"""First characters of texts that a spreadsheet runs, full-width forms among them."""

_DELIMITERS = ",;|:!#$%&*/^~ \t"

_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True)
class CsvDialect:
    """How CSV is written: ``guarded`` puts a ``'`` before texts that a spreadsheet would run."""

    delimiter: str = ","
    guarded: bool = True

    def __post_init__(self) -> None:
        plain = len(self.delimiter) == 1 and self.delimiter in _DELIMITERS
        if not plain:
            raise UsageError(
                _("the delimiter can't be '{text}'").format(text=self.delimiter),
                _("use a tab or one of {list}").format(list=_DELIMITERS),
            )

    def line(self, values: Iterable[Value]) -> str:
        """The values as one record with its line end."""
        fields = [self._field(value) for value in values]
        # A lone empty field would read as no record at all.
        return (self.delimiter.join(fields) if fields != [""] else '""') + "\n"

    def _field(self, value: Value) -> str:
        if value is None:
            return ""
        if isinstance(value, int):
            return str(value)
        if self.guarded and _FORMULA.match(value):
            value = "'" + value
        special = self.delimiter in value or _QUOTED.search(value)
        return '"' + value.replace('"', '""') + '"' if special else value


_QUOTED = re.compile('[",;\t\r\n]')


@dataclass(frozen=True)
class Layout:
    """How rows are written: ``now`` decides what expires soon, ``utc`` is for people.

    ``changed`` has the ids of rows, or the keys of one order's columns, that are to stand out.
    ``paged`` lets a table that is longer than the window go through a pager.
    """

    style: str
    columns: tuple[Field, ...]
    now: datetime
    header: bool = True
    utc: bool = False
    changed: frozenset[Value] = frozenset()
    paged: bool = False


def is_for_people(style: str) -> bool:
    """Whether a format is made for people, not for programs."""
    return style not in (*MACHINE_FORMATS, IDS)


def format_named(name: str, known: Sequence[str] = FORMATS) -> str:
    """The format of this name, in any case; raises UsageError where there is none."""
    if name.lower() not in known:
        raise unknown_name(_("no format '{name}'").format(name=name), name, known)
    return name.lower()


def headed(header: str, lines: Iterable[str]) -> Iterator[str]:
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
