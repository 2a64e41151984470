"""Hours, days, weeks, months and years, in local time or UTC, by the keys that totals have."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ordercli.base.times import local
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
_FIRST = datetime(1, 1, 1, tzinfo=UTC)


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
    ends = [each for each in (span[0], span[1] and span[1] - _INSTANT) if each is not None]
    if not keys and len(ends) < len(span):
        return list(rows)
    outermost = (*keys[:1], *keys[-1:])
    if period == "hour":
        begun = (read_moment(key) for key in outermost)  # that of the year 0 is none
        every = _hours([*filter(None, begun), *ends], utc=utc)
    else:
        days = [local(each, utc).date() for each in ends]
        every = _periods(period, [*map(_first_day, outermost), *days])
    by_key = {row[period]: row for row in rows}
    for number, key in enumerate(every):
        if number == _MOST_FILLED:
            return list(rows)
        by_key.setdefault(key, {period: key, **dict.fromkeys((each.key for each in TOTALS), 0)})
    return list(by_key.values())


def _hours(moments: Sequence[datetime], *, utc: bool) -> Iterator[str]:
    """The keys of all hours from that of the first moment to that of the last one."""
    moment, last = min(moments), max(moments)
    yield _key_of_hour(moment, utc=utc)
    while last - moment >= _HOUR:
        moment += _HOUR
        yield _key_of_hour(moment, utc=utc)


def _periods(period: str, days: Sequence[date]) -> Iterator[str]:
    """The keys of all periods from that of the first day to that of the last one."""
    before = ""
    for ordinal in range(min(days).toordinal(), max(days).toordinal() + 1):
        key = key_of_day(period, date.fromordinal(ordinal))
        if key != before:
            yield key
        before = key


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
    at = local(moment, utc)
    begun = timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)
    return machine_moment(moment - min(begun, moment - _FIRST))


def _first_day(key: str) -> date:
    """The first day of the period, longer than an hour, with this key."""
    return date.fromisoformat((key + "-01-01")[:10])
