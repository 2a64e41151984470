"""How the values of orders are written.

A *machine value* is what files and programs get: an int, a text, or None; a moment is a text in
UTC, ISO 8601 with ``Z``. The databases deliver machine values; what people see is made from them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum, auto

from ordercli.base.language import _, is_french
from ordercli.base.text import printable
from ordercli.base.times import local_text

Value = int | str | None

Row = dict[str, Value]
"""One of anything that is listed: machine values by column key."""

LARGEST_INTEGER = 2**63 - 1
"""The largest number that a database holds, and so the highest id."""

_SIZE_PREFIXES = "kMGTPEZY"


class Kind(Enum):
    """What a value is, and so how it is written and aligned."""

    NUMBER = auto()
    PERCENT = auto()
    BYTES = auto()
    TEXT = auto()
    STATUS = auto()
    MOMENT = auto()

    @property
    def numeric(self) -> bool:
        """Whether the value is a number, to be aligned to the right."""
        return self in (Kind.NUMBER, Kind.PERCENT, Kind.BYTES)


def human(kind: Kind, value: Value, *, utc: bool = False, seconds: bool = False) -> str:
    """A machine value as people read it, safe for a terminal.

    Times are local unless ``utc``, to the minute unless ``seconds``; sizes have decimal units.
    """
    if value is None:
        return ""
    if kind is Kind.MOMENT:
        return human_moment(str(value), utc=utc, seconds=seconds)
    if isinstance(value, int):
        return _human_number(kind, value)
    return printable(_(value) if kind is Kind.STATUS else value)


def human_size(size: int) -> str:
    """A size in bytes with a decimal unit, two decimals from the kilobyte on: ``89.45 kB``."""
    point, byte = (",", "o") if is_french() else (".", "B")
    if abs(size) < 1000:
        return f"{size} {byte}"
    sign = "-" if size < 0 else ""
    for power, prefix in enumerate(_SIZE_PREFIXES, start=1):
        scale = 1000**power
        hundredths = (abs(size) * 100 + scale // 2) // scale
        if hundredths < 100_000 or prefix == _SIZE_PREFIXES[-1]:
            break
    return f"{sign}{hundredths // 100}{point}{hundredths % 100:02d} {prefix}{byte}"


def human_moment(value: str, *, utc: bool, seconds: bool) -> str:
    """A machine moment in local time or UTC; a text that is no moment is shown as it is."""
    moment = read_moment(value)
    if moment is None:
        return printable(value)
    return local_text(moment, "%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M", utc)


def machine_moment(moment: datetime) -> str:
    """The moment in UTC, ISO 8601 with ``Z``, with no more decimals than it needs."""
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return _without_trailing_zeros(plain.isoformat(timespec="microseconds")) + "Z"


def stored_moment(moment: datetime) -> str:
    """The moment as the embedded database stores it, and PostgreSQL writes it: UTC, no zone."""
    return machine_moment(moment).removesuffix("Z").replace("T", " ")


def read_moment(value: str) -> datetime | None:
    """The moment (UTC) that a machine value says; None where it says none."""
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _human_number(kind: Kind, number: int) -> str:
    if kind is Kind.BYTES:
        return human_size(number)
    return _("{number}%").format(number=number) if kind is Kind.PERCENT else str(number)


def _without_trailing_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
