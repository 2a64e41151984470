"""What went wrong with an order, which older tables do not say, and how long it has stood there."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from harness.fill import add_order
from harness.program import run
from harness.waits import WaitCounter

if TYPE_CHECKING:
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")

TOLD = "disk full, \x1b[31m=1+1"
COLUMNS = "id,in_status,message,size"


def fill(database: Database) -> None:
    with database.writing() as connection:
        for order_id, changed in ((1, "2026-03-07T08:00:00.7"), (2, "2026-03-10T11:59:15"),
                                  (3, "2026-03-10T09:55:00")):  # fmt: skip
            add_order(connection, order_id, status="FAILED", status_date=changed,
                      datasets=[("d", 1, 7, 1)])  # fmt: skip


def forget_messages(database: Database) -> None:
    """Make of a database of ours what an older version made."""
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE t_order DROP COLUMN message"))


def records(database: Database, *words: object) -> list[dict[str, Any]]:
    result = run("list", "-f", "json", "--columns", COLUMNS, *words, database=database)
    assert (result.exit_code, result.stderr) == (0, "")
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_a_message_and_a_duration_in_every_place(database: Database) -> None:
    fill(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE t_order SET message = :told WHERE id = 1"), {"told": TOLD})
    seconds = {1: 3 * 86_400 + 4 * 3600, 2: 45, 3: 2 * 3600 + 5 * 60}
    for words in ((), ("--limit", 3), ("-s", "failed", "--limit", 3), ("--sort", "size")):
        rows = records(database, *words)
        assert {row["id"]: row["in_status"] for row in rows} == seconds, words
        assert {row["id"]: row["message"] for row in rows} == {1: TOLD, 2: None, 3: None}, words
    assert [row["id"] for row in records(database, "--sort", "in-status")] == [2, 3, 1]
    assert [row["id"] for row in records(database, "--sort", "-in_status")] == [1, 3, 2]
    assert [row["id"] for row in records(database, "--sort", "message,-id")] == [1, 3, 2]
    for language, told in (("C", ("3 d 4 h", "45 s", "2 h 5 min")),
                            ("fr_FR.UTF-8", ("3 j 4 h", "45 s", "2 h 5 min"))):  # fmt: skip
        shown = run("list", "-f", "plain", "--columns", COLUMNS, database=database,
                    env={"LC_ALL": language}).stdout  # fmt: skip
        assert all(word in shown for word in told), language
    sheet = run("show", 1, database=database).stdout
    assert "In status      3 d 4 h\nMessage        disk full, \\x1b[31m=1+1\n" in sheet
    shown_json = json.loads(run("show", 1, "-f", "json", database=database).stdout)
    assert (shown_json["in_status"], shown_json["message"]) == (seconds[1], TOLD)
    written = run("summary", "--columns", "+message,+in_status,+status_date", database=database)
    rows = list(csv.DictReader(io.StringIO(written.stdout)))
    assert [row["message"] for row in rows] == [TOLD, "", ""]
    assert [int(row["in_status"]) for row in rows] == list(seconds.values())
    with database.writing() as connection:
        connection.execute(text("DELETE FROM t_dataset_task"))
        connection.execute(text("DELETE FROM t_order"))
    assert run("db", "load", "-", database=database, stdin=written.stdout).exit_code == 0
    assert [row["message"] for row in records(database, "--sort", "id")] == [TOLD, None, None]


def test_a_database_of_ours_without_messages_goes_on_working(database: Database) -> None:
    forget_messages(database)
    fill(database)
    for words in ((), ("--sort", "message"), ("--sort", "-message,size"), ("--limit", 2)):
        assert {row["message"] for row in records(database, *words)} == {None}, words
    assert json.loads(run("show", 1, "-f", "json", database=database).stdout)["message"] is None
    summary = run("summary", "--columns", "id,message", database=database)
    assert summary.stdout == "id,message\n1,\n2,\n3,\n"
    assert "lacks" not in run("db", "check", database=database).stdout
    assert run("cancel", 1, "--yes", database=database).exit_code == 0
    order = {"id": 9, "owner": "a", "label": "b", "status": "DONE",
             "creationDate": "2026-03-01T00:00:00Z"}  # fmt: skip
    assert run("db", "load", "-", database=database, stdin=json.dumps(order)).exit_code == 0
    told = json.dumps(order | {"id": 10, "label": "c", "message": TOLD})
    refused = run("db", "load", "-", database=database, stdin=told)
    assert refused.exit_code == 1
    assert "no column message yet; add it with 'ordercli db init'" in refused.stderr
    assert "made column message" in run("db", "init", database=database).stderr
    assert "nothing to make" in run("db", "init", database=database).stderr
    assert run("db", "load", "-", database=database, stdin=told).exit_code == 0
    assert records(database, "--sort", "-id")[0]["message"] == TOLD


def test_every_version_of_a_service_is_asked(service_database: Database) -> None:
    fill(service_database)
    for words in (("--sort", "message"), ("--limit", 2, "--sort", "in_status")):
        assert {row["message"] for row in records(service_database, *words)} == {None}
    for command in (("show", 1), ("summary", "--columns", "id,message,in_status"),
                    ("db", "grants", "ops")):  # fmt: skip
        assert run(*command, database=service_database).exit_code == 0, command


@pytest.mark.parametrize(("command", "most"), [("list", 5), ("show 1", 7), ("summary", 7)])
def test_nothing_more_is_asked_of_a_server(
    service_database: Database, command: str, most: int
) -> None:
    fill(service_database)
    with WaitCounter(service_database) as proxy:
        assert run(*command.split(), database=proxy.location).exit_code == 0
    assert proxy.waits <= most
