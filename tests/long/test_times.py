"""Every time zone that there is, around every change of its clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from harness.clock_changes import check_day, days_of_change, living_in
from harness.program import run

if TYPE_CHECKING:
    from collections.abc import Callable

_FIVE = (
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut",
)  # fmt: skip
_YEARS = (2025, 2026)


def test_every_half_hour_around_every_change_of_the_clocks(
    figure: Callable[[int, str], None],
) -> None:
    days, read, refused = 0, 0, 0
    zones = sorted(name for name in available_timezones() if "/" in name)
    assert set(_FIVE) <= set(zones)
    for name in zones:
        with living_in(name) as zone:
            for day in (day for year in _YEARS for day in days_of_change(zone, year)):
                times, wrong = check_day(zone, day)
                days, read, refused = days + 1, read + times, refused + wrong
    figure(
        14,
        f"{read:,} local times, every half hour around {days} changes of the clocks in "
        f"{len(zones)} zones: all mean what zoneinfo says, {refused:,} missing or double ones "
        "refused with both readings",
    )


def test_zones_that_do_not_exist(figure: Callable[[int, str], None]) -> None:
    names = [name[:-1] + "~" for name in sorted(available_timezones())]
    for name in names:
        result = run("--version", env={"TZ": name})
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    figure(14, f"{len(names)} zones that do not exist: {len(names)} errors")
