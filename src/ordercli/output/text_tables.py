"""Tables as text, in the formats that people paste elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.output.formatting import human, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ordercli.base.values import Row
    from ordercli.output.formats import Layout

_ENTITY = {"|": "&#124;"}
_ESCAPES = {
    "asciidoc": {"|": "{vbar}"},
    "github": _ENTITY,
    "jira": _ENTITY,
    "mediawiki": _ENTITY,
    "orgtbl": {"|": "\\vert{}"},
    "pipe": _ENTITY,
    "textile": _ENTITY,
}


def text_table(rows: Iterable[Row], layout: Layout) -> str:
    """The rows in one of tabulate's formats, to paste elsewhere."""
    from tabulate import tabulate  # noqa: PLC0415 - slow to import, and only for these formats

    columns = layout.columns
    cells = [
        [_pasted(human(column.kind, row[column.key], utc=layout.utc), layout.style)
         for column in columns]
        for row in rows
    ]  # fmt: skip
    sides = ["right" if column.kind.numeric else "left" for column in columns]
    titles = [title_of(column, layout) for column in columns] if layout.header else []
    drawn = tabulate(cells, titles, tablefmt=layout.style, disable_numparse=True, colalign=sides)
    return f"{drawn}\n"


def _pasted(cell: str, style: str) -> str:
    """The cell, with what would end it in this format escaped; tabulate escapes HTML and LaTeX."""
    return "".join(_ESCAPES.get(style, {}).get(character, character) for character in cell)
