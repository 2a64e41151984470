"""Local times are read in the zone that people live in, also when its clocks change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clock_changes import check_day, days_of_change, living_in
from harness.fill import add_order
from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database


@pytest.mark.parametrize(
    ("zone", "refused"),
    [
        ("Europe/Paris", [2, 2]),
        ("America/New_York", [2, 2]),
        ("Australia/Lord_Howe", [1, 1]),  # by half an hour
        ("America/Santiago", [2, 2]),  # at midnight, in the south
        ("Asia/Beirut", [2, 2]),  # at midnight as well
    ],
)
def test_every_half_hour_around_both_changes_of_the_clocks(zone: str, refused: list[int]) -> None:
    with living_in(zone) as local:
        days = days_of_change(local, 2026)
        assert [check_day(local, day) for day in days] == [(96, number) for number in refused]


def test_a_day_begins_when_the_clocks_jump_over_its_midnight(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, creation_date="2026-09-06T03:59:59Z")
        add_order(connection, 2, creation_date="2026-09-06T04:00:00Z")
    zone = {"TZ": "America/Santiago"}
    with living_in(zone["TZ"]):
        found = run("list", "-q", "--since", "2026-09-06", database=sqlite_database, env=zone)
        shown = run("list", "--columns", "creation", "-f", "plain", "--since", "2026-09-06",
                    database=sqlite_database, env=zone)  # fmt: skip
    assert found.stdout == "2\n"
    assert "2026-09-06 01:00" in shown.stdout


@pytest.mark.parametrize(
    "zone",
    ["Mars/Olympus", "Europe/Pariss", "../etc/passwd", "/etc/passwd", "/no/such/zone", "Europe",
     "EST5EDT,garbage", "AAA25", "XYZ", " ", "CET-1CEST,M3.5.0", "Europe/\udcff"],
)  # fmt: skip
def test_a_zone_that_does_not_exist(sqlite_database: Database, zone: str) -> None:
    for words in (["list"], ["summary"], ["show", "1"], ["pause", "1"], ["--version"]):
        result = run(*words, database=sqlite_database, env={"TZ": zone})
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert "TZ names a time zone that does not exist" in result.stderr
        assert "such as Europe/Paris" in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "zone",
    ["", "UTC", "GMT", "Europe/Paris", ":Europe/Paris", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3",
     "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "IST-2IDT,M3.4.4/26,M10.5.0",
     "/usr/share/zoneinfo/Europe/Paris", ":/usr/share/zoneinfo/Europe/Paris"],
)  # fmt: skip
def test_a_zone_that_exists(sqlite_database: Database, zone: str) -> None:
    result = run("list", database=sqlite_database, env={"TZ": zone})
    assert (result.exit_code, result.stderr) == (0, "ordercli: no order matches\n")
