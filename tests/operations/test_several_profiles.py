"""``--profile prod,test``: several databases in one list, read at the same time."""

from __future__ import annotations

import csv
import io
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from harness.completion import offered
from harness.configuration import configured
from harness.fill import add_order
from harness.network import hanging_server, on_hanging_server
from harness.program import run
from ordercli.base.limits import Limits
from ordercli.base.values import Kind
from ordercli.domain.columns import COLUMNS
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from ordercli.store.database import Database

USERS = ("Zoe@cnes.fr", "anna@cnes.fr", "Éva@cnes.fr", "b_b@cnes.fr", "a-b@cnes.fr")
STATUSES = ("PENDING", "RUNNING", "PAUSED", "DONE", "FAILED", "DELETED", "STRANGE")


@pytest.fixture
def env(sqlite_database: Database, postgresql_database: Database, tmp_path: Path) -> dict[str, str]:
    """Two profiles with the same ids, and one that can't be reached."""
    for seed, database in enumerate((sqlite_database, postgresql_database)):
        with database.writing() as connection:
            for number in range(1, 31):
                mixed = number * 11 + seed * 5
                add_order(
                    connection, number, owner=USERS[mixed % 5], label=f"{mixed % 3} #{number}",
                    status=STATUSES[mixed % 7], files_in_error=mixed % 4,
                    creation_date=f"2026-03-{1 + mixed % 9:02} 08:00:00{'.5' if mixed % 2 else ''}",
                    expiration_date=None if mixed % 3 else f"2026-04-{1 + mixed % 9:02} 00:00",
                    datasets=[("data", 1, mixed * 10, mixed % 6)],
                )  # fmt: skip
    return configured(
        tmp_path, "[profiles.prod]", f'database = "{postgresql_database.location}"',
        "[profiles.test]", f'database = "{sqlite_database.location}"',
        "[profiles.gone]", f'database = "{tmp_path / "gone.db"}"',
    )  # fmt: skip


def listed(env: dict[str, str], *words: str) -> list[dict[str, Any]]:
    result = run("list", "-f", "json", *words, env=env)
    assert (result.exit_code, result.stderr) == (0, ""), result
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_one_list_with_a_column_sorted_and_limited_as_a_whole(env: dict[str, str]) -> None:
    both = listed(env, "--profile", "test,prod")
    assert list(both[0])[:2] == ["profile", "id"]
    alone = [row for name in ("test", "prod")
             for row in listed(env, "--profile", name, "--columns", ",".join(both[0]))]  # fmt: skip
    assert sorted(map(str, both)) == sorted(map(str, alone))
    assert listed(env, "--profile", "test,prod", "--limit", "7") == both[:7]
    few = listed(env, "--profile", "test,prod", "-u", "anna@cnes.fr", "-s", "failed,done")
    assert few == [row for row in both if row["user"] == "anna@cnes.fr"
                   and row["status"] in ("failed", "done")]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_any_column_sorts_them_as_a_whole(env: dict[str, str], column: Any, clock: object) -> None:
    rows = listed(env, "--profile", "prod,test", "--columns", f"profile,id,{column.key}")
    assert len(rows) == 60

    def place(row: dict[str, Any]) -> Any:
        value = row[column.key]
        moment = column.kind.name == "MOMENT"
        return value.removesuffix("Z") if moment and value else value

    empty = [row for row in rows if place(row) is None]
    for sign in ("", "-"):
        words = (f"--sort={sign}{column.key}", "--columns", f"profile,id,{column.key}")
        found = listed(env, "--profile", "prod,test", *words)
        wanted = sorted((row for row in rows if row not in empty), key=lambda row: row["id"])
        wanted.sort(key=place, reverse=sign == "-")
        assert [place(row) for row in found] == [place(row) for row in [*wanted, *empty]]
        keys = [(place(row), row["id"]) for row in found if place(row) is not None]
        ties = pairwise(keys) if column.kind is not Kind.DURATION else ()
        assert all(one[0] != two[0] or one[1] <= two[1] for one, two in ties)
        assert listed(env, "--profile", "prod,test", *words, "--limit", "9") == found[:9]


def test_a_report_of_both(env: dict[str, str], tmp_path: Path) -> None:
    words = ("summary", "--profile", "prod,test", "--sort", "user")
    result = run(*words, env=env)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 60
    assert [row["user"] for row in rows] == sorted(row["user"] for row in rows)
    assert list(rows[0])[:2] == ["profile", "id"]
    path = tmp_path / "both.csv"
    assert run(*words, "-o", path, env=env).exit_code == 0
    assert path.read_text() == result.stdout
    book = tmp_path / "both.xlsx"
    assert run(*words, "-o", book, env=env).exit_code == 0
    assert load_workbook(book).active.max_row == 61
    refused = run(*words[:3], "--layout", "regards", env=env)
    assert (refused.exit_code, refused.stdout) == (2, "")


def test_by_id_the_databases_make_the_records(
    env: dict[str, str], sqlite_database: Database, postgresql_database: Database
) -> None:
    """They are, byte for byte, those that are made here for another sort that comes to the same."""
    for database in (sqlite_database, postgresql_database):
        with database.writing() as connection:
            for number, label in enumerate(("=1+1", 'a "b"\nc,d', "e;f\t", "'=é", "\x01"), 7):
                changed = update(orders).where(orders.c.id == number)
                connection.execute(changed.values(label=label))
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("UPDATE t_order SET percent_complete = 'half' WHERE id = 3")
    for sign, *words in (
        [""], ["-", "--delimiter", ";"], ["", "--columns", "label"], ["", "--raw", "-s", "removed"],
    ):  # fmt: skip
        by_id, by_both = (
            run("summary", "--profile", "gone,prod,test", f"--sort={sign}{sort}", *words, env=env)
            for sort in ("id", "id,profile")
        )
        assert by_id == by_both
        assert (by_id.exit_code, by_id.stdout.count("half")) == (1, "--columns" not in words)


def test_one_that_fails_hides_no_other(env: dict[str, str], tmp_path: Path) -> None:
    whole = listed(env, "--profile", "prod,test")
    for names in ("gone,prod,test", "prod,gone,test", "prod,test,gone"):
        result = run("list", "-f", "json", "--profile", names, env=env)
        assert (result.exit_code, json.loads(result.stdout)) == (1, whole)
        assert result.stderr.startswith("ordercli: gone: no database at ")
        assert result.stderr.count("\n") == 1
    report = tmp_path / "report.csv"
    report.write_text("old")
    result = run("summary", "--profile", "gone,test", "-o", report, env=env)
    assert (result.exit_code, report.read_text()) == (1, "old")
    assert "gone: no database at" in result.stderr
    result = run("summary", "--profile", "gone,test", env=env)
    assert (result.exit_code, result.stdout.count("\n")) == (1, 31)


def test_one_that_hangs_takes_its_own_time(env: dict[str, str]) -> None:
    path = Path(env["ORDERCLI_CONFIG"])
    hanging = [f"hangs{number}" for number in range(8)]
    with hanging_server() as port:
        path.write_text(path.read_text() + on_hanging_server(port, *hanging))
        named = ",".join((hanging[0], "prod", *hanging[1:], "test"))
        began = time.monotonic()
        result = run("list", "-f", "jsonl", "--profile", named, env=env,
                     limits=Limits(connect_seconds=2))  # fmt: skip
        assert time.monotonic() - began < 14  # one after the other, they would take sixteen
    assert (result.exit_code, result.stdout.count("\n")) == (1, 60)
    told = [line.split(": ")[1] for line in result.stderr.splitlines()]
    assert told == hanging


def test_what_takes_one_profile_only(env: dict[str, str]) -> None:
    for words, told in (
        (["list", "--profile", "prod,tset"], "did you mean 'test'?"),
        (["list", "--profile", "prod,"], "--profile is empty"),
        (["show", "1", "--profile", ","], "--profile is empty"),
        (["list", "--profile", "prod,test", "-d", "x.db"], "--database is one"),
        (["list", "--profile", "prod,test", "-q"], "an id means another order in each"),
        (["list", "--profile", "prod,test", "--watch", "1"], "an id means another order in each"),
        *(
            ([*each, "--profile", names], "takes one; only list, summary and stats read several")
            for each in (
                ["show", "1"],
                ["errors"],
                ["metrics"],
                ["history"],
                ["wait", "1"],
                ["pause", "1"],
                ["undo", "3f2a9c1e"],
                ["db", "check"],
                ["db", "init"],
            )
            for names in ("prod,test", "prod,tset")
        ),
    ):
        result = run(*words, env=env)
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert told in result.stderr
        assert result.stderr.count("\n") == 1
    assert run("list", "--profile", "test,prod", "-u", "nobody", env=env).stderr == (
        "ordercli: no order matches\n"
    )
    assert run("list", "-q", "--profile", "prod,prod", env=env).exit_code == 0


def test_the_variable_and_the_default_may_name_several(env: dict[str, str]) -> None:
    words = ("list", "-f", "json", "--all")
    both = run(*words, "--profile", "prod,test", env=env)
    named = {**env, "ORDERCLI_PROFILE": "prod,test"}
    assert run(*words, env=named) == both
    assert run(*words, "--profile", "test", env=named) == run(*words, "--profile", "test", env=env)
    refused = run("pause", "1", env=named)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "only list, summary and stats read several" in refused.stderr
    rows = json.loads(run("profiles", "-f", "json", env=named).stdout)
    used = {"prod": "ORDERCLI_PROFILE", "test": "ORDERCLI_PROFILE", "gone": None}
    assert {row["profile"]: row["used"] for row in rows} == used
    path = Path(env["ORDERCLI_CONFIG"])
    path.write_text(f'default_profile = "prod,test"\n{path.read_text()}')
    assert run(*words, env=env) == both


def test_each_more_is_completed_after_a_comma(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERCLI_CONFIG", env["ORDERCLI_CONFIG"])
    for name in ("list", "stats", "summary"):
        assert offered(name, "--profile", "test,") == ["test,prod", "test,gone"]
        assert offered(name, "--profile=prod,t") == ["--profile=prod,test"]
    assert offered("errors", "--profile", "test,") == []
    assert offered("pause", "--profile", "te") == ["test"]
    of_all = offered("list", "--profile", "gone,test", "-u", "a")
    assert of_all == ["a-b@cnes.fr", "anna@cnes.fr"]
    assert offered("list", "--profile", "gone", "-u", "a") == []


def test_totals_of_both(env: dict[str, str]) -> None:
    def totals(*words: str) -> list[dict[str, Any]]:
        result = run("stats", "-f", "json", *words, env=env)
        assert (result.exit_code, result.stderr) == (0, ""), result
        rows: list[dict[str, Any]] = json.loads(result.stdout)
        return rows

    both = ("--profile", "prod,test")
    by_profile = totals("--by", "profile,status", *both)
    for name in ("prod", "test"):
        alone = [{"profile": name, **row} for row in totals("--profile", name)]
        assert [row for row in by_profile if row["profile"] == name] == alone
        assert totals("--by", "profile", "--profile", name)[0]["orders"] == 30
    together = {row["status"]: row for row in totals(*both)}
    for status, row in together.items():
        parts = [each for each in by_profile if each["status"] == status]
        assert row["total_size"] == sum(each["total_size"] for each in parts)
    assert sum(row["orders"] for row in together.values()) == 60
    result = run("stats", "--profile", "gone,prod", env=env)
    assert (result.exit_code, result.stderr.startswith("ordercli: gone: ")) == (1, True)


def test_warnings_name_the_profile(env: dict[str, str], sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("UPDATE t_order SET percent_complete = 'half' WHERE id = 3")
    result = run("list", "--profile", "prod,test", env=env)
    assert result.exit_code == 0
    assert result.stderr.startswith("ordercli: test: order 3 has a value that can't be right")
