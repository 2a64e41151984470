"""How wide the columns of a table are: what it makes shorter where the window is narrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from ordercli.base.language import marked
from ordercli.base.values import Kind
from ordercli.domain.columns import Field
from ordercli.output.cells import short_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

LEFT = Field("left", marked("Left"), Kind.TEXT)
"""Beside the status, where the files of an order expire soon or have expired."""

_USERS = ("user", "actor")


@dataclass(frozen=True)
class Fit:
    """What a table makes shorter: see ``FITS``. Only texts are cut, to the fewest cells here."""

    text: int = 30
    user: int = 1000
    domains: bool = True
    titles: bool = False
    values: bool = False
    bars: bool = True
    tight: bool = False

    @property
    def gap(self) -> int:
        """The cells between two columns."""
        return 1 if self.tight else 2

    def floors(self, column: Field, width: int, cells: Sequence[Text]) -> tuple[int, int]:
        """To how few cells the column may be narrowed at first, and if need be."""
        if column.kind is not Kind.TEXT or column is LEFT:
            return width, width
        if column.key not in _USERS:
            return width, min(width, self.text)
        if self.domains:
            return width, width
        names = max((cell_len(short_user(cell.plain)) for cell in cells), default=0)
        return min(width, names), min(width, names, self.user)


FITS = (
    Fit(),
    Fit(titles=True, text=24),
    Fit(titles=True, domains=False, text=28, user=20),
    Fit(titles=True, domains=False, text=24, user=16, values=True),
    Fit(titles=True, domains=False, text=22, user=14, values=True, bars=False),
    Fit(titles=True, domains=False, text=8, user=8, values=True, bars=False, tight=True),
)
"""From a wide window to a narrow one. Ids, numbers and statuses are never cut."""


def fitted_widths(
    cells: Sequence[Sequence[Text]],
    columns: Sequence[Field],
    titles: Sequence[str],
    window: int | None,
    fit: Fit,
) -> list[int] | None:
    """The width of each column, or None where they do not fit the window.

    A column is as wide as its widest cell, or as far narrower as is needed and may be: users lose
    their domains first, then the widest text gives way, and names come last.
    """
    titled = [max(map(cell_len, heading.split("\n"))) for heading in titles]
    below = [[line[index] for line in cells] for index in range(len(columns))]
    widths = [
        max(title, *(cell.cell_len for cell in column))
        for title, column in zip(titled, below, strict=True)
    ]
    if window is None:
        return widths
    room = window - fit.gap * (len(widths) - 1)
    floors = [fit.floors(*each) for each in zip(columns, widths, below, strict=True)]
    for lowest in zip(*floors, strict=True):
        _narrow(widths, [max(each) for each in zip(lowest, titled, strict=True)], room)
    return widths if sum(widths) <= room else None


def _narrow(widths: list[int], lowest: Sequence[int], room: int) -> None:
    """Narrow the widest column, time and again, until all fit the room or are at their lowest."""
    while sum(widths) > room:
        over = [index for index, width in enumerate(widths) if width > lowest[index]]
        if not over:
            return
        widths[max(over, key=lambda index: widths[index])] -= 1
