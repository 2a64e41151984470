"""Every command there is, so that a matrix of tests can be held to have them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.command_help import read_help

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def without_row(rows: Iterable[Sequence[object]]) -> set[str]:
    """The commands that none of these command lines runs."""
    _root, *commands = (each.path.partition(" ")[2] for each in read_help())
    lines = [" ".join(map(str, words)) + " " for words in rows]
    return {each for each in commands if not any(line.startswith(f"{each} ") for line in lines)}
