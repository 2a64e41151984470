"""The history: who changed what, when and why."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from harness.fill import add_order
from harness.program import run
from harness.terminal import Terminal

if TYPE_CHECKING:
    from harness.postgres_server import PostgresServer
    from harness.program import Clock
    from ordercli.store.database import Database


@pytest.fixture
def changed(database: Database, clock: Clock) -> Database:
    """Five orders, changed by two people over three days."""
    with database.writing() as connection:
        for owner, status in (
            ("ada@cnes.fr", "PENDING"), ("bob@cnes.fr", "RUNNING"), ("carl@cnes.fr", "DONE"),
            ("carl@cnes.fr", "PENDING"), ("carl@cnes.fr", "PENDING"),
        ):  # fmt: skip
            add_order(connection, owner=owner, status=status)
    for moment, who, words in (
        ("2026-03-08T10:00:00.250Z", "jane", ["pause", "1", "2", "-m", "disk full"]),
        ("2026-03-09T23:30:00Z", "joe", ["resume", "2"]),
        ("2026-03-10T11:00:00Z", "jane", ["cancel", "3", "2", "--yes", "-m", 'a "b", c']),
    ):
        clock.set(moment)
        assert run(*words, database=database, env={"ORDERCLI_ACTOR": who}).exit_code == 0
    clock.set("2026-03-10T12:00:00Z")
    return database


EVENTS: list[dict[str, Any]] = [
    {"date": "2026-03-10T11:00:00Z", "id": 3, "action": "cancel", "from": "done",
     "to": "removed", "actor": "jane", "reason": 'a "b", c'},
    {"date": "2026-03-10T11:00:00Z", "id": 2, "action": "cancel", "from": "running",
     "to": "removed", "actor": "jane", "reason": 'a "b", c'},
    {"date": "2026-03-09T23:30:00Z", "id": 2, "action": "resume", "from": "pause",
     "to": "running", "actor": "joe", "reason": None},
    {"date": "2026-03-08T10:00:00.250Z", "id": 2, "action": "pause",
     "from": "running", "to": "pause", "actor": "jane", "reason": "disk full"},
    {"date": "2026-03-08T10:00:00.250Z", "id": 1, "action": "pause",
     "from": "pending", "to": "pause", "actor": "jane", "reason": "disk full"},
]  # fmt: skip
"""What is then recorded, newest first."""


def without_operation(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: each[key] for key in each if key != "operation"} for each in found]


def shown(database: Database, *arguments: object, **options: Any) -> list[dict[str, Any]]:
    """The events that ``history`` gives, without the operation that they belong to."""
    result = run("history", *arguments, "-f", "json", database=database, **options)
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return without_operation(found)


@pytest.fixture
def plainly(changed: Database) -> list[dict[str, Any]]:
    """The events as they are expected, once their moments are written as the program does."""
    found = shown(changed)
    moments = [each["date"] for each in found]
    assert moments[3] in ("2026-03-08T10:00:00.250Z", "2026-03-08T10:00:00.25Z")
    return [{**each, "date": moment} for each, moment in zip(EVENTS, moments, strict=True)]


def test_everything_is_recorded(changed: Database, plainly: list[dict[str, Any]]) -> None:
    assert shown(changed) == plainly


@pytest.mark.usefixtures("clock")
def test_a_run_shares_its_operation(changed: Database) -> None:
    found = json.loads(run("history", "-f", "json", database=changed).stdout)
    operations = [each["operation"] for each in found]
    assert operations[0] == operations[1]
    assert operations[3] == operations[4]
    assert len(set(operations)) == 3


def test_filters(changed: Database, plainly: list[dict[str, Any]]) -> None:
    for words, expected in (
        (["1"], [4]),
        (["2", "3"], [0, 1, 2, 3]),
        (["4"], []),
        (["99"], []),
        (["--actor", "joe"], [2]),
        (["--actor", "jo"], []),
        (["--actor", "j*"], [0, 1, 2, 3, 4]),
        (["--actor", "?oe"], [2]),
        (["--until", "2026-03-10T11:00:00Z"], [2, 3, 4]),
        (["--since", "2026-03-09", "--until", "today"], []),
        (["-u", "ada@cnes.fr"], [4]),
        (["-u", "b*", "-u", "ADA@cnes.fr"], [1, 2, 3]),
        (["-u", "*", "--action", "pause"], [3, 4]),
        (["--action", "cancel"], [0, 1]),
        (["--action", "PAUSE"], [3, 4]),
        (["--action", "annulation"], [0, 1]),
        (["--since", "today"], [0, 1, 2]),  # midnight in Paris
        (["--since", "2026-03-10T11:00:00Z"], [0, 1]),
        (["--since", "1h"], [0, 1]),
        (["--since", "59m"], []),
        (["2", "--actor", "jane", "--action", "pause", "--since", "7d"], [3]),
        (["--limit", "2"], [0, 1]),
        (["--limit", "0"], []),
        (["--all"], [0, 1, 2, 3, 4]),
    ):
        assert shown(changed, *words) == [plainly[number] for number in expected], words


def test_an_operation_by_its_beginning(changed: Database) -> None:
    found = json.loads(run("history", "-f", "json", database=changed).stdout)
    paused = found[4]["operation"]
    for begun in (paused, paused[:8], paused[:20].upper()):
        assert [each["id"] for each in shown(changed, "--operation", begun)] == [2, 1]
    assert shown(changed, "2", "--operation", paused[:9]) == without_operation([found[3]])
    assert shown(changed, "--operation", "00000000") == []


def test_columns(changed: Database) -> None:
    head = run("history", "3", "--columns", "order,to,from,who", database=changed)
    assert head.stdout == "id\tto\tfrom\tactor\n3\tremoved\tdone\tjane\n"
    less = run("history", "3", "--columns=-operation,-date", "--no-header", database=changed)
    assert less.stdout == '3\tcancel\tdone\tremoved\tjane\ta "b", c\n'
    assert list(shown(changed, "3", "--columns", "+id")[0]) == list(EVENTS[0])
    wrong = run("history", "--columns", "order_id,oder", database=changed)
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "known: date, id, action, from, to, actor, reason, operation" in wrong.stderr


def test_who_waited_is_told_where_that_was_kept(database: Database) -> None:
    with database.writing() as connection:
        for order_id in (1, 2):
            add_order(connection, order_id, status="RUNNING", waiting_for_user=True)
    run("pause", 1, database=database)
    assert [shown(database)[0][key] for key in ("from", "to")] == ["waiting user", "pause"]
    with database.writing() as connection:  # as its first versions made it
        for column in ("from_waiting", "to_waiting"):
            connection.execute(text(f"ALTER TABLE ordercli_event DROP COLUMN {column}"))
    assert run("pause", 2, database=database).exit_code == 0
    assert [each["from"] for each in shown(database)] == ["running", "running"]
    assert "ordercli_event: complete" in run("db", "check", database=database).stdout
    made = run("db", "init", database=database).stderr
    assert made.endswith(": made column from_waiting, column to_waiting\n")
    run("resume", 2, database=database)
    assert [each["to"] for each in shown(database)] == ["running", "pause", "pause"]


def test_ids_on_standard_input(changed: Database, plainly: list[dict[str, Any]]) -> None:
    assert shown(changed, "-", stdin="1 # one\n\n3\n") == [plainly[0], plainly[4]]


def test_no_ids_on_standard_input_are_not_all(changed: Database) -> None:
    result = run("history", "-", "-f", "json", database=changed, stdin="# none\n")
    assert (result.exit_code, result.stdout) == (0, "[]\n")


def test_more_ids_than_a_statement_may_have(changed: Database) -> None:
    many = "\n".join(str(number) for number in range(3, 70_000))
    assert len(shown(changed, "-", stdin=many)) == 1


def test_what_means_nothing_is_an_error(changed: Database) -> None:
    for words in (["x"], [""], ["1", "-"], ["--actor", ""], ["--action", ""], ["--action", "stop"],
                  ["--since", ""], ["--since", "soon"], ["--until", ""], ["-u", ""],
                  ["--columns", ""], ["--columns", "id,user"], ["--operation", "1234567"],
                  ["--operation", "%" * 8], ["-f", "yaml"], ["--limit", "-1"],
                  ["--limit", "1", "--all"]):  # fmt: skip
        result = run("history", *words, database=changed, stdin="1")
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert result.stderr.count("\n") == 1, words
    result = run("history", "--action", "resum", database=changed)
    assert "did you mean 'resume'? known: pause, resume, cancel" in result.stderr


def test_formats(changed: Database) -> None:
    expected = json.loads(run("history", "-f", "json", database=changed).stdout)
    lines = run("history", "-f", "jsonl", database=changed).stdout.splitlines()
    assert [json.loads(line) for line in lines] == expected
    cells = [[str("" if cell is None else cell) for cell in each.values()] for each in expected]
    for style, delimiter in (("csv", ","), ("tsv", "\t")):
        output = run("history", "-f", style, database=changed).stdout
        read = list(csv.reader(io.StringIO(output), delimiter=delimiter, strict=True))
        assert read == [list(expected[0]), *cells]
        bare = run("history", "-f", style, "--no-header", database=changed).stdout
        assert bare == output.partition("\n")[2]
    assert run("history", database=changed).stdout == run(
        "history", "-f", "tsv", database=changed
    ).stdout  # fmt: skip


def test_a_table_for_people(changed: Database) -> None:
    table = run("history", "-f", "table", database=changed).stdout.splitlines()
    assert table[0].split() == ["When", "Order", "Action", "From", "To", "Who", "Reason",
                                "Operation"]  # fmt: skip
    operation = json.loads(run("history", "-f", "json", database=changed).stdout)[0]["operation"]
    assert table[2].split() == [
        "2026-03-10", "12:00", "3", "cancel", "●", "done", "–", "removed", "jane", "a", '"b",', "c",
        operation[:8],
    ]  # fmt: skip
    utc = run("history", "-f", "plain", "--utc", database=changed).stdout.splitlines()
    assert utc[1].split()[:2] == ["2026-03-10", "11:00"]


def test_a_terminal_shows_fifty(database: Database) -> None:
    with database.writing() as connection:
        for _ in range(60):
            add_order(connection)
    run("pause", "-u", "*", "--yes", "-m", "night", database=database)
    with Terminal(["history"], columns=120, rows=70, database=database) as terminal:
        assert terminal.exit_code() == 0
        assert sum("night" in line for line in terminal.screen()) == 50
    assert len(run("history", "--no-header", database=database).stdout.splitlines()) == 60


@pytest.mark.usefixtures("clock")
def test_show_has_the_history_of_its_order(changed: Database) -> None:
    document = json.loads(run("show", "2", "-f", "json", database=changed).stdout)
    history = without_operation(document["history"])
    assert [each["action"] for each in history] == ["cancel", "resume", "pause"]
    assert history == shown(changed, "2")
    sheet = run("show", "2", database=changed).stdout
    assert "disk full" in sheet
    assert "jane" in sheet
    assert "disk full" not in run("show", "4", database=changed).stdout


def test_who_and_why_stay_data(database: Database) -> None:
    hostile = "\x1b[31m[red]:smile:\t\r\n\u202eevil\x9b|=1+1"
    with database.writing() as connection:
        add_order(connection, 1)
    run("pause", 1, "-m", hostile, database=database, env={"ORDERCLI_ACTOR": hostile})
    (event,) = shown(database)
    assert (event["actor"], event["reason"]) == (hostile, hostile)
    for style in ("table", "plain", "github", "html"):
        output = run("history", "-f", style, database=database).stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output), style
        assert r"\x1b[31m[red]:smile:\t\r\n\u202eevil\x9b" in output, style
    with Terminal(["history", "-f", "tsv"], columns=200, database=database) as terminal:
        assert terminal.exit_code() == 0
        assert b"\x1b" not in terminal.raw


def test_who_is_the_system_user_unless_named(database: Database) -> None:
    with database.writing() as connection:
        for _ in range(4):
            add_order(connection)
    run("pause", 1, database=database, env={"ORDERCLI_ACTOR": None, "LOGNAME": "ann"})
    run("pause", 2, database=database, env={"ORDERCLI_ACTOR": "", "LOGNAME": "ann"})
    run("pause", 3, database=database, env={"ORDERCLI_ACTOR": "n" * 300})
    result = run("pause", 4, database=database, env={"ORDERCLI_ACTOR": " "})
    assert (result.exit_code, result.stdout) == (2, "")
    actors = {each["id"]: each["actor"] for each in shown(database)}
    assert actors[1].startswith("ann@")
    assert actors[2] == actors[1]
    assert actors[3] == "n" * 200
    assert 4 not in actors


def test_an_empty_reason_is_no_reason(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1)
    assert run("pause", 1, "-m", "", database=database).exit_code == 0
    assert shown(database)[0]["reason"] is None


def test_a_reason_that_cannot_be_written_stops_before_any_change(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1)
    for reason in ("\udcff", "   "):
        result = run("pause", 1, "-m", reason, database=database)
        assert (result.exit_code, result.stdout) == (2, "")
    assert run("list", "-s", "pause", "-q", database=database).stdout == ""


def test_nothing_recorded(database: Database) -> None:
    result = run("history", database=database)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert result.stderr == "ordercli: no change is recorded\n"
    assert run("history", "-f", "json", database=database).stdout == "[]\n"


def test_where_there_is_no_history(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1)
        connection.execute(text("DROP TABLE ordercli_event"))
    result = run("history", database=database)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert "'ordercli db init'" in result.stderr
    assert json.loads(run("show", 1, "-f", "json", database=database).stdout)["history"] is None


def test_where_the_history_may_not_be_read(
    postgres_server: PostgresServer, postgresql_database: Database
) -> None:
    with postgresql_database.writing() as connection:
        add_order(connection, 1)
    reader = postgres_server.reader_location(postgresql_database)
    result = run("history", database=reader)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "'ordercli db grants'" in result.stderr
    assert run("show", 1, database=reader).exit_code == 0


def test_the_last_reason_is_a_column(changed: Database) -> None:
    run("pause", 4, "-m", "quota", database=changed)
    expected = [(4, "quota"), (1, "disk full"), (3, 'a "b", c'), (2, 'a "b", c'), (5, None)]
    for words, number in (([], 5), (["--limit", "2"], 2), (["-u", "*", "--limit", "9"], 5),
                          (["--limit", "3", "--columns", "id,reason,total_size"], 3)):  # fmt: skip
        columns = [] if "--columns" in words else ["--columns", "id,reason"]
        listed = run("list", *words, *columns, "--sort=-reason,-id", "-f", "json", database=changed)
        found = [(each["id"], each["reason"]) for each in json.loads(listed.stdout)]
        assert found == expected[:number], words
    csv_of_all = run("summary", "--columns", "id,reason,user", "--sort", "reason,id",
                     database=changed).stdout  # fmt: skip
    assert csv_of_all == (
        'id,reason,user\n2,"a ""b"", c",bob@cnes.fr\n3,"a ""b"", c",carl@cnes.fr\n'
        "1,disk full,ada@cnes.fr\n4,quota,carl@cnes.fr\n5,,carl@cnes.fr\n"
    )
    assert json.loads(run("show", 2, "-f", "json", database=changed).stdout)["reason"] == 'a "b", c'
    with changed.writing() as connection:
        connection.execute(text("DROP TABLE ordercli_event"))
    listed = run("list", "--columns", "id,reason", "--sort", "reason", "--no-header",
                 "--limit", "2", database=changed)  # fmt: skip
    assert (listed.exit_code, listed.stdout) == (0, "1\t\n2\t\n")


def test_the_history_outlives_the_order(changed: Database) -> None:
    with changed.writing() as connection:
        connection.execute(text("DELETE FROM t_order WHERE id = 1"))
    assert len(shown(changed, 1)) == 1
