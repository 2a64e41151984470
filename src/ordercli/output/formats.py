"""The formats of lists by name, and what is to be laid out in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.errors import unknown_name
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ordercli.base.values import Value
    from ordercli.domain.columns import Field

TABLE = "table"
MACHINE_FORMATS = ("json", "jsonl", "csv", "tsv")
TEXT_FORMATS = (
    "asciidoc", "colon_grid", "double_grid", "double_outline", "fancy_grid", "fancy_outline",
    "github", "grid", "heavy_grid", "heavy_outline", "html", "jira", "latex", "latex_booktabs",
    "latex_longtable", "mediawiki", "mixed_grid", "mixed_outline", "orgtbl", "outline",
    "pipe", "plain", "presto", "pretty", "psql", "rounded_grid", "rounded_outline", "rst",
    "simple", "simple_grid", "simple_outline", "textile",
)  # fmt: skip
"""The formats of tabulate in which no text can forge a cell; listed here to spare its import."""

IDS = "ids"
"""The format of ``--quiet``: an id a line."""

FORMATS = (TABLE, *MACHINE_FORMATS, *TEXT_FORMATS)
ORDER_FORMATS = (TABLE, "json")
"""The formats of ``show``."""

RESULT_FORMATS = ("text", "json")
"""The formats of the results of a change."""

LAYOUTS = ("default", "regards")
"""The formats of the CSV report."""


@dataclass(frozen=True)
class Layout:
    """How rows are written: ``now`` decides what expires soon, ``utc`` is for people.

    ``changed`` has the ids of rows, or the keys of one order's columns, that are to stand out.
    ``paged`` lets a table that is longer than the window go through a pager. ``summed`` is for
    rows of which the last one is the sum; ``bar`` is how many characters a whole bar has.
    """

    style: str
    columns: tuple[Field, ...]
    now: datetime
    header: bool = True
    utc: bool = False
    changed: frozenset[Value] = frozenset()
    paged: bool = False
    summed: bool = False
    bar: int = 20


def is_for_people(style: str) -> bool:
    """Whether a format is made for people, not for programs."""
    return style not in (*MACHINE_FORMATS, IDS)


def format_named(name: str, known: Sequence[str] = FORMATS) -> str:
    """The format of this name, in any case; raises UsageError where there is none."""
    if name.lower() not in known:
        raise unknown_name(_("no format '{name}'").format(name=name), name, known)
    return name.lower()
