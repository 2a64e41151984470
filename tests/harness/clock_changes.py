"""What local times mean around a change of the clocks, by ``zoneinfo`` and by the program."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from harness.program import Clock
from ordercli.base.errors import UsageError
from ordercli.base.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

_HALF_HOUR = timedelta(minutes=30)


@contextmanager
def living_in(zone: str) -> Iterator[ZoneInfo]:
    """The time zone, which is the local one meanwhile."""
    before = os.environ["TZ"]
    os.environ["TZ"] = zone
    time.tzset()
    try:
        yield ZoneInfo(zone)
    finally:
        os.environ["TZ"] = before
        time.tzset()


def days_of_change(zone: ZoneInfo, year: int) -> list[date]:
    """The days of a year on which the clocks change: their offset differs between its ends."""
    midnights = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(730)]
    offsets = [each.astimezone(zone).utcoffset() for each in midnights]
    changes = zip(midnights, offsets, offsets[1:], strict=False)
    return [each.astimezone(zone).date() for each, before, after in changes if before != after]


def check_day(zone: ZoneInfo, day: date) -> tuple[int, int]:
    """Read every half hour around a day, which has to mean what ``zoneinfo`` says.

    Gives how many local times were read, and how many were rightly refused.
    """
    local_times = [datetime(day.year, day.month, day.day) + _HALF_HOUR * n for n in range(-24, 72)]  # noqa: DTZ001 - local on purpose
    refused = sum(not _is_accepted(zone, local) for local in local_times)
    for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
        assert parse_moment(each.isoformat(), Clock().now) == _start_of(zone, each), each
    return len(local_times), refused


def _is_accepted(zone: ZoneInfo, local: datetime) -> bool:
    early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    text = local.isoformat(timespec="minutes")
    if early == late:
        assert parse_moment(text, Clock().now) == early, text
        return True
    with pytest.raises(UsageError) as refused:
        parse_moment(text, Clock().now)
    told = "happens twice" if early < late else "does not exist"
    first, second = (f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in sorted((early, late)))
    assert str(refused.value) == (
        f"local time '{text}' {told}, the clocks change then; say {first} or {second}"
    )
    return False


def _start_of(zone: ZoneInfo, day: date) -> datetime:
    """The first quarter of an hour that the zone's calendars call this day, or a later one."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=26)
    while moment.astimezone(zone).date() < day:
        moment += _HALF_HOUR / 2
    return moment
