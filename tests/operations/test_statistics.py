"""Totals of orders: both databases, a service's, and plain Python agree."""

from __future__ import annotations

import csv
import io
import json
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from harness.clock_changes import living_in
from harness.fill import add_file, add_order
from harness.program import run
from harness.terminal import Terminal

if TYPE_CHECKING:
    from harness.program import Clock
    from ordercli.store.database import Database

HOSTILE = "=1+1\x1b[31m,\u202ex@y"
USERS = ("ada@x.org", "Ada@x.org", "bob@x.org", HOSTILE)
STATUSES = {
    "DONE": "done", "ERROR": "failed", "FAILED": "failed", "DELETED": "removed", "NEW": "unknown"
}  # fmt: skip
MOMENTS = {"created": "creation_date", "changed": "status_date", "expires": "expiration_date"}
NUMBERS = ("total_size", "files_count", "objects_count")

_CHANGES = ("2025-10-25T23:10:00", "2025-10-26T00:40:59.999999", "2025-10-26T01:20:00",
            "2025-12-31T22:59:59.9999", "2025-12-31T23:00:00", "2026-03-29T00:59:00",
            "2026-03-29T01:00:00", "2026-04-04T14:45:00", "2026-04-04T15:15:00")  # fmt: skip


def orders() -> list[dict[str, Any]]:
    """Orders around the changes of the clocks, and what ``add_order`` needs for them."""
    starts = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in _CHANGES]
    found = []
    for number in range(54):
        moment = starts[number % 9] + timedelta(days=7) * (number // 18)
        size = None if number % 5 == 0 else number * 10**9
        found.append(
            {
                "owner": USERS[number % 4],
                "status": list(STATUSES)[number % 5],
                "waiting_for_user": number % 11 == 0,
                "files_in_error": number % 3,
                "creation_date": moment,
                "status_date": moment + timedelta(minutes=25),
                "expiration_date": None if number % 4 == 0 else moment + timedelta(days=3),
                "datasets": [("d", number, size, None), ("e", 1, 5, number)][: number % 3],
            }
        )
    return found


@pytest.fixture
def filled(database: Database) -> Database:
    """A database with these orders."""
    return filled_with(database)


def filled_with(database: Database) -> Database:
    with database.writing() as connection:
        for order in orders():
            add_order(connection, **order)
    return database


def expected(by: str, on: str = "created", zone: Any = UTC) -> dict[tuple[Any, ...], list[int]]:
    """Orders, sizes, files, objects and errors by the key of a group, in plain Python."""
    found: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0] * 5)
    for order in orders():
        key = tuple(_key(order, group, MOMENTS[on], zone) for group in by.split(","))
        sums = [sum(each[place] or 0 for each in order["datasets"]) for place in (2, 1, 3)]
        values = [1, *sums, order["files_in_error"]]
        found[key] = [a + b for a, b in zip(found[key], values, strict=True)]
    return dict(found)


def _key(order: dict[str, Any], group: str, moment: str, zone: Any) -> Any:
    if group == "user":
        return order["owner"]
    if group == "status":
        return "waiting user" if order["waiting_for_user"] else STATUSES[order["status"]]
    if order[moment] is None:
        return None
    local = order[moment].astimezone(zone)
    year, week, _ = local.isocalendar()
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return {
        "hour": f"{(local.astimezone(UTC) - into):%Y-%m-%dT%H:%M:%SZ}",
        "day": f"{local:%Y-%m-%d}",
        "week": date.fromisocalendar(year, week, 1).isoformat(),
        "month": f"{local:%Y-%m}",
        "year": f"{local:%Y}",
    }[group]


def shown(database: Database, by: str, *words: str) -> dict[tuple[Any, ...], list[int]]:
    """The same, as the program gives it."""
    result = run("stats", "--by", by, *words, "-f", "json", database=database)
    assert result.exit_code == 0, result.stderr
    rows = json.loads(result.stdout)
    keys = [*by.split(","), "orders", *NUMBERS, "errors_count"]
    assert all(list(row) == keys for row in rows)
    groups = len(keys) - 5
    return {tuple(row.values())[:groups]: list(row.values())[groups:] for row in rows}


@pytest.mark.parametrize("zone", ["Europe/Paris", "Australia/Lord_Howe"])
def test_totals_are_those_of_plain_python(filled: Database, zone: str) -> None:
    with living_in(zone) as local:
        for by in ("user", "status", "hour", "day", "week", "month", "year", "status,month,user"):
            assert shown(filled, by) == expected(by, zone=local), by
        for on in ("changed", "expires"):
            assert shown(filled, "day", "--on", on) == expected("day", on, local), on
        assert shown(filled, "month,hour", "--utc") == expected("month,hour")


def test_a_zone_without_a_name_has_its_offset(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "<+0545>-5:45")
    time.tzset()
    assert shown(filled, "hour") == expected("hour", zone=ZoneInfo("Asia/Kathmandu"))


def test_on_a_service_database(service_database: Database) -> None:
    filled_with(service_database)
    paris = ZoneInfo("Europe/Paris")
    for by in ("status", "user,month", "hour"):
        assert shown(service_database, by) == expected(by, zone=paris), by


def test_filters_choose_what_is_summed_up(filled: Database) -> None:
    chosen = ["--since", "2026-01-01", "-u", "a*", "-u", "A*", "--with-errors", "--size", "1.."]
    listed = run("list", *chosen, "-f", "json", "--columns", "total_size", database=filled)
    sizes = [row["total_size"] for row in json.loads(listed.stdout)]
    (total,) = shown(filled, "year", *chosen).values()
    assert (total[0], total[1]) == (len(sizes), sum(sizes))
    assert len(sizes) > 2


def test_sums_beyond_64_bits(database: Database) -> None:
    largest = 2**63 - 1
    with database.writing() as connection:
        for number, sizes in enumerate(([largest] * 23, [largest, 1], [7], [largest] * 2), 1):
            add_order(connection, number, datasets=[("a", 2**31 - 1, size, None) for size in sizes])
            for size in sizes:
                add_file(connection, number, "gone", size=size)
    whole = 26 * largest + 8
    ((key, numbers),) = shown(database, "user").items()
    assert (key, numbers) == (("hello@hello.com",), [4, whole, 28 * (2**31 - 1), 0, 0])
    gauge = 'ordercli_order_bytes{status="pending"} 2.3980767295822417e+20\n'
    assert gauge in run("metrics", database=database).stdout
    (cause,) = json.loads(run("errors", "-f", "json", database=database).stdout)
    assert cause["bytes"] == whole
    words = ("list", "-f", "json", "--columns", "id,size", "--sort", "size", "--size", "8..")
    assert json.loads(run(*words, database=database).stdout) == [
        {"id": 2, "total_size": 2**63},
        {"id": 4, "total_size": 2 * largest},
        {"id": 1, "total_size": 23 * largest},
    ]


@pytest.mark.parametrize("period", ["hour", "week"])
def test_the_first_and_the_last_moment_there_is(database: Database, period: str) -> None:
    """Local time is in the year 0 or 10000 there."""
    with database.writing() as connection:
        add_order(connection, 1, creation_date="0001-01-01T00:00:00Z")
        add_order(connection, 2, creation_date="9999-12-31T23:59:59.999999Z")
    for zone in ("America/New_York", "Asia/Tokyo"):
        for words in ([], ["--since", "9999-12-31T20:00Z"]):
            with living_in(zone):
                found = run("stats", "--by", period, "-f", "table", *words, database=database)
            assert (found.exit_code, found.stderr) == (0, ""), found.stderr
            assert int(found.stdout.splitlines()[-1].split()[1]) == (1 if "--since" in words else 2)


def test_moments_that_are_none_hide_no_order(database: Database) -> None:
    infinite = "'infinity'"
    with database.writing() as connection:
        add_order(connection, 1, creation_date="0044-03-15T12:00:00Z")
        add_order(connection, 2)
        connection.execute(text(f"UPDATE t_order SET creation_date = {infinite} WHERE id = 2"))
    assert shown(database, "year") == {("0044",): [1, 0, 0, 0, 0], (None,): [1, 0, 0, 0, 0]}


def test_sorting_and_limit(filled: Database) -> None:
    def first(*words: str) -> list[str]:
        result = run("stats", *words, "--no-header", "-f", "tsv", database=filled)
        assert result.exit_code == 0, result.stderr
        return [line.split("\t")[0] for line in result.stdout.splitlines()]

    by_user = sorted(expected("user").items(), key=lambda item: (-item[1][0], item[0]))
    assert first("--by", "user") == [key[0] for key, _ in by_user]
    by_size = sorted(expected("status").items(), key=lambda item: (-item[1][1], item[0]))
    assert first("--sort=-size") == [key[0] for key, _ in by_size]
    assert first("--sort", "errors,-status", "--limit", "1") == [
        min(expected("status").items(), key=lambda item: item[1][4])[0][0]
    ]
    assert first("--by", "day", "--on", "expires")[-1] == ""
    assert first("--limit", "0") == []


def test_a_user_is_no_formula_and_steers_no_terminal(filled: Database) -> None:
    found = run("stats", "--by", "user", "-f", "csv", database=filled)
    users = [row["user"] for row in csv.DictReader(io.StringIO(found.stdout))]
    assert f"'{HOSTILE}" in users
    for style in ("table", "github", "html"):
        for_people = run("stats", "--by", "user", "-f", style, database=filled)
        assert "\x1b" not in for_people.stdout
        assert "\u202e" not in for_people.stdout


def test_for_people(database: Database, clock: Clock) -> None:
    with database.writing() as connection:
        for number, day in enumerate(("05", "05", "05", "08")):
            dataset = ("d", 10, 89450 * number, 1)
            add_order(connection, creation_date=f"2026-03-{day}T10:00:00Z", datasets=[dataset])
    clock.set("2026-03-09T12:00:00Z")
    found = run("stats", "--by", "day", "--since", "2026-03-04", "-f", "table", database=database)
    lines = [line.split() for line in found.stdout.splitlines()]
    assert lines[0] == [
        "Day",
        "Orders",
        "Total",
        "size",
        "Files",
        "count",
        "Objects",
        "count",
        "Errors",
        "count",
    ]
    assert [(line[0], line[1]) for line in lines[2:-2]] == [
        ("2026-03-04", "0"), ("2026-03-05", "3"), ("2026-03-06", "0"), ("2026-03-07", "0"),
        ("2026-03-08", "1"), ("2026-03-09", "0"),
    ]  # fmt: skip
    assert lines[-1] == ["all", "4", "536.70", "kB", "40", "4", "0"]
    assert len(lines[3][-1]) == 20
    assert set(lines[3][-1]) == {"▄"}
    assert lines[2][-1] == "0"
    cut = run("stats", "--by", "user", "--limit", "0", "-f", "table", database=database)
    assert cut.stdout == ""
    assert run("stats", "-s", "done", database=database).stderr == "ordercli: no order matches\n"


def test_a_chart_fits_the_window(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        for day in range(50):
            moment = datetime(2025, 10, 26, 12, tzinfo=UTC) + timedelta(days=day)
            add_order(connection, creation_date=moment)
    for rows, first, number in ((60, "2025-10-26", 50), (14, "2025-10-20", 8)):
        with Terminal(["stats", "--plot"], 40, rows, database=sqlite_database) as terminal:
            assert terminal.exit_code() == 0
            lines = terminal.screen()
        assert lines[2].split()[0] == first
        assert lines[-1] == f"{number} groups"
        assert len(lines) == number + 3
        assert max(map(len, lines)) == 40


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--by", "users"], "no group 'users'; did you mean 'user'? known: user, status, profile"),
        (["--sort", "label"], "no sort key 'label'; known: status, orders, total_size"),
        (["--by", "day", "--sort", "status"], "no sort key 'status'"),
        (["--on", "create"], "no moment 'create'; did you mean 'created'?"),
        (["--plot", "--by", "user"], "--plot needs one period; give --by one of hour, day"),
        (["--plot", "-f", "json"], "--plot and --format exclude each other"),
        (["--plot", "--limit", "1"], "--plot and --limit exclude each other"),
        (["--by", ""], "no group ''; known: user, status"),
    ],
    ids=str,
)
def test_what_is_not_known_is_told(sqlite_database: Database, words: list[str], told: str) -> None:
    found = run("stats", *words, database=sqlite_database)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(f"ordercli: {told}")
