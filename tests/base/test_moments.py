"""Moments, ranges and durations mean what the contract says, in a zone that changes its clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ordercli.base.errors import UsageError
from ordercli.base.moments import MomentRange, parse_duration, parse_moment, parse_moment_range

TUESDAY = datetime(2026, 3, 10, 12, tzinfo=UTC)
"""13:00 in Paris, where the tests live."""


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", "2026-02-28T23:00"),
        ("2026-11", "2026-10-31T23:00"),
        ("9999-12", "9999-11-30T23:00"),
        ("9999-12-31", "9999-12-30T23:00"),
        ("2026-03-01T08:30", "2026-03-01T07:30"),
        ("2026-03-01 08:30", "2026-03-01T07:30"),
        ("2026-03-01T08:30:00Z", "2026-03-01T08:30"),
        ("2026-03-01T08:30+05:00", "2026-03-01T03:30"),
        ("now", "2026-03-10T12:00"),
        ("today", "2026-03-09T23:00"),
        ("Yesterday", "2026-03-08T23:00"),
        ("tomorrow", "2026-03-10T23:00"),
        ("tuesday", "2026-03-09T23:00"),
        ("monday", "2026-03-08T23:00"),
        ("wednesday", "2026-03-03T23:00"),
        ("yesterday 18:00", "2026-03-09T17:00"),
        ("yesterday 6:05", "2026-03-09T05:05"),
        ("wednesday 18:00:30", "2026-03-04T17:00:30"),
        ("90s", "2026-03-10T11:58:30"),
        ("15m", "2026-03-10T11:45"),
        ("12h", "2026-03-10T00:00"),
        ("7d", "2026-03-03T12:00"),
        ("2w", "2026-02-24T12:00"),
        ("3mo", "2025-12-10T12:00"),
        ("1y", "2025-03-10T12:00"),
    ],
)
def test_a_moment(text: str, moment: str) -> None:
    assert parse_moment(text, TUESDAY) == at(moment)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2d", "2026-03-12T12:00"),
        ("1mo", "2026-04-10T11:00"),  # the clocks have changed by then
        ("tuesday", "2026-03-09T23:00"),
        ("monday", "2026-03-15T23:00"),
        ("yesterday", "2026-03-08T23:00"),
    ],
)
def test_a_moment_ahead(text: str, moment: str) -> None:
    assert parse_moment(text, TUESDAY, ahead=True) == at(moment)


def test_months_end_where_the_month_does() -> None:
    leap = datetime(2024, 3, 31, 12, tzinfo=UTC)
    assert parse_moment("1mo", leap) == at("2024-02-29T13:00")
    assert parse_moment("1y", datetime(2024, 2, 29, 12, tzinfo=UTC)) == at("2023-02-28T12:00")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-03-01..2026-03-03", "2026-02-28T23:00", "2026-03-02T23:00"),
        ("2026-03-01..", "2026-02-28T23:00", None),
        ("..2d", None, "2026-03-08T12:00"),
        ("7d..2d", "2026-03-03T12:00", "2026-03-08T12:00"),
        ("yesterday", "2026-03-08T23:00", "2026-03-09T23:00"),
        ("2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours long
        ("2026-02", "2026-01-31T23:00", "2026-02-28T23:00"),
        ("saturday..monday", "2026-03-06T23:00", "2026-03-08T23:00"),
        ("yesterday 18:00..today 06:00", "2026-03-09T17:00", "2026-03-10T05:00"),
    ],
)
def test_a_range(text: str, start: str | None, end: str | None) -> None:
    wanted = MomentRange(*(None if moment is None else at(moment) for moment in (start, end)))
    assert parse_moment_range(text, TUESDAY) == wanted


def test_a_weekend_ahead_ends_after_it_starts() -> None:
    sunday = datetime(2026, 3, 15, 12, tzinfo=UTC)
    weekend = parse_moment_range("saturday..monday", sunday, ahead=True)
    assert weekend == MomentRange(at("2026-03-20T23:00"), at("2026-03-22T23:00"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1M", "1m for minutes or 1mo for months"),
        ("7D", "did you mean 7d?"),
        ("1MO", "did you mean 1mo?"),
        ("soon", "'soon' is not a date"),
        ("", "'' is not a date"),
        ("2026-13", "is not a date"),
        ("2026-02-30", "is not a date"),
        ("yesterday 25:00", "is not a date"),
        ("0001-01-01T00:00+14:00", "is out of range"),
        ("9999-12-31T23:00-14:00", "is out of range"),
        ("999999999999999999y", "out of range"),
        ("2026-03-29 02:30", "does not exist"),
        ("2026-10-25 02:30", "happens twice"),
    ],
)
def test_no_moment(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_moment(text, TUESDAY)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("7d", "write 7d.. for after it, or ..7d for before it"),
        ("now", "one moment, not a range"),
        ("..", "a range without an end"),
        ("today..yesterday", "ends before it starts"),
        ("today..today", "ends before it starts"),
        ("1M..", "1mo"),
    ],
)
def test_no_range(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_moment_range(text, TUESDAY)
    assert told in str(caught.value)


def test_durations_have_units_of_a_fixed_length() -> None:
    assert parse_duration("90s") == timedelta(seconds=90)
    assert parse_duration("2w") == timedelta(days=14)
    for text in ("1mo", "1y", "1M", "7D", "", "h", "1.5h", "-1h"):
        with pytest.raises(UsageError):
            parse_duration(text)
