"""The lines around the table, and how all of the screen looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from ordercli.base.text import counted, grouped
from ordercli.base.times import local_text
from ordercli.domain.status import STATUS_NAMES
from ordercli.output.cells import status_cell
from ordercli.top.dialogs import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ordercli.top.reading import Part
    from ordercli.top.request import TopRequest, View

STYLE = """
Screen { background: ansi_default; color: ansi_default; }
OrdersTable { height: 1fr; }
#names, #counts, #happened, .keys { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
ModalScreen { background: transparent; align: left bottom; }
#line, #change { height: auto; background: ansi_default; border-top: solid ansi_default; }
.-plain #line, .-plain #change { border-top: ascii ansi_default; }
#change { max-height: 100%; overflow-y: auto; }
#sheet { height: 1fr; background: ansi_default; }
#sheet Static { width: auto; }
Sheet { layout: vertical; }
Sheet .keys { background: ansi_default; }
.above { margin-top: 1; }
Input { background: ansi_default; color: ansi_default; }
#problem, #offers { height: auto; }
"""
"""The terminal's own colours, on light and on dark."""


def names_line(request: TopRequest, view: View, part: Part | None) -> Text:
    """Which database is shown, through which filters, and when it was read."""
    read = "" if part is None else local_text(part.read, "%H:%M:%S", request.utc)
    parts = ["ordercli", read, request.profile, view.words, request.database.place]
    return safe("  ".join(each for each in parts if each))


def counts_line(counts: Mapping[str, int] | None, request: TopRequest, width: int) -> Text:
    """How many orders there are in each status, with its name where all of them fit."""
    line = Text()
    if counts is None:
        return line
    for named in (True, False):
        line = Text(counted(sum(counts.values()), "order"), no_wrap=True, overflow="ellipsis")
        for name in (each for each in STATUS_NAMES if counts.get(each)):
            cell = status_cell(name, request.console)
            line.append("  ").append_text(cell if named else cell[:1])
            line.append(f" {grouped(counts[name])}")
        if line.cell_len <= width:
            break
    return line
