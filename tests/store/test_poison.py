"""One order that holds what no order should hides no other, and is told about in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.poison import BAD, POISONS, check, fill
from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database


@pytest.mark.parametrize("poison", POISONS["sqlite"])
def test_one_spoilt_order_in_sqlite(sqlite_database: Database, poison: str) -> None:
    fill(sqlite_database, 12)
    assert check(sqlite_database, poison) == 11


@pytest.mark.parametrize("poison", POISONS["postgresql"])
def test_one_spoilt_order_in_postgresql(postgresql_database: Database, poison: str) -> None:
    fill(postgresql_database, 12)
    assert check(postgresql_database, poison) == 11


def test_one_warning_for_many(sqlite_database: Database) -> None:
    fill(sqlite_database, 12)
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("UPDATE t_order SET files_in_error = 'x' WHERE id IN (3, 7, 8)")
    result = run("list", "--sort", "id", "--columns", "user,errors", database=sqlite_database)
    assert result.stderr == (
        "ordercli: order 3 has a value that can't be right, shown as it is: errors_count 'x',"
        " and 2 more\n"
    )
    assert run("list", "-q", database=sqlite_database).stderr == ""
    assert run("list", "--columns", "user", database=sqlite_database).stderr == ""


def test_a_spoilt_dataset_and_a_spoilt_history(sqlite_database: Database) -> None:
    fill(sqlite_database, 12)
    assert run("pause", BAD, "-m", "why", database=sqlite_database).exit_code == 0
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("UPDATE t_dataset_task SET files_size = 'big'")
        connection.exec_driver_sql("UPDATE ordercli_event SET reason = x'ff'")
    for style in ("table", "json"):
        shown = run("show", BAD, "-f", style, database=sqlite_database)
        assert (shown.exit_code, "big" in shown.stdout) == (0, True)
        assert shown.stderr.count("\n") == 1
    history = run("history", database=sqlite_database)
    assert (history.exit_code, history.stderr.count("\n")) == (0, 1)
    assert f"order {BAD} has a value" in history.stderr


def test_what_is_spoilt_is_told_of_the_right_order(sqlite_database: Database) -> None:
    fill(sqlite_database, 12)
    assert run("pause", BAD, "-m", "why", database=sqlite_database).exit_code == 0
    for statement, name in (
        ("UPDATE ordercli_event SET reason = x'ff'", "reason"),
        ("UPDATE t_dataset_task SET dataset_label = x'ff' WHERE order_id = 7", "dataset_label"),
        ("UPDATE t_order SET label = x'ff' WHERE id = 7", "label"),
    ):
        with sqlite_database.writing() as connection:
            connection.exec_driver_sql(statement)
        told = run("show", BAD, database=sqlite_database).stderr
        assert told.startswith(f"ordercli: order {BAD} has a value that can't be right"), told
        assert f"{name} '\ufffd'" in told, told
