"""Hours, days, weeks, months and years, in local time or UTC, by the keys that totals have."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ordercli.base.values import machine_moment, read_moment
from ordercli.domain.statistics import TOTALS, sum_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ordercli.base.values import Row
    from ordercli.domain.statistics import Span

_MOST_FILLED = 10_000
"""Periods that are shown at most without an order in them: nobody reads more."""

_HOUR = timedelta(hours=1)
_INSTANT = timedelta(microseconds=1)


def with_empty_periods(
    rows: Sequence[Row],
    period: str,
    span: Span,
    *,
    utc: bool,
) -> list[Row]:
    """The rows of a period's totals, and one of zeros for each period between that has no order.

    They begin and end with the ``span`` (its end is no part of it), or with the first and the last
    of them where it is open. Where these are very many, the rows come as they are.
    """
    keys = sorted(str(row[period]) for row in rows if row[period] is not None)
    first = [_start_of(keys[0], utc=utc)] if keys else []
    last = [_start_of(keys[-1], utc=utc)] if keys else []
    if span[0] is not None:
        first.append(span[0])
    if span[1] is not None:
        last.append(span[1] - _INSTANT)
    if not first or not last:
        return list(rows)
    by_key = {row[period]: row for row in rows}
    for number, key in enumerate(periods(period, min(first), max(last), utc=utc)):
        if number == _MOST_FILLED:
            return list(rows)
        by_key.setdefault(key, {period: key, **dict.fromkeys((each.key for each in TOTALS), 0)})
    return list(by_key.values())


def periods(period: str, first: datetime, last: datetime, *, utc: bool) -> Iterator[str]:
    """The keys of all periods from that of the first moment to that of the last one."""
    if period == "hour":
        moment = first
        while moment <= last:
            yield _key_of_hour(moment, utc=utc)
            moment += _HOUR
        return
    zone = UTC if utc else None
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    before = ""
    while day <= end:
        key = key_of_day(period, day)
        if key != before:
            yield key
        before = key
        day += timedelta(days=1)


def in_longer_periods(days: Iterable[Row], period: str) -> list[Row]:
    """The totals of days as those of the weeks, months or years that they lie in."""
    gathered: dict[str | None, list[Row]] = {}
    for row in days:
        day = row["day"]
        key = None if day is None else key_of_day(period, date.fromisoformat(str(day)))
        gathered.setdefault(key, []).append(row)
    return [{period: key, **sum_of(rows)} for key, rows in gathered.items()]


def key_of_day(period: str, day: date) -> str:
    """The key of the day, week, month or year that a day lies in."""
    if period == "week":
        day -= timedelta(days=day.weekday())
    return day.isoformat()[: {"year": 4, "month": 7}.get(period, 10)]


def _key_of_hour(moment: datetime, *, utc: bool) -> str:
    local = moment.astimezone(UTC if utc else None)
    begun = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return machine_moment(moment - begun)


def _start_of(key: str, *, utc: bool) -> datetime:
    """The first moment of the period with this key."""
    hour = read_moment(key)
    if hour is not None:
        return hour
    day = date.fromisoformat((key + "-01-01")[:10])
    noon = datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 - local, and never skipped
    return noon.replace(tzinfo=UTC) if utc else noon.astimezone()
