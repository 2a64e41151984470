"""``summary -o``: what the ending of the file promises is what it is."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from harness.fill import add_many, add_order
from harness.program import run, run_process
from harness.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.store.database import Database


@pytest.fixture
def orders(database: Database) -> Database:
    with database.writing() as connection:
        add_order(
            connection, 7, owner="ada@example.org", label="=1+1", percent_complete=42,
            creation_date="2026-03-01T10:00:00.25Z", datasets=[("d", 2, 89_450, 3)],
        )  # fmt: skip
        add_order(
            connection, 2**60, owner="@SUM(A1)", label="http://x" + "y" * 30,
            creation_date="1899-12-31T23:00:00Z",
        )  # fmt: skip
    return database


def cells(path: Path) -> list[list[Any]]:
    sheet = load_workbook(path).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_workbook_has_dates_numbers_and_texts(orders: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.XLSX"
    columns = "id,user,label,progress,creation,total_size,expiration"
    result = run("summary", "--columns", columns, "-o", path, database=orders)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert cells(path) == [
        ["Id", "User", "Label", "Progress", "Creation (UTC)", "Total size", "Expiration (UTC)"],
        [
            7, "ada@example.org", "=1+1", 42,
            datetime(2026, 3, 1, 10, 0, 0, 250_000), 89_450, None,  # noqa: DTZ001 - as Excel has it
        ],
        [
            str(2**60), "@SUM(A1)", "http://x" + "y" * 30, 0, "1899-12-31T23:00:00Z", 0, None,
        ],
    ]  # fmt: skip
    sheet = load_workbook(path).active
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:G3"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert not sheet._hyperlinks


def test_a_workbook_without_titles(orders: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    assert run("summary", "--no-header", "-o", path, database=orders).exit_code == 0
    assert [row[0] for row in cells(path)] == [7, str(2**60)]


@pytest.mark.parametrize("option", [["--raw"], ["--delimiter", "tab"], ["--layout", "regards"]])
def test_a_workbook_has_no_csv_options(orders: Database, option: list[str], tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    result = run("summary", *option, "-o", path, database=orders)
    assert result.exit_code == 2
    assert "a workbook takes no --layout" in result.stderr
    assert not path.exists()


def test_without_the_extra_nothing_is_written(
    orders: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    path = tmp_path / "orders.xlsx"
    result = run("summary", "-o", path, database=orders)
    assert result.exit_code == 1
    assert "pip install xlsxwriter, or pipx inject ordercli xlsxwriter" in result.stderr
    assert list(tmp_path.glob("*orders.x*")) == []


def test_a_packed_report_is_the_report(orders: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    assert run("summary", "-o", path, database=orders).exit_code == 0
    packed = path.read_bytes()
    assert gzip.decompress(packed).decode() == run("summary", database=orders).stdout
    assert run("summary", "-o", path, database=orders).exit_code == 0
    assert path.read_bytes() == packed


def test_half_a_packed_report_is_no_whole_one(orders: Database, tmp_path: Path) -> None:
    """In a pipe what is written stays: its reader sees that the end is missing."""
    with orders.writing() as connection:
        for table in ("t_dataset_task", "t_order"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        add_many(connection, 3000)
        add_order(connection, 2**61, owner="a;b")
    pipe, copy = tmp_path / "orders.csv.gz", tmp_path / "copy"
    os.mkfifo(pipe)
    with copy.open("wb") as stream, subprocess.Popen(["cat", pipe], stdout=stream):
        ended = run_process("summary", "--layout", "regards", "-o", pipe, database=orders)
    assert ended.exit_code == 1
    assert b"the regards layout" in ended.stderr
    with pytest.raises(EOFError):
        gzip.decompress(copy.read_bytes())


@pytest.mark.parametrize("name", ["orders.tsv", "orders.TAB", "orders.tsv.gz"])
def test_tabs_are_promised(orders: Database, name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    refused = run("summary", "-o", path, database=orders)
    assert (refused.exit_code, path.exists()) == (2, False)
    assert "add --delimiter tab" in refused.stderr
    tabs = ("summary", "--delimiter", "tab")
    assert run(*tabs, "-o", path, database=orders).exit_code == 0
    content = path.read_bytes()
    content = gzip.decompress(content) if name.endswith(".gz") else content
    assert content.decode() == run(*tabs, database=orders).stdout


@pytest.mark.parametrize("name", ["o.gz", "o.json", "o.xls", "o.CSV.ZIP", "o.sqlite3", "o.txt.gz"])
def test_an_ending_that_promises_something_else(
    orders: Database, name: str, tmp_path: Path
) -> None:
    result = run("summary", "-o", tmp_path / name, database=orders)
    assert result.exit_code == 2
    assert "a report is no" in result.stderr
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["orders", "orders.csv", "orders.txt", "orders.2026-03"])
def test_any_other_name_is_csv(orders: Database, name: str, tmp_path: Path) -> None:
    assert run("summary", "-o", tmp_path / name, database=orders).exit_code == 0
    assert (tmp_path / name).read_text() == run("summary", database=orders).stdout


def test_a_person_is_told_what_was_written(orders: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    with Terminal(["summary", "-o", path], columns=200, database=orders) as terminal:
        terminal.expect("orders.csv: 2 orders")
        assert terminal.exit_code() == 0
