"""Loading orders from CSV, that of ``summary`` first of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.loading import (
    all_orders,
    csv_row,
    datasets,
    loaded,
    one_order,
    refusal,
    stored,
)
from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database

SUMMARY_HEADER = (
    "id,user,label,progress,creation,total_size,errors_count,status,expiration,objects_count\n"
)


class TestCsv:
    def test_what_summary_wrote(self, database: Database) -> None:
        content = SUMMARY_HEADER + (
            "3,mei@example.org,Sea level,100,2026-01-09T08:15:30.25Z,41250,2,warning,"
            "2026-02-08T08:15:30Z,6\n"
            '4,mei@example.org,"a ""b"", c\nd\r\ne",0,2026-02-09T08:15:30Z,0,0,pending,,0\n'
        )
        assert loaded(database, content) == [2]
        first, second = all_orders(database)
        assert first == {
            "id": 3,
            "user": "mei@example.org",
            "label": "Sea level",
            "progress": 100,
            "creation": "2026-01-09T08:15:30.25Z",
            "total_size": 41250,
            "errors_count": 2,
            "status": "warning",
            "expiration": "2026-02-08T08:15:30Z",
            "objects_count": 6,
            "files_count": 0,
            "status_date": "2026-01-09T08:15:30.25Z",
            "in_status": 5_197_470,
            "message": None,
            "reason": None,
            "profile": None,
        }
        assert second["label"] == 'a "b", c\nd\r\ne'
        assert second["expiration"] is None
        assert datasets(database) == [(1, 3, "(summary)", None, 41250, 6)]

    @pytest.mark.parametrize(
        ("shown", "kept"),
        [
            ("waiting user", ("RUNNING", True)),
            ("done", ("DONE", False)),
            ("failed", ("FAILED", False)),
            ("removed", ("DELETED", False)),
            ("Paused", ("PAUSED", False)),
            ("warning", ("DONE_WITH_WARNING", False)),
            ("unknown", ("UNKNOWN", False)),
        ],
    )
    def test_statuses_are_stored(
        self, database: Database, shown: str, kept: tuple[str, bool]
    ) -> None:
        loaded(database, csv_row(status=shown))
        assert stored(database) == [kept]

    @pytest.mark.parametrize("delimiter", [";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_delimiters_titles_and_line_ends(
        self, database: Database, delimiter: str, end: str
    ) -> None:
        header = ["Id", '"User"', "label", "created", "Status", "Total size", "files"]
        row = ["1", "lea@example.org", '"a, b"', "2026-01-09", "done", "12", "0"]
        content = end.join([delimiter.join(header), "", delimiter.join(row), ""])
        loaded(database, "\ufeff" + content)
        assert one_order(database)["label"] == "a, b"
        assert datasets(database) == [(1, 1, "(summary)", 0, 12, None)]

    @pytest.mark.parametrize("first", "=+-@＝＋－＠\t\r\n")
    def test_a_guard_is_taken_off(self, database: Database, first: str) -> None:
        loaded(database, csv_row(label=f'"\'{first}1"', user="'=u"))
        assert one_order(database)["label"] == f"{first}1"
        assert one_order(database)["user"] == "=u"

    @pytest.mark.parametrize("label", ["'quoted'", "''a=1", "a'=1"])
    def test_other_quotes_stay(self, database: Database, label: str) -> None:
        loaded(database, csv_row(label=label))
        assert one_order(database)["label"] == label

    def test_a_header_alone_holds_no_orders(self, database: Database) -> None:
        assert loaded(database, SUMMARY_HEADER) == []

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (csv_row(id="x"), "record 1 (line 2): id must be a whole number"),
            (csv_row(id="1_0"), "record 1 (line 2): id must be a whole number"),
            (csv_row(id=""), "record 1 (line 2): id is missing"),
            (csv_row(id="9" * 20), "record 1 (line 2): id must be from -"),
            (csv_row(progress="5%"), "record 1 (line 2): progress must be a whole number"),
            (csv_row(total_size=str(2**63)), "total_size must be from"),
            (csv_row(label=""), "record 1 (line 2): label is missing"),
            (csv_row(label="a\0b"), "record 1 (line 2): label holds a NUL character"),
            (csv_row(user="u" * 101), "user is longer than 100 characters"),
            (csv_row(creation="infinity"), "creation must be a date and time"),
            (csv_row(status="runing"), "(line 2): no status 'runing'; did you mean 'running'?"),
            (csv_row() + '\n2,u,"a\nb",2026-01-09,done\n3,u,c,2026-01-09,x\n', "3 (line 6): no"),
            (csv_row() + "2,u\n", "record 2 (line 3): 2 cells for 5 columns"),
            (csv_row() + '2,u,"a\n', "record 2 (line 3): not CSV: unexpected end of data"),
            (csv_row(label="x" * 200_000), "record 1 (line 2): not CSV: field larger than"),
            (csv_row(weight="1"), "line 1, the header: no column 'weight'"),
            ("hello\n", "line 1, the header: no column 'hello'"),
            ("1,u,l,2026-01-09,done\n", "line 1, the header: no column '1'"),
            ("id,user,creation,status\n", "line 1, the header: no column 'label'"),
            ("id,user,label,creation,status,Id\n", "line 1, the header: a column occurs twice"),
            ("id\rlabel\n", "line 1: not CSV: new-line character seen in unquoted field"),
            ("ORDER_ID;CREATION_DATE;OWNER\n1;;\n", "line 1: the service's own report"),
        ],
    )
    def test_what_is_wrong_is_named(self, database: Database, content: str, reason: str) -> None:
        assert reason in refusal(database, content)


@pytest.mark.parametrize("report", [["summary"], ["list", "-f", "csv", "--all"]])
def test_every_text_comes_back_as_it_was(
    database: Database, empty_location: str, report: list[str]
) -> None:
    """Also those that look as if they had been guarded, and the ones they would be taken for."""
    texts = [
        "=1+1",
        "'=1+1",
        "''=1+1",
        "'",
        "''",
        "'a",
        "a'=",
        "'-",
        "\uff1d1",
        "'\uff1d1",
        "-",
        "''\tx",
    ]
    with database.writing() as connection:
        for number, text in enumerate(texts, start=1):
            add_order(connection, number, owner=f"{text}u", label=text)
    content = run(*report, database=database).stdout
    assert run("db", "init", database=empty_location).exit_code == 0
    result = run("db", "load", "-", database=empty_location, stdin=content)
    assert (result.exit_code, result.stdout) == (0, "")
    raw = ("summary", "--raw")
    assert run(*raw, database=empty_location).stdout == run(*raw, database=database).stdout
