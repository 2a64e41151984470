"""Moments and durations as people type them; a moment is always an aware UTC datetime."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta

from ordercli.errors import UsageError
from ordercli.language import _, marked

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d{1,18})([smhdw])")
_POSIX_ZONE = re.compile(r":?(<[+\-\w]{3,}>|[A-Za-z]{3,})[+-]?\d{1,2}(:\d\d){0,2}\S*|UTC|GMT")
_MOMENT_ADVICE = marked(
    "give a date (2024-03-07), a date and time (2024-03-07T14:06 or with an offset), "
    "an age (7d, 12h, 30m), today or yesterday"
)


def parse_duration(text: str) -> timedelta:
    """The duration that a number with a unit (s, m, h, d, w) means, as in ``12h``.

    Raises UsageError on anything else.
    """
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(
            _("'{text}' is not a duration").format(text=text),
            _("give a number and a unit, as in 30m, 12h or 7d"),
        )
    try:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        raise UsageError(
            _("'{text}' is too long").format(text=text), _("give a shorter time")
        ) from None


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment (UTC) that a date, a date and time, an age before ``now`` or a day's name means.

    A date is its first instant, and a time without offset is local. Raises UsageError where the
    text is none of these, and where a change of the clocks makes a local time double or missing.
    """
    plain = text.strip().lower()
    if _AGE.fullmatch(plain):
        return _before(now, parse_duration(plain), text)
    days = {"today": 0, "yesterday": 1}.get(plain)
    if days is not None:
        day = now.astimezone().date() - timedelta(days=days)
        return _start_of(day)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", plain):
            return _start_of(date.fromisoformat(plain))
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _not_a_moment(marked("'{text}' is not a date"), text) from None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else _from_local(moment, text)
    except (OverflowError, ValueError):
        raise _not_a_moment(marked("'{text}' is out of range"), text) from None


def local_text(moment: datetime, pattern: str, utc: bool) -> str:
    """The moment in local time, or in UTC, by a ``strftime`` pattern."""
    try:
        return moment.astimezone(UTC if utc else None).strftime(pattern)
    except (OverflowError, ValueError):  # local time would leave the years 1 to 9999
        return moment.strftime(pattern)


def check_time_zone() -> None:
    """Raise UsageError where ``TZ`` names no zone that exists: it would silently mean UTC."""
    name = os.environ.get("TZ", "")
    if not name or _POSIX_ZONE.fullmatch(name):
        return
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - few environments have a TZ

    try:
        ZoneInfo(name.removeprefix(":").removeprefix("/usr/share/zoneinfo/"))
    except (ValueError, OSError, KeyError):
        raise UsageError(
            _("TZ names a time zone that does not exist: '{name}'").format(name=name),
            _("set it to one such as Europe/Paris"),
        ) from None


def _before(now: datetime, age: timedelta, text: str) -> datetime:
    try:
        return now - age
    except OverflowError:
        raise _not_a_moment(marked("'{text}' is too long ago"), text) from None


def _not_a_moment(message: str, text: str) -> UsageError:
    return UsageError(_(message).format(text=text), _(_MOMENT_ADVICE))


def _start_of(day: date) -> datetime:
    """The first instant of a local day: where the clocks jump over midnight, the jump itself."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local on purpose
    return midnight.astimezone(UTC)


def _from_local(moment: datetime, text: str) -> datetime:
    early, late = (moment.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return early
    twice = _("local time '{text}' happens twice, the clocks change then")
    never = _("local time '{text}' does not exist, the clocks change then")
    first, second = (f"{reading:%Y-%m-%dT%H:%M:%SZ}" for reading in sorted((early, late)))
    raise UsageError(
        (twice if early < late else never).format(text=text),
        _("say {first} or {second}").format(first=first, second=second),
    )
