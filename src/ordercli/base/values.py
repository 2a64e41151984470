"""The values of orders, as files and programs get them.

A *machine value* is what files and programs get: an int, a text, or None; a moment is a text in
UTC, ISO 8601 with ``Z``. The databases deliver machine values; ``output`` makes what people see.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum, auto

Value = int | str | None

Row = dict[str, Value]
"""One of anything that is listed: machine values by column key."""

LARGEST_INTEGER = 2**63 - 1
"""The largest number that a database holds, and so the highest id."""


class Kind(Enum):
    """What a value is, and so how it is written and aligned."""

    NUMBER = auto()
    PERCENT = auto()
    BYTES = auto()
    TEXT = auto()
    STATUS = auto()
    MOMENT = auto()
    BAR = auto()
    """A share in thousandths, for people alone."""
    DURATION = auto()
    """Whole seconds."""
    OPERATION = auto()
    """The id of a run, of which people need the beginning."""
    ACTION = auto()
    """The name of an action, which people read in their language."""

    @property
    def numeric(self) -> bool:
        """Whether the value is a number, to be aligned to the right."""
        return self in (Kind.NUMBER, Kind.PERCENT, Kind.BYTES, Kind.DURATION)


def number_in(value: Value) -> int:
    """The value where it is a number, else 0."""
    return value if isinstance(value, int) else 0


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


def _without_trailing_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
