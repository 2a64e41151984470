"""``ordercli show``: one order in full, on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from harness.fill import add_order
from harness.program import Clock, run
from ordercli.base.moments import parse_moment
from ordercli.domain.columns import COLUMNS
from ordercli.store.tables import events

if TYPE_CHECKING:
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def order(database: Database) -> Database:
    """One order with two datasets, one of them not counted, and one change."""
    with database.writing() as connection:
        add_order(
            connection, 12, owner="hello@hello.com", label="hello \x1b[31m", status="RUNNING",
            percent_complete=56, creation_date="2026-03-01T08:00:00.664Z",
            expiration_date="2026-03-10T12:42:00Z",
            datasets=[("d1", 33, 5556123, 25), ("d2\x07", None, None, None)],
        )  # fmt: skip
    paused = run("pause", "12", "-m", "disk full", database=database,
                 env={"ORDERCLI_ACTOR": "night-shift"})  # fmt: skip
    assert paused.exit_code == 0
    return database


def test_for_people(order: Database) -> None:
    result = run("show", "12", database=order)
    document = json.loads(run("show", "12", "-f", "json", database=order).stdout)
    operation = document["history"][0]["operation"][:8]
    assert result.stdout == (
        "Id             12\n"
        "User           hello@hello.com\n"
        "Label          hello \\x1b[31m\n"
        "Progress       56%\n"
        "Creation       2026-03-01 09:00:00\n"
        "Total size     5.56 MB (5,556,123 bytes)\n"
        "Errors count   0\n"
        "Status         ║ pause  Left: 42 min\n"
        "Expiration     2026-03-10 13:42:00\n"
        "Objects count  25\n"
        "Files count    33\n"
        "Status date    2026-03-10 13:00:00\n"
        "In status      0 s\n"
        "Message        none\n"
        "Reason         disk full\n"
        "Profile        none\n"
        "Stored status  PAUSED\n"
        "\n"
        "Id  Dataset  Objects  Files     Size\n"
        "────────────────────────────────────\n"
        " 1  d1            25     33  5.56 MB\n"
        " 2  d2\\x07\n"
        "\n"
        "When              Action  From       To       Who          Reason     Operation\n"
        "───────────────────────────────────────────────────────────────────────────────\n"
        f"2026-03-10 13:00  pause   ► running  ║ pause  night-shift  disk full  {operation}\n"
    )


def test_for_programs(order: Database) -> None:
    document = json.loads(run("show", "12", "-f", "json", database=order).stdout)
    assert list(document) == [
        *(column.key for column in COLUMNS), "stored_status", "datasets", "history", "older_events",
    ]  # fmt: skip
    assert document["status_date"] == "2026-03-10T12:00:00Z"
    assert document["datasets"][1] == {
        "id": 2, "label": "d2\x07", "files_count": None, "files_size": None, "objects_count": None,
    }  # fmt: skip
    [event] = document["history"]
    operation = event.pop("operation")
    assert len(operation) == 36
    assert event == {
        "date": "2026-03-10T12:00:00Z", "id": 12, "action": "pause",
        "from": "running", "to": "pause", "actor": "night-shift",
        "reason": "disk full",
    }  # fmt: skip


def test_several_orders(order: Database) -> None:
    with order.writing() as connection:
        add_order(connection, 13)
    one, other = (run("show", number, database=order).stdout for number in (12, 13))
    both = run("show", 12, 13, database=order)
    assert (both.exit_code, both.stdout) == (0, f"{one}\n{other}")
    documents = json.loads(run("show", 12, 13, "-f", "json", database=order).stdout)
    assert documents == [
        json.loads(run("show", number, "-f", "json", database=order).stdout) for number in (12, 13)
    ]
    missing = run("show", "-", database=order, stdin="13 14\n12")
    assert (missing.exit_code, missing.stdout) == (3, f"{other}\n{one}")
    assert missing.stderr == "ordercli: no order 14\n"
    for word in ("--files", "--watch=1"):
        refused = run("show", 12, 13, word, database=order)
        assert (refused.exit_code, refused.stdout) == (2, "")


def test_no_such_order(order: Database) -> None:
    result = run("show", "13", database=order)
    assert (result.exit_code, result.stdout) == (3, "")
    assert (
        result.stderr == "ordercli: no order 13; 'ordercli list --all' shows the orders there are\n"
    )
    for word in ("1x", "1.0", "٣", "9" * 30):
        assert run("show", word, database=order).exit_code == 2


def test_the_newest_changes_of_many(order: Database) -> None:
    with order.writing() as connection:
        event = {
            "order_id": 12, "action": "pause", "from_status": "RUNNING", "to_status": "PAUSED",
            "actor": "many", "event_date": parse_moment("2026-03-01", Clock().now), "reason": None,
            "operation": "x",
        }  # fmt: skip
        connection.execute(insert(events), [{**event, "reason": f"n{n}"} for n in range(1_234)])
    document = json.loads(run("show", "12", "-f", "json", database=order).stdout)
    assert [each["reason"] for each in document["history"]] == [
        f"n{number}" for number in range(1_233, 1_183, -1)
    ]
    assert document["older_events"] == 1_185
    shown = run("show", "12", database=order).stdout
    assert shown.count("many") == 50
    assert shown.endswith("\nand 1,185 older changes: ordercli history 12\n")
    assert len(run("history", "12", "-f", "tsv", database=order).stdout.splitlines()) == 1_236


def test_a_year_has_four_digits(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1, creation_date="0044-03-15T10:00:00Z")
    for words in (["show", 1], ["list", "-f", "plain"], ["list", "-f", "table"], ["list"]):
        shown = run(*words, "--utc", database=database, env={"COLUMNS": "150"}).stdout
        assert "0044-03-15" in shown, words
