"""Moments and durations as people type them; a moment becomes an aware UTC datetime."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from ordercli.base.errors import UsageError
from ordercli.base.language import _, marked
from ordercli.base.times import from_local_time, in_utc, start_of_day

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_MONTHS = {"mo": 1, "y": 12}
_AGE = re.compile(r"(\d{1,18})(s|mo|m|h|d|w|y)")
_CAPITAL_AGE = re.compile(r"(\d{1,18})(s|mo|m|h|d|w|y)", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH = re.compile(r"(\d{4})-(\d\d)")
_TIME_OF_DAY = re.compile(r"(\S+)\s+(\d\d?):(\d\d)(?::(\d\d))?")
_NAMED_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MOMENT_WORDS = ("now", *_NAMED_DAYS, *_WEEKDAYS)
"""The moments that have a name."""

_ADVICE = marked(
    "give a date (2024-03-07), a month (2024-03), a date and time (2024-03-07T14:06 or with an "
    "offset), an age (7d, 12h, 30m, 3mo), now, today, yesterday, tomorrow or a weekday"
)


class _Span(NamedTuple):
    """From a moment to the first one after it; both are the same for an instant."""

    start: datetime
    end: datetime


class MomentRange(NamedTuple):
    """From ``start``, before ``end``; None where the range is open. Aware, UTC."""

    start: datetime | None = None
    end: datetime | None = None


def parse_duration(text: str) -> timedelta:
    """The duration that a number with a unit (s, m, h, d, w) means, as in ``12h``.

    Raises UsageError on anything else: months and years are of no fixed length.
    """
    found = _AGE.fullmatch(text.strip())
    if found is None or found[2] in _MONTHS:
        raise UsageError(
            _("'{text}' is not a duration").format(text=text),
            _("give a number and a unit (s, m, h, d, w), as in 30m, 12h or 7d"),
        )
    try:
        return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    except OverflowError:
        raise UsageError(
            _("'{text}' is too long").format(text=text), _("give a shorter time")
        ) from None


def parse_moment(text: str, now: datetime, *, ahead: bool = False) -> datetime:
    """The moment (UTC) that a text means: a date and a month mean their first instant.

    An age is ago and a weekday the last one, today included; with ``ahead`` both lie in the future.
    Raises UsageError where the text is no moment, and where a change of the clocks makes a local
    time double or missing.
    """
    return _span(text, now, ahead=ahead, after=None).start


def parse_moment_range(text: str, now: datetime, *, ahead: bool = False) -> MomentRange:
    """The range that ``A..B``, ``A..``, ``..B`` or a day or month alone means.

    A weekday at the end is the first one after the start. Raises UsageError on anything else, and
    on a range that ends before it starts.
    """
    first, dots, last = text.partition("..")
    if not dots:
        span = _span(text, now, ahead=ahead, after=None)
        if span.start == span.end:
            raise UsageError(
                _("'{text}' is one moment, not a range").format(text=text),
                _("write {text}.. for after it, or ..{text} for before it").format(text=text),
            )
        return MomentRange(*span)
    if not first.strip() and not last.strip():
        raise UsageError(
            _("'{text}' is a range without an end").format(text=text),
            _("write A..B, A.. or ..B, or leave the option out"),
        )
    start = _span(first, now, ahead=ahead, after=None).start if first.strip() else None
    end = _span(last, now, ahead=ahead, after=start).start if last.strip() else None
    if start is not None and end is not None and end <= start:
        raise UsageError(
            _("the range '{text}' ends before it starts").format(text=text),
            _("write the earlier moment first"),
        )
    return MomentRange(start, end)


def _span(text: str, now: datetime, *, ahead: bool, after: datetime | None) -> _Span:
    """The day or month that a text means, or its instant; a weekday is the first one ``after``."""
    plain = text.strip().lower()
    try:
        days = _days(plain, now, ahead=ahead, after=after)
        local = None if days else _local_time(text.strip(), now, ahead=ahead, after=after)
    except OverflowError:
        raise _no_moment(marked("'{text}' is out of range"), text) from None
    except ValueError:
        raise _no_moment(marked("'{text}' is not a date"), text) from None
    try:
        if days:
            return _Span(*map(_first_instant, days))
        instant = _aged(text.strip(), now, ahead=ahead) if local is None else _in_utc(local, text)
    except (OverflowError, ValueError):
        raise _no_moment(marked("'{text}' is out of range"), text) from None
    return _Span(instant, instant)


def _days(
    plain: str, now: datetime, *, ahead: bool, after: datetime | None
) -> tuple[int, int] | None:
    """The numbers of the first day that a text means, and of the one after the last.

    None where it means no whole days.
    """
    day = _day(plain, now, ahead=ahead, after=after)
    if day is not None:
        return day.toordinal(), day.toordinal() + 1
    if found := _MONTH.fullmatch(plain):
        first = date(int(found[1]), int(found[2]), 1).toordinal()
        return first, first + calendar.monthrange(int(found[1]), int(found[2]))[1]
    return None


def _first_instant(ordinal: int) -> datetime:
    """The first instant of a local day, by its number; the last of all where there is none."""
    if ordinal > date.max.toordinal():
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(date.fromordinal(ordinal))


def _day(plain: str, now: datetime, *, ahead: bool, after: datetime | None) -> date | None:
    """The local day that a date or a name means; None where it means none."""
    today = now.astimezone().date()
    if plain in _NAMED_DAYS:
        return today + timedelta(days=_NAMED_DAYS[plain])
    if plain in _WEEKDAYS:
        wanted = _WEEKDAYS.index(plain)
        if after is not None:
            next_day = after.astimezone().date() + timedelta(days=1)
            return next_day + timedelta(days=(wanted - next_day.weekday()) % 7)
        distance = (wanted - today.weekday()) % 7
        return today + timedelta(days=distance if ahead or distance == 0 else distance - 7)
    return date.fromisoformat(plain) if _DAY.fullmatch(plain) else None


def _local_time(
    text: str, now: datetime, *, ahead: bool, after: datetime | None
) -> datetime | None:
    """The date and time that a text means, local where it has no offset; None for an age or now."""
    if text.lower() == "now" or _AGE.fullmatch(text):
        return None
    if found := _CAPITAL_AGE.fullmatch(text):
        raise _capital_unit(text, found[1])
    if found := _TIME_OF_DAY.fullmatch(text.lower()):
        day = _day(found[1], now, ahead=ahead, after=after)
        if day is not None:
            hour, minute, second = (int(part or 0) for part in found.group(2, 3, 4))
            return datetime.combine(day, time(hour, minute, second))
    return datetime.fromisoformat(text)


def _in_utc(moment: datetime, text: str) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else from_local_time(moment, text)


def _aged(text: str, now: datetime, *, ahead: bool) -> datetime:
    """The moment of an age, before ``now`` or after; months and years are of the local calendar."""
    found = _AGE.fullmatch(text)
    if found is None:
        return now
    number = int(found[1]) if ahead else -int(found[1])
    if found[2] not in _MONTHS:
        return now + timedelta(seconds=number * _SECONDS[found[2]])
    local = now.astimezone()
    day = _months_later(local.date(), number * _MONTHS[found[2]])
    return in_utc(datetime.combine(day, local.time()))


def _months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that has fewer days."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _capital_unit(text: str, number: str) -> UsageError:
    unit = text.removeprefix(number)
    meant = f"{number}{unit.lower()}"
    if unit == "M":
        advice = _("write {minutes} for minutes or {months} for months")
        return _no_unit(text, advice.format(minutes=f"{number}m", months=f"{number}mo"))
    return _no_unit(text, _("did you mean {text}?").format(text=meant))


def _no_unit(text: str, advice: str) -> UsageError:
    return UsageError(_("'{text}': units are small letters").format(text=text), advice)


def _no_moment(message: str, text: str) -> UsageError:
    return UsageError(_(message).format(text=text), _(_ADVICE))
