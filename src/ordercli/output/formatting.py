"""Values as people read them: in their language, local time and decimal units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.language import _, is_french, plural
from ordercli.base.text import grouped, printable
from ordercli.base.times import local_text
from ordercli.base.values import Kind, read_moment
from ordercli.domain.history import SHORT_OPERATION, action_word

if TYPE_CHECKING:
    from collections import Counter
    from datetime import datetime

    from ordercli.base.values import Row, Value
    from ordercli.domain.columns import Field
    from ordercli.output.formats import Layout

_SIZE_PREFIXES = "kMGTPEZY"
_HOUR_SECONDS = 3600


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
    if kind is Kind.OPERATION:
        value = value[:SHORT_OPERATION]
    if kind is Kind.ACTION:
        value = action_word(value)
    return printable(_(value) if kind is Kind.STATUS else value)


def counted_statuses(numbers: Counter[str]) -> str:
    """How many orders there are in each status, the most first: ``51 done, 2 pending``."""
    return ", ".join(
        f"{grouped(number)} {plural(status, status, number)}"
        for status, number in numbers.most_common()
    )


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


def short_size(size: int) -> str:
    """A size in bytes in three digits: ``89.5 kB``, ``464 MB``."""
    number, unit = human_size(size).split()
    point = "," if is_french() else "."
    if point in number:
        number = f"{round(float(number.replace(',', '.')), 3 - len(number.partition(point)[0]))}"
        number = number[:4].rstrip(".").replace(".", point)
    return f"{number} {unit}"


def short_moment(text: str, now: datetime, *, utc: bool) -> str:
    """A moment for people in eleven characters: without its year this year, else without a time."""
    return text[5:] if text[:5] == local_text(now, "%Y-", utc) else text[:10]


def title_of(column: Field, layout: Layout, *, short: bool = False) -> str:
    """The title of a column, with what its times are in; ``short`` for a narrow window."""
    title = _(column.short if short and column.short else column.title)
    return f"{title} (UTC)" if layout.utc and column.kind is Kind.MOMENT else title


def time_left(row: Row, now: datetime, *, short: bool = False) -> str:
    """How long the files of an order are left, within its last hour, or that they have expired.

    Nothing for an order that has more time, or no files any more.
    """
    expires = read_moment(str(row.get("expiration")))
    if expires is None or row["status"] in ("expired", "removed"):
        return ""
    seconds = (expires - now).total_seconds()
    if seconds <= 0:
        return _("exp.") if short else _("expired")
    minutes = _("{minutes}m") if short else _("{minutes} min")
    return minutes.format(minutes=int(seconds // 60)) if seconds <= _HOUR_SECONDS else ""


def human_duration(seconds: int) -> str:
    """A duration by its two largest units: ``3 d 4 h``, ``12 min 5 s``."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, _HOUR_SECONDS)
    minutes, rest = divmod(rest, 60)
    parts = [
        (days, _("{number} d")), (hours, _("{number} h")),
        (minutes, _("{number} min")), (rest, _("{number} s")),
    ]  # fmt: skip
    largest = next((place for place, (number, _word) in enumerate(parts) if number), 3)
    return " ".join(
        word.format(number=number) for number, word in parts[largest : largest + 2] if number
    ) or parts[3][1].format(number=0)


def _human_number(kind: Kind, number: int) -> str:
    if kind is Kind.BYTES:
        return human_size(number)
    if kind is Kind.DURATION:
        return human_duration(number)
    return _("{number}%").format(number=number) if kind is Kind.PERCENT else str(number)
