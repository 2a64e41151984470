"""Which files failed and why, grouped, and the orders of a cause chosen: everywhere the same."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from harness.fill import add_file, add_order
from harness.program import run
from harness.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.store.database import Database

VERSIONS = pytest.mark.parametrize("service_database", ["1.3", "1.6", "1.12", "2.0"], indirect=True)
TRACE = "\n\tat org.example.Storage.read(Storage.java:{})\n\tat java.lang.Thread.run(Thread.java)"
STORAGE = "storage {} did not answer: GET http://storage.example.org/files/{}"
ANSWERED = "storage … did not answer: GET …"
LATEST = "2026-03-09T11:00:00.5Z"


def fill(database: Database) -> None:
    """Four orders of two users; eight files of the first three failed for four causes."""
    with database.writing() as connection:
        add_order(connection, 1, owner="ada@x.org", status_date="2026-03-05T10:00:00Z")
        add_order(connection, 2, owner="bob@x.org", status_date=LATEST)
        add_order(connection, 3, owner="ada@x.org", status="FAILED")
        add_order(connection, 4, owner="ada@x.org")
        for order_id, node, checksum in ((1, "n1", "ab12"), (1, "n2", "cd34"), (2, "n1", "ef56")):
            add_file(connection, order_id, STORAGE.format(node, checksum) + TRACE.format(checksum))
        add_file(connection, 1, "\r\n  HTTP 503 of node 12  \nmore", size=None)
        add_file(connection, 2, "HTTP 503 of node 9", state="DOWNLOAD_ERROR", size=2**62)
        add_file(connection, 2, "out of memory", state="PROCESSING_ERROR", size=2**62)
        add_file(connection, 2, "out of memory", state="PROCESSING_ERROR", size=2**62)
        add_file(connection, 3, " \n")
        for order_id, state in ((1, "AVAILABLE"), (4, "PENDING"), (4, "DOWNLOADED")):
            add_file(connection, order_id, "out of memory", state=state)


def rows(database: Database, *words: object) -> list[dict[str, Any]]:
    result = run(*words, "-f", "json", database=database)
    assert (result.exit_code, result.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def check(database: Database) -> None:
    """What every kind of database answers of the files that ``fill`` adds."""
    fill(database)
    causes = rows(database, "errors")
    assert [list(row.values())[:5] for row in causes] == [
        [ANSWERED, 2, 3, 3000, LATEST],
        ["HTTP 503 of node …", 2, 2, 2**62, LATEST],
        ["out of memory", 1, 2, 2**63, LATEST],
        [None, 1, 1, 1000, "2026-03-01T10:00:00Z"],
    ]
    assert list(causes[0])[:5] == ["cause", "orders", "files", "bytes", "last_seen"]
    assert causes[0]["example"] == STORAGE.format("n1", "ab12") + TRACE.format("ab12")
    assert causes[1]["example"] == "\r\n  HTTP 503 of node 12  \nmore"
    by_user = rows(database, "errors", "--by", "user", "--sort", "user")
    assert [[row["user"], row["orders"], row["files"]] for row in by_user] == [
        ["ada@x.org", 2, 4], ["bob@x.org", 1, 4],
    ]  # fmt: skip
    by_order = rows(database, "errors", "--by", "order", "--sort=-last_seen", "--limit", 2)
    assert [[row["order_id"], row["user"], row["files"]] for row in by_order] == [
        [2, "bob@x.org", 4], [1, "ada@x.org", 3],
    ]  # fmt: skip
    by_file = rows(database, "errors", "--by", "file", "-u", "ada*")
    assert [[row["order_id"], row["id"], row["state"]] for row in by_file] == [
        [1, 1, "ERROR"], [1, 2, "ERROR"], [1, 4, "ERROR"], [3, 8, "ERROR"],
    ]  # fmt: skip
    assert by_file[2]["reason"] == "\r\n  HTTP 503 of node 12  \nmore"
    for words, chosen in (
        (["--cause", "storage*"], {1, 2}),
        (["--cause", ANSWERED], {1, 2}),
        (["--cause", "HTTP 503 of node ??"], {1}),
        (["--cause", "http * NODE ?", "-i"], {2}),
        (["--cause", "out of memory", "--cause", "(none)"], {2, 3}),
        (["--cause", "storage*", "-u", "ada*"], {1}),
    ):  # fmt: skip
        listed = run("list", "-q", *words, database=database)
        assert {int(word) for word in listed.stdout.split()} == chosen, words
        of_orders = rows(database, "errors", "--by", "order", *words)
        assert {row["order_id"] for row in of_orders} == chosen, words
    files = rows(database, "errors", "--by", "file", "--cause", "out*")
    assert [row["id"] for row in files] == [6, 7]
    failed = rows(database, "show", 1, "--failed")
    assert [row["id"] for row in failed] == [1, 2, 4]
    assert failed[0] == {
        "id": 1, "name": "a.nc", "size": 1000, "mime_type": "application/x-netcdf",
        "data_type": "RAWDATA", "data_objects_ip_id": "URN:AIP:DATA:p:1:V1", "state": "ERROR",
        "reason": STORAGE.format("n1", "ab12") + TRACE.format("ab12"),
    }  # fmt: skip
    assert [row["id"] for row in rows(database, "show", 1, "--files")] == [1, 2, 4, 9]


def test_on_a_database_of_ours(database: Database) -> None:
    check(database)


@VERSIONS
def test_on_a_service_database(service_database: Database) -> None:
    check(service_database)


def test_a_choice_by_cause_is_one_for_looking_and_for_changing(database: Database) -> None:
    fill(database)
    summary = run(
        "summary", "--columns", "id", "--no-header", "--cause", ANSWERED, database=database
    )
    assert summary.stdout.split() == ["1", "2"]
    result = run("pause", "--cause", "out of memory", "--yes", database=database)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert run("list", "-q", "-s", "pause", database=database).stdout.split() == ["2"]
    for words in (["list"], ["errors"], ["pause", "--yes"]):
        empty = run(*words, "--cause", "", database=database)
        assert (empty.exit_code, empty.stdout) == (2, ""), words


def test_both_databases_find_the_same_causes(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    """And each of them, as it is called, chooses the orders that it was found in."""
    chance = random.Random(4)
    words = ["ab", "a1", "9", "/x/é", "u@h", "'q 1'", "(7)", "x=3,", "é…", "*", "?", "[1", "%",
             "_", "!", "\\d", "\t", "\r\n", "\n", " ", "\x1b[31m", "\u202e", "日1"]  # fmt: skip
    reasons = ["".join(chance.choices(words, k=chance.randint(1, 7))) for _ in range(300)]
    reasons += ["x" * 600, "a 1 " * 300, "\n\n", " " * 600]
    for database in (sqlite_database, postgresql_database):
        with database.writing() as connection:
            for order_id in range(1, 51):
                add_order(connection, order_id)
            for place, reason in enumerate(reasons):
                add_file(connection, 1 + place % 50, reason)
    found = rows(sqlite_database, "errors", "--sort", "cause")
    assert found == rows(postgresql_database, "errors", "--sort", "cause")
    assert sum(row["files"] for row in found) == len(reasons)
    assert len(found) < len(reasons)
    for row in chance.sample(found, 15):
        cause = "(none)" if row["cause"] is None else row["cause"]
        chosen = [run("list", "-q", "--cause", cause, database=database).stdout.split()
                  for database in (sqlite_database, postgresql_database)]  # fmt: skip
        assert chosen[0] == chosen[1]
        assert len(chosen[0]) >= row["orders"], cause


def test_a_hostile_cause_reaches_no_terminal(database: Database) -> None:
    hostile = "\x1b]0;pwned\x07 | =cmd\u202e" + "long " * 200
    with database.writing() as connection:
        add_order(connection, 1)
        add_file(connection, 1, hostile, name="\x1b[31m.nc")
    for words in (["errors"], ["errors", "--by", "file"], ["errors", "--by", "order"],
                  ["show", 1, "--files"]):  # fmt: skip
        for style in ("table", "github", "json", "jsonl"):
            shown = run(*words, "-f", style, database=database).stdout
            assert not {"\x1b", "\x07", "\u202e"} & set(shown), (words, style)
    assert run("list", "--cause", "memory", database=database).stderr.startswith("ordercli: no ord")
    if database.path is not None:
        with Terminal(["errors"], columns=100, database=database) as terminal:
            terminal.expect("pwned")
            assert terminal.exit_code() == 0


def test_a_person_is_told_how_many_there_are(sqlite_database: Database) -> None:
    fill(sqlite_database)
    for words, told in (
        (["errors", "--limit", "1"], "1 of 4 causes"),
        (["errors", "--by", "file", "--limit", "3"], "3 of 8 files"),
        (["show", "1", "--files", "--limit", "2"], "2 of 4 files"),
    ):
        with Terminal(words, columns=120, database=sqlite_database) as terminal:
            terminal.expect(told)
            assert terminal.exit_code() == 0
    for words, told in (
        (["errors", "-u", "nobody"], "no file failed"),
        (["show", "4", "--failed"], "no file of order 4 failed"),
        (["show", "3", "--files", "--limit", "0"], ""),
    ):
        result = run(*words, "-f", "json", database=sqlite_database)
        assert (result.exit_code, result.stdout) == (0, "[]\n")
        assert told in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["errors", "--by", "causes"], 2, "did you mean 'cause'?"),
        (["errors", "--sort", "creation"], 2, "no sort key 'creation'"),
        (["errors", "--by", "user", "--sort=-cause"], 2, "no sort key 'cause'"),
        (["show", "77", "--files"], 3, "no order 77"),
        (["show", "1", "--limit", "3"], 2, "add --files or --failed"),
        (["show", "1", "--files", "--watch", "1"], 2, "exclude each other"),
    ],
)  # fmt: skip
def test_what_is_refused(sqlite_database: Database, words: list[str], code: int, told: str) -> None:
    result = run(*words, database=sqlite_database)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_database_made_before_there_was_such_a_table(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        add_order(connection, 1)
        connection.execute(text("DROP TABLE t_data_file"))
    for words in (["list"], ["show", 1], ["summary"], ["pause", 1], ["db", "check"]):
        assert run(*words, database=database).exit_code == 0, words
    for words in (["errors"], ["list", "--cause", "x"], ["show", 1, "--files"]):
        result = run(*words, database=database)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "make it with 'ordercli db init'" in result.stderr
        assert result.stderr.count("\n") == 1
    checked = run("db", "check", database=database).stdout.splitlines()
    assert "t_data_file: missing, 'ordercli db init' makes it" in checked
    assert "errors: do not work" in checked
    assert run("db", "init", database=database).exit_code == 0
    assert run("errors", database=database).stderr == "ordercli: no file failed\n"
