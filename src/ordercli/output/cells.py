"""The cells of a table: values in their colours, and cut to the width that there is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len
from rich.text import Text

from ordercli.base.language import _
from ordercli.base.values import Kind
from ordercli.domain.status import STATUS_NAMES, status_shown
from ordercli.output.formatting import human

if TYPE_CHECKING:
    from ordercli.base.values import Row, Value
    from ordercli.output.console import Console

PROGRESS_CELLS = 8
"""The length of a bar that shows the progress of an order."""

ALARM = "bold #ffffff on #af0000"
"""What is about to be lost: it brings its own ground, to be read on any other."""

DIM = "#767676"
"""Lines, and what a bar has not reached."""

_BAR = "#0078d0"

_CUT_IN_THE_MIDDLE = ("label", "database", "service")
_HALF_BLOCK = "▄"


def status_cell(name: str, console: Console, *, short: bool = False) -> Text:
    """A displayed status, behind its sign in its colour; the word is read on any ground."""
    status = status_shown(name)
    sign = status.look.sign if console.unicode else status.look.plain_sign
    word = status.short_name if short else _(name)
    return Text.assemble((sign, status.look.colour), " ", word)


def progress_cell(percent: int, row: Row, console: Console) -> Text:
    """A progress as a bar in the colour of the order's status, and as a number."""
    full, empty = ("━", "─") if console.unicode else ("#", ".")
    done = min(max(percent, 0), 100) * PROGRESS_CELLS // 100
    status = row.get("status")
    colour = status_shown(str(status)).look.colour if status in STATUS_NAMES else "default"
    cell = Text(full * done, colour)
    cell.append(empty * (PROGRESS_CELLS - done), style=DIM)
    text = human(Kind.PERCENT, percent).rjust(len(human(Kind.PERCENT, 100)))
    return Text.assemble(cell, " ", text)


def bar_cell(share: Value, width: int, console: Console) -> Text:
    """A bar as long as a share of the width, in thousandths; a cell at least where there is one.

    It is half as high as its line, so that those of a chart stay apart.
    """
    number = share if isinstance(share, int) else 0
    cells = max(number * width // 1000, number > 0)
    return Text((_HALF_BLOCK if console.unicode else "#") * cells, _BAR)


def terminal_colours() -> Literal["standard", "256", "truecolor"]:
    """How many colours the terminal has."""
    said = os.environ.get("COLORTERM", "")
    if said in ("truecolor", "24bit"):
        return "truecolor"
    return "256" if said or "256color" in os.environ.get("TERM", "") else "standard"


def dot(console: Console) -> str:
    """What stands before what has changed, where colours may be missing."""
    return "●" if console.unicode else "*"


def shortened(key: str, cell: Text, width: int, console: Console) -> Text:
    """The cell of a column, no wider than ``width``.

    A user is cut before the domain, a label or an address in its middle: what tells it apart is
    often at its end. Any other text is cut at its end.
    """
    if cell.cell_len <= width:
        return cell
    gap = "…" if console.unicode else "~"
    text = cell.plain
    if key in ("user", "actor"):
        short = short_user(text, gap)
        return Text(short if cell_len(short) <= width else _head(text, width - 1) + gap)
    if key in _CUT_IN_THE_MIDDLE:
        tail = _tail(text, (width - 1) // 2)
        return Text(_head(text, width - 1 - cell_len(tail)) + gap + tail)
    return Text(_head(text, width - 1) + gap, cell.style)


def short_user(address: str, gap: str = "…") -> str:
    """An address without its domain."""
    name, at, domain = address.partition("@")
    return f"{name}@{gap}" if at and domain else address


def _head(text: str, width: int) -> str:
    """As much of the beginning of a text as fits the width."""
    end = len(text)
    while cell_len(text[:end]) > width:
        end -= 1
    return text[:end]


def _tail(text: str, width: int) -> str:
    """As much of the end of a text as fits the width, from a character that has a width."""
    start = 0
    while start < len(text) and (cell_len(text[start:]) > width or not cell_len(text[start])):
        start += 1
    return text[start:]
