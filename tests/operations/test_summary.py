"""``ordercli summary``: the CSV report, byte for byte, on both databases."""

from __future__ import annotations

import csv
import io
import json
import operator
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.fill import add_dataset, add_order
from harness.program import command, environment, run, run_process
from ordercli.base.csv_json import CsvDialect
from ordercli.domain.columns import COLUMNS, SUMMARY_DEFAULT

if TYPE_CHECKING:
    from ordercli.store.database import Database

HEADER = ",".join(column.key for column in SUMMARY_DEFAULT) + "\n"
GUARDED = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"


@pytest.fixture
def report(database: Database) -> Database:
    """Three orders that try the rules of the report."""
    with database.writing() as connection:
        add_order(
            connection,
            7,
            owner="hello@hello.com",
            label="=1+1",
            status="DONE_WITH_WARNING",
            creation_date="2017-10-08T15:59:57.664Z",
            expiration_date="2018-02-08T18:00:00.66Z",
            status_date="2017-10-09T00:00:00Z",
            percent_complete=99,
            files_in_error=2,
            datasets=[("d1", 33, 5556123, 25), ("d2", None, 321, None)],
        )
        add_order(
            connection,
            3,
            owner="a;b",
            label='say "hi", twice',
            status="SOMETHING",
            creation_date="2026-03-01T10:00:00.000001Z",
        )
        add_order(connection, 5, owner="plain", label="", waiting_for_user=True)
    return database  # fmt: skip


def test_the_default_report(report: Database) -> None:
    result = run("summary", database=report)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout == (
        "id,user,label,progress,creation,total_size,errors_count,status,expiration,objects_count\n"
        '3,"a;b","say ""hi"", twice",0,2026-03-01T10:00:00.000001Z,0,0,unknown,,0\n'
        "5,plain,,0,2026-03-01T10:00:00Z,0,0,waiting user,,0\n"
        "7,hello@hello.com,'=1+1,99,2017-10-08T15:59:57.664Z,5556444,2,warning,"
        "2018-02-08T18:00:00.66Z,25\n"
    )


def test_delimiter_header_raw_columns_and_sort(report: Database) -> None:
    stdout = run(
        "summary", "--delimiter", ";", "--no-header", "--raw", "--columns", "label,id",
        "--sort=-id", "-u", "hello*", "-u", "a;b", database=report,
    ).stdout  # fmt: skip
    assert stdout == '=1+1;7\n"say ""hi"", twice";3\n'
    assert run("summary", "--delimiter", "tab", database=report).stdout.startswith("id\tuser\t")
    for delimiter in ("", ";;", '"', "\n", "1", "-", "é"):
        result = run("summary", "--delimiter", delimiter, database=report)
        assert (result.exit_code, result.stdout) == (2, "")


def test_the_layout_of_the_service(report: Database) -> None:
    header = (
        "ORDER_ID;CREATION_DATE;EXPIRATION_DATE;OWNER;STATUS;STATUS_DATE;PERCENT_COMPLETE;"
        "FILES_IN_ERROR;FILES_SIZE;FILES_COUNT\n"
    )
    result = run("summary", "--layout", "regards", "-u", "hello*", "-u", "plain", database=report)
    assert result.stdout == header + (
        "5;2026-03-01T10:00:00Z;;plain;PENDING;2026-03-01T10:00:00Z;0;0;0;0\n"
        "7;2017-10-08T15:59:57.664Z;2018-02-08T18:00:00.66Z;hello@hello.com;DONE_WITH_WARNING;"
        "2017-10-09T00:00:00Z;99;2;5556444;33\n"
    )
    refused = run("summary", "--layout", "regards", database=report)
    assert refused.exit_code == 1
    assert "can't hold order 3" in refused.stderr
    assert run("summary", "--layout", "regards", "--raw", database=report).exit_code == 2
    assert "did you mean 'regards'" in run("summary", "--layout", "regard").stderr


def test_an_empty_report_is_its_header(database: Database) -> None:
    assert run("summary", "--columns", "id,label", database=database).stdout == "id,label\n"
    assert run("summary", "--no-header", database=database).stdout == ""


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    labels=st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
        | st.builds(operator.add, st.sampled_from(GUARDED + "'"), st.text("x;,\"'=\t\r\n")),
        min_size=1, max_size=20, unique=True,
    )
)  # fmt: skip
def test_any_text_comes_back_and_no_cell_is_a_formula(
    sqlite_database: Database, labels: list[str]
) -> None:
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM t_order")
        for number, label in enumerate(labels):
            add_order(connection, number, label=label)

    def read(*arguments: str) -> list[str]:
        stdout = run("summary", "--columns", "label", *arguments, database=sqlite_database).stdout
        return [row[0] for row in csv.reader(io.StringIO(stdout, newline=""))][1:]

    assert read("--raw") == labels
    guarded = [
        "'" + label if (label.lstrip("'") or "'")[0] in GUARDED else label for label in labels
    ]
    assert read() == guarded


@pytest.mark.usefixtures("clock")
def test_what_was_written_loads_again_and_gives_the_same(report: Database, tmp_path: Path) -> None:
    everything = ",".join(column.key for column in COLUMNS)
    written = run("summary", "--columns", everything, "-u", "hello*", database=report).stdout
    other = str(tmp_path / "other.db")
    assert run("db", "init", database=other).exit_code == 0
    loaded = run("db", "load", "-", database=other, stdin=written)
    assert (loaded.exit_code, loaded.stdout) == (0, "")
    assert run("summary", "--columns", everything, database=other).stdout == written


def test_both_databases_give_the_same_bytes(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    for database in (sqlite_database, postgresql_database):
        assert run("db", "init", "--sample", "300", database=database).exit_code == 0
    first, second = (
        run("summary", *arguments, database=database).stdout
        for arguments in (("--columns", "+files,+status_date"),)
        for database in (sqlite_database, postgresql_database)
    )
    assert first.count("\n") == 301
    stable = [",".join(line.split(",")[:3]) for line in first.splitlines()]
    assert stable == [",".join(line.split(",")[:3]) for line in second.splitlines()]


_WILD_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20
) | st.builds(
    operator.add, st.sampled_from(GUARDED + "x"), st.text("x;,|\"'\\\t\r\n\1\1f", max_size=8)
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(st.tuples(_WILD_TEXT, _WILD_TEXT), min_size=1, max_size=30, unique=True))
def test_the_database_makes_the_same_records_as_the_dialect(
    database: Database, texts: list[tuple[str, str]]
) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM t_order")
        for number, (owner, label) in enumerate(texts):
            add_order(connection, number, owner=owner, label=label, waiting_for_user=number % 2 > 0)
    columns = "label,expiration,id,user,status,creation,size"
    rows = json.loads(
        run("list", "-f", "json", "--columns", columns, "--sort", "id", database=database).stdout
    )
    for delimiter, raw in ((",", []), (";", ["--raw"]), ("|", []), ("\t", []), (" ", [])):
        line = CsvDialect(delimiter, guarded=not raw).line
        written = run(
            "summary", "--no-header", "--columns", columns, "--delimiter", delimiter, *raw,
            database=database,
        )  # fmt: skip
        assert written.stdout == "".join(line(list(row.values())) for row in rows)


def test_what_is_stored_in_another_kind_is_written_as_it_is(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        for number in range(1, 6):
            add_order(connection, number)
        for change in (
            "percent_complete = '=1+1' WHERE id = 1",
            "creation_date = 'to;morrow' WHERE id = 2",
            "label = 'a' || char(0) || 'b' WHERE id = 4",
        ):
            connection.exec_driver_sql(f"UPDATE t_order SET {change}")
        for _ in range(2):
            add_dataset(connection, 5, ("large", 1, 2**63 - 1, 1))
    assert run("summary", "--columns=-status,-expiration", database=sqlite_database).stdout == (
        "id,user,label,progress,creation,total_size,errors_count,objects_count\n"
        "1,hello@hello.com,order 1,'=1+1,2026-03-01T10:00:00Z,0,0,0\n"
        '2,hello@hello.com,order 2,0,"to;morrow",0,0,0\n'
        "3,hello@hello.com,order 3,0,2026-03-01T10:00:00Z,0,0,0\n"
        "4,hello@hello.com,a\0b,0,2026-03-01T10:00:00Z,0,0,0\n"
        "5,hello@hello.com,order 5,0,2026-03-01T10:00:00Z,18446744073709551614,0,2\n"
    )


class TestManyOrders:
    """A report of more orders than are read at a time is whole, and shows one moment."""

    @pytest.fixture
    def many(self, database: Database) -> Database:
        """Orders with ids far apart, some of which need quotes."""
        with database.writing() as connection:
            add_order(connection, 1)
            connection.exec_driver_sql(
                "INSERT INTO t_order (id, owner, label, creation_date, percent_complete,"
                " files_in_error, status, status_date, waiting_for_user)"
                " WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
                " SELECT i * 300, CASE i - i / 7 * 7 WHEN 0 THEN 'a;b' ELSE 'c' END, '=' || i,"
                " creation_date, 5, 0, status, status_date, waiting_for_user"
                " FROM n, t_order WHERE id = 1"
            )
            connection.exec_driver_sql(
                "INSERT INTO t_dataset_task"
                " (id, order_id, dataset_label, files_count, files_size, objects_count)"
                " SELECT id, id, 'd', 1, id, 2 FROM t_order"
            )
        return database

    @staticmethod
    def expected() -> str:
        users = ("c" if i % 7 else '"a;b"' for i in range(1, 2501))
        return HEADER + "".join(
            [
                "1,hello@hello.com,order 1,0,2026-03-01T10:00:00Z,1,0,pending,,2\n",
                *(
                    f"{i * 300},{user},'={i},5,2026-03-01T10:00:00Z,{i * 300},0,pending,,2\n"
                    for i, user in enumerate(users, start=1)
                ),
            ]
        )

    def test_every_order_is_in_it(self, many: Database) -> None:
        assert run("summary", database=many).stdout == self.expected()

    @pytest.mark.parametrize("closed", ["2>&-", "<&-", "2>&- <&-"])
    def test_closed_streams_take_nothing_from_it(
        self, many: Database, closed: str, tmp_path: Path
    ) -> None:
        target = tmp_path / "orders.csv"
        program = " ".join(command("summary"))
        ended = subprocess.run(
            ["bash", "-c", f"{program} {closed} > {target}"], env=environment(many), check=False
        )
        assert ended.returncode == 0
        assert target.read_text() == self.expected()

    def test_it_needs_no_temporary_folder_and_no_second_process(self, many: Database) -> None:
        alone = "import os; os.fork = None; from ordercli.__main__ import main; main()"
        nowhere = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), "/nowhere")
        ended = subprocess.run(
            [sys.executable, "-c", alone, "summary"],
            env=environment(many, nowhere), check=False, capture_output=True,
        )  # fmt: skip
        assert (ended.returncode, ended.stderr) == (0, b"")
        assert ended.stdout.decode() == self.expected()

    @pytest.mark.parametrize("dialect", ["postgresql"])
    def test_it_shows_one_moment(self, many: Database) -> None:
        with many.writing() as writer:
            writer.exec_driver_sql("UPDATE t_order SET percent_complete = 99")
            assert run("summary", database=many).stdout == self.expected()

    @pytest.mark.parametrize("dialect", ["sqlite"])
    def test_a_damaged_page_in_its_middle_is_told(
        self, many: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An inner page of the table that leads to no other: SQLite itself says nothing."""
        path = Path(many.location)
        with closing(sqlite3.connect(path)) as connection:
            (root,) = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 't_order'"
            ).fetchone()
            (size,) = connection.execute("PRAGMA page_size").fetchone()
        content = bytearray(path.read_bytes())
        start = (root - 1) * size
        assert content[start] == 5  # an inner page of a table, with the number of its cells
        content[start + 3 : start + 5] = (1).to_bytes(2, "big")
        path.write_bytes(content)
        book = path.with_name("orders.xlsx")
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(temporary))
        for words in (["summary"], ["summary", "-o", book], ["list", "-f", "csv", "--all"]):
            result = run(*words, database=many)
            assert result.exit_code == 1
            assert "damaged" in result.stderr
        assert not book.exists()
        assert not list(temporary.iterdir())  # nothing of the half of a workbook stays


class TestOutputFile:
    """``-o FILE`` writes whole or not at all."""

    def test_it_replaces_a_file_and_keeps_its_mode(self, report: Database, tmp_path: Path) -> None:
        target = tmp_path / "orders.csv"
        target.write_text("old")
        target.chmod(0o640)
        result = run("summary", "-o", target, database=report)
        assert (result.exit_code, result.stdout) == (0, "")
        assert target.read_text() == run("summary", database=report).stdout
        assert stat.S_IMODE(target.stat().st_mode) == 0o640
        assert {each.name for each in tmp_path.iterdir()} <= {"orders.csv", "orders.db"}

    def test_a_link_is_followed(self, report: Database, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        link = tmp_path / "link.csv"
        link.symlink_to(tmp_path / "real" / "orders.csv")
        assert run("summary", "-o", link, database=report).exit_code == 0
        assert link.is_symlink()
        assert (tmp_path / "real" / "orders.csv").read_text().startswith("id,user")

    def test_a_failure_leaves_the_old_file(self, report: Database, tmp_path: Path) -> None:
        target = tmp_path / "orders.csv"
        target.write_text("old")
        for arguments in (["--layout", "regards"], ["--columns", "colour"], ["-d", "nowhere.db"]):
            assert run("summary", "-o", target, *arguments, database=report).exit_code in (1, 2)
            assert target.read_text() == "old"
        for unwritable in (tmp_path, tmp_path / "missing" / "orders.csv"):
            result = run("summary", "-o", unwritable, database=report)
            assert result.exit_code == 1
            assert result.stderr.startswith("ordercli: ")
            assert result.stderr.count("\n") == 1

    def test_a_device_is_written_in_place(self, sqlite_database: Database) -> None:
        result = run_process("summary", "-o", "/dev/stdout", database=sqlite_database)
        assert result.stdout.startswith(b"id,user")
        full = run_process("summary", "-o", "/dev/full", database=sqlite_database)
        assert full.exit_code == 1
        assert b"No space left" in full.stderr


def test_the_default_columns_are_those_of_the_page() -> None:
    assert [column.title for column in SUMMARY_DEFAULT] == [
        "Id", "User", "Label", "Progress", "Creation", "Total size", "Errors count", "Status",
        "Expiration", "Objects count",
    ]  # fmt: skip
