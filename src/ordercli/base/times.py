"""Moments and durations as people type them; a moment is always an aware UTC datetime."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ordercli.base.errors import UsageError
from ordercli.base.language import _, marked

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGE = re.compile(r"(\d{1,18})([smhdw])")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_POSIX_ZONE = re.compile(
    r"""
    UTC | GMT
    | :? {name} {offset} ( {name} ({offset})? ( ,{rule},{rule} )? )?
    """.format(
        name=r"( <[-+A-Za-z0-9]{3,}> | [A-Za-z]{3,} )",
        offset=r"[-+]? ( 2[0-4] | [01]?[0-9] ) ( :[0-5][0-9] ){0,2}",
        rule=r"( M[0-9]{1,2}\.[1-5]\.[0-6] | J?[0-9]{1,3} ) ( /[-+]?[0-9]{1,3}(:[0-5][0-9])* )?",
    ),
    re.VERBOSE,
)
"""A zone that its own name describes, as in ``CET-1CEST,M3.5.0,M10.5.0/3``."""

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
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _not_a_moment(marked("'{text}' is not a date"), text) from None
    try:
        if _DAY.fullmatch(plain):
            return _start_of(moment.date())
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

    zone = name.removeprefix(":")
    try:
        if zone.startswith("/"):
            with Path(zone).open("rb") as file:
                ZoneInfo.from_file(file)
        else:
            ZoneInfo(zone)
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
    return _in_utc(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - local on purpose


def _from_local(moment: datetime, text: str) -> datetime:
    early, late = (_in_utc(moment.replace(fold=fold)) for fold in (0, 1))
    if early == late:
        return early
    twice = _("local time '{text}' happens twice, the clocks change then")
    never = _("local time '{text}' does not exist, the clocks change then")
    first, second = (f"{reading:%Y-%m-%dT%H:%M:%SZ}" for reading in sorted((early, late)))
    raise UsageError(
        (twice if early < late else never).format(text=text),
        _("say {first} or {second}").format(first=first, second=second),
    )


def _in_utc(local: datetime) -> datetime:
    """The moment of a local time; where the clocks jump over it, as if they jumped after it.

    With ``fold`` 1 it is the second of two such times, or as if the clocks had jumped before.
    """
    # Not astimezone, which takes the offset of the moment found, not the one it was found with.
    return datetime.fromtimestamp(local.timestamp(), UTC)
