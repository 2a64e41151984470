"""Local time and UTC, and the time zone of the process."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ordercli.base.errors import UsageError
from ordercli.base.language import _

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

_FIRST_CHANGES = datetime(1900, 1, 1, tzinfo=UTC)
_LAST_CHANGES = datetime(2100, 1, 1, tzinfo=UTC)


def now() -> datetime:
    """The present moment, UTC: the clock of every run that is given no other."""
    return datetime.now(UTC)


def local_text(moment: datetime, pattern: str, utc: bool) -> str:
    """The moment in local time, or in UTC, by a ``strftime`` pattern; a year has four digits."""
    moment = local(moment, utc)
    # Where the C library writes %Y of the year 44 as 44.
    return moment.strftime(pattern.replace("%Y", f"{moment.year:04}"))


def local(moment: datetime, utc: bool) -> datetime:
    """The moment in local time, or in UTC; as it is where that leaves the years 1 to 9999."""
    with suppress(OverflowError, ValueError):
        moment = moment.astimezone(UTC if utc else None)
    return moment


def check_time_zone() -> None:
    """Raise UsageError where ``TZ`` names no zone that exists: it would silently mean UTC."""
    name = os.environ.get("TZ", "")
    if not name or _POSIX_ZONE.fullmatch(name):
        return
    from zoneinfo import TZPATH, ZoneInfo  # noqa: PLC0415 - few environments have a TZ

    zone = name.removeprefix(":")
    try:
        if zone.startswith("/"):
            with Path(zone).open("rb") as file:
                ZoneInfo.from_file(file)
        else:
            ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        if not any(map(os.path.isdir, TZPATH)):
            raise UsageError(
                _("this machine has no time zones, and TZ names '{name}'").format(name=name),
                _("install its package tzdata, or set TZ to UTC"),
            ) from None
        raise UsageError(
            _("TZ names a time zone that does not exist: '{name}'").format(name=name),
            _("set it to one such as Europe/Paris"),
        ) from None


def start_of_day(day: date) -> datetime:
    """The first instant of a local day: where the clocks jump over midnight, the jump itself."""
    return in_utc(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - local on purpose


def from_local_time(moment: datetime, text: str) -> datetime:
    """The moment (UTC) of a local time, which ``text`` names.

    Raises UsageError where a change of the clocks makes it double or missing, with both readings.
    """
    early, late = (in_utc(moment.replace(fold=fold)) for fold in (0, 1))
    if early == late:
        return early
    twice = _("local time '{text}' happens twice, the clocks change then")
    never = _("local time '{text}' does not exist, the clocks change then")
    first, second = (
        reading.isoformat(timespec="seconds").replace("+00:00", "Z")
        for reading in sorted((early, late))
    )
    raise UsageError(
        (twice if early < late else never).format(text=text),
        _("say {first} or {second}").format(first=first, second=second),
    )


def in_utc(local: datetime) -> datetime:
    """The moment of a local time; where the clocks jump over it, as if they jumped after it.

    With ``fold`` 1 it is the second of two such times, or as if the clocks had jumped before.
    """
    # Not astimezone, which takes the offset of the moment found, not the one it was found with.
    return datetime.fromtimestamp(local.timestamp(), UTC)


def local_offsets(first: datetime, last: datetime) -> list[tuple[datetime, timedelta]]:
    """How far local time is ahead of UTC between two moments: from when on, and by how much.

    The first entry holds before it as well, and the last one after it. No change of the clocks is
    looked for before 1900, when there were none, or after 2100, of which nobody knows any.
    """
    moment = min(max(first, _FIRST_CHANGES), _LAST_CHANGES).replace(microsecond=0)
    last = min(last, _LAST_CHANGES)
    found = [(moment, _offset(moment))]
    while moment < last:
        later = moment + timedelta(days=1)
        if _offset(later) != found[-1][1]:
            later = _change_between(moment, later)
            found.append((later, _offset(later)))
        moment = later
    return found


def _change_between(early: datetime, late: datetime) -> datetime:
    """The first second with another offset than the early one has."""
    before = _offset(early)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        early, late = (middle, late) if _offset(middle) == before else (early, middle)
    return late


def _offset(moment: datetime) -> timedelta:
    return moment.astimezone().utcoffset() or timedelta()
