"""Ranges as people type them: of numbers, to which both ends belong, and of moments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.moments import MomentRange, parse_moment_range
from ordercli.base.values import LARGEST_INTEGER, Kind

if TYPE_CHECKING:
    from datetime import datetime

    from ordercli.domain.columns import Column

_NUMBER = re.compile(r"(-?\d{1,19})%?")
_SIZE = re.compile(r"(\d{1,19}(?:\.\d{1,18})?)\s?([kMGTP]?)(i?)B?")
_POWERS = {"": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5}
_KIBI = re.compile(r"(\d)\s?K(i)")  # KiB is written with a capital letter, kB with a small one


class NumberRange(NamedTuple):
    """From ``lowest`` to ``highest``, both included; None where the range is open."""

    lowest: int | None = None
    highest: int | None = None


@dataclass(frozen=True)
class ColumnRange:
    """Chooses the orders whose value in a column lies in a range; no value lies in none."""

    column: Column
    within: NumberRange | MomentRange


def parse_range(column: Column, text: str, now: datetime) -> ColumnRange:
    """The range of a column that a text means, with its moments relative to ``now``.

    Raises UsageError where it means none.
    """
    if column.kind is Kind.MOMENT:
        return ColumnRange(column, parse_moment_range(text, now, ahead=column.ahead))
    return ColumnRange(column, parse_number_range(text, sizes=column.kind is Kind.BYTES))


def parse_number_range(text: str, *, sizes: bool = False) -> NumberRange:
    """The range that ``A..B``, ``A..``, ``..B`` or a number alone means.

    With ``sizes`` numbers are bytes and may have a unit: ``k``, ``M``, ``G``, ``T``, ``P`` are
    decimal, ``KiB`` and its like are not. Raises UsageError on anything else, and on a range that
    ends before it starts.
    """
    first, dots, last = text.strip().partition("..")
    parse = _size if sizes else _number
    if not dots:
        number = parse(first, text)
        return NumberRange(number, number)
    if not first.strip() and not last.strip():
        raise UsageError(
            _("'{text}' is a range without an end").format(text=text),
            _("write A..B, A.. or ..B, or leave the option out"),
        )
    lowest = parse(first, text) if first.strip() else None
    highest = parse(last, text) if last.strip() else None
    if lowest is not None and highest is not None and highest < lowest:
        raise UsageError(
            _("the range '{text}' ends before it starts").format(text=text),
            _("write the lower number first"),
        )
    return NumberRange(lowest, highest)


def _number(word: str, text: str) -> int:
    found = _NUMBER.fullmatch(word.strip())
    if found is None or abs(int(found[1])) > LARGEST_INTEGER:
        raise UsageError(
            _("'{text}' is not a range of numbers").format(text=text),
            _("write a number, or A..B, A.. or ..B, as in 1..99"),
        )
    return int(found[1])


def _size(word: str, text: str) -> int:
    """The bytes of a size; a part of a byte is cut off."""
    found = _SIZE.fullmatch(_KIBI.sub(r"\1k\2", word.strip()))
    if found is not None and (found[2] or not found[3]):
        size = int(Decimal(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2]])
        if size <= LARGEST_INTEGER:
            return size
    raise UsageError(
        _("'{text}' is not a range of sizes").format(text=text),
        _("write bytes, or a number with k, M, G, T, KiB, MiB, GiB or TiB, as in 10G.. or 1M..2G"),
    )
