"""Loading orders from JSON: pages, lists and lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.fill import add_order
from harness.loading import (
    all_orders,
    an_order,
    datasets,
    lines,
    loaded,
    one_order,
    refusal,
    stored,
)
from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database

PAGE = Path(__file__).parents[1] / "data" / "orders-page.json"


class TestJson:
    def test_a_page_of_the_service(self, database: Database) -> None:
        assert loaded(database, PAGE.read_bytes()) == [3]
        assert stored(database) == [("DONE", False), ("RUNNING", True), ("QUARANTINED", False)]
        assert all_orders(database)[0] == {
            "id": 3,
            "user": "mei.chen@example.org",
            "label": "Sea level, January",
            "progress": 100,
            "creation": "2026-01-09T08:15:30.25Z",
            "total_size": 41250,
            "errors_count": 0,
            "status": "done",
            "expiration": "2026-02-08T08:15:30.25Z",
            "objects_count": 6,
            "files_count": 12,
            "status_date": "2026-01-09T08:40:00Z",
            "in_status": 5_196_000,
            "message": None,
            "reason": None,
            "profile": None,
        }
        assert all_orders(database)[1]["expiration"] is None
        assert datasets(database) == [
            (7, 3, "Jason-3 GDR", 12, 41250, 6),
            (8, 3, "Orbit files", None, None, None),
            (12, 4, "Jason-3 GDR", 8, 5_000_000_000, 5),
        ]

    @pytest.mark.parametrize("shape", ["page on a line", "list", "unwrapped list", "lines"])
    def test_all_shapes_give_the_same(self, database: Database, shape: str) -> None:
        page = json.loads(PAGE.read_bytes())
        bare = [item["content"] for item in page["content"]]
        content = {
            "page on a line": json.dumps(page),
            "list": json.dumps(page["content"], indent=2),
            "unwrapped list": json.dumps(bare),
            "lines": "\ufeff\n" + lines(*bare[:1]) + "\r\n  \n" + lines(*page["content"][1:]),
        }[shape]
        assert loaded(database, content) == [3]
        assert [order["id"] for order in all_orders(database)] == [3, 4, 60]
        assert len(datasets(database)) == 3

    def test_one_order_over_several_lines(self, database: Database) -> None:
        loaded(database, json.dumps(an_order(), indent=4))
        assert one_order(database)["label"] == "one"

    def test_what_may_be_missing_has_a_default(self, database: Database) -> None:
        loaded(database, lines(an_order(expirationDate=None, datasetTasks=None)))
        order = one_order(database)
        assert order["status_date"] == order["creation"] == "2026-01-09T08:15:30Z"
        assert (order["progress"], order["errors_count"], order["expiration"]) == (0, 0, None)
        assert stored(database) == [("DONE", False)]
        assert datasets(database) == []

    @pytest.mark.parametrize("content", ["[]", '{"content": [], "metadata": {}}', " [\n]\n"])
    def test_an_empty_page_holds_no_orders(self, database: Database, content: str) -> None:
        assert loaded(database, content) == []

    @pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
    def test_an_empty_file_is_an_error(self, database: Database, content: str) -> None:
        assert "no orders in orders.file" in refusal(database, content)

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("2026-01-09T08:15:30+02:00", "2026-01-09T06:15:30Z"),
            ("2026-01-09T08:15:30", "2026-01-09T08:15:30Z"),
            ("2026-01-09T08:15:30.123456789Z", "2026-01-09T08:15:30.123456Z"),
            ("2026-01-09", "2026-01-09T00:00:00Z"),
        ],
    )
    def test_dates_are_read_as_utc(self, database: Database, written: str, read: str) -> None:
        loaded(database, lines(an_order(creationDate=written)))
        assert one_order(database)["creation"] == read

    def test_the_extremes_fit(self, database: Database) -> None:
        task = {
            "id": 2**63 - 1,
            "datasetLabel": "d" * 128,
            "filesSize": 2**63 - 1,
            "filesCount": 2**31 - 1,
            "objectsCount": 0,
        }
        extreme = an_order(
            id=2**63 - 1, owner="é" * 100, label="𝛂" * 50, status="S" * 20, datasetTasks=[task]
        )
        lowest = an_order(id=-(2**63), label="lowest")
        loaded(database, lines(extreme, an_order(id=0), lowest))
        assert [order["id"] for order in all_orders(database)] == [-(2**63), 0, 2**63 - 1]
        assert all_orders(database)[2]["total_size"] == 2**63 - 1
        files = run("show", "--files", "-f", "json", "--", -(2**63), database=database)
        assert (files.exit_code, files.stdout) == (0, "[]\n")

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"id": True}, "id must be a whole number"),
            ({"id": "1"}, "id must be a whole number"),
            ({"id": 1.0}, "id must be a whole number"),
            ({"id": 2**63}, "id must be from -9223372036854775808 to 9223372036854775807"),
            ({"id": -(2**63) - 1}, "id must be from -9223372036854775808 to 9223372036854775807"),
            ({"id": None}, "id is missing"),
            ({"owner": ""}, "owner is empty"),
            ({"owner": "u" * 101}, "owner is longer than 100 characters"),
            ({"label": None}, "label is missing"),
            ({"label": 5}, "label must be a text"),
            ({"label": "l" * 51}, "label is longer than 50 characters"),
            ({"label": "a\0b"}, "label holds a NUL character"),
            ({"label": "a\ud800b"}, "label holds a lone surrogate"),
            ({"status": "S" * 21}, "status is longer than 20 characters"),
            ({"creationDate": "yesterday"}, "creationDate must be a date and time in ISO 8601"),
            ({"creationDate": 1700000000}, "creationDate must be a date and time in ISO 8601"),
            ({"creationDate": "0001-01-01T00:00:00+05:00"}, "creationDate must be a date"),
            ({"percentCompleted": "5"}, "percentCompleted must be a whole number"),
            ({"percentCompleted": 2**31}, "percentCompleted must be from -2147483648"),
            ({"filesInErrorCount": False}, "filesInErrorCount must be a whole number"),
            ({"waitingForUser": 1}, "waitingForUser must be true or false"),
            ({"datasetTasks": {}}, "datasetTasks must be a list"),
            ({"datasetTasks": [5]}, "dataset 1: not a JSON object"),
            ({"datasetTasks": [{"id": 1}]}, "dataset 1: datasetLabel is missing"),
            (
                {"datasetTasks": [{"datasetLabel": "d", "filesSize": 2**63}]},
                "dataset 1: filesSize must be from",
            ),
        ],
    )
    def test_a_wrong_field_is_named(
        self, database: Database, fields: dict[str, Any], reason: str
    ) -> None:
        records = [an_order(id=5, label="five"), an_order(**fields)]
        message = refusal(database, lines(*records))
        assert message.startswith("orders.file, record 2")
        assert reason in message
        assert message == refusal(database, json.dumps(records, indent=1))

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ('{"id": 1, "owner": x}\n', "record 1: not JSON: Expecting value at column 20"),
            ('\n\n{"id": x}', "record 1 (line 3): not JSON: Expecting value at column 8"),
            (lines(an_order()) + "\n{", "record 2 (line 3): not JSON"),
            ('{"id": 1,\n "owner": }', "orders.file: not JSON: Expecting value at line 2"),
            ('\n[\n{"id": 1,\n "owner": }]', "orders.file: not JSON: Expecting value at line 4"),
            ("[1]", "record 1: not a JSON object"),
            (lines(an_order()) + "12\n", "record 2: not a JSON object"),
            ("[" * 100_000, "record 1: not an order"),
            ('{"id": ' + "1" * 5000 + "}", "record 1: not an order: a number too long"),
            ('{"messages": ["ORDER"]}', "record 1: id is missing"),
            (b'{"id": "\xff"}', "line 1: not UTF-8"),
            (lines(an_order()).encode() + b"\n{\xe9}", "line 3: not UTF-8"),
            (lines(an_order()).encode("utf-16"), "line 1: not UTF-8"),
        ],
    )
    def test_what_is_no_json_is_an_error(
        self, database: Database, content: str | bytes, reason: str
    ) -> None:
        assert reason in refusal(database, content)

    def test_datasets_without_ids_get_free_ones(self, database: Database) -> None:
        with database.writing() as connection:
            add_order(connection, 90, datasets=[("there", 1, 1, 1)])
        nameless = [{"datasetLabel": "a"}, {"datasetLabel": "b"}]
        named = [{"datasetLabel": "c", "id": 2}, {"datasetLabel": "d", "id": 3}]
        many = [an_order(id=each, label=f"{each}") for each in range(100, 700)]
        first, last = an_order(datasetTasks=nameless), an_order(id=2, label="2", datasetTasks=named)
        assert loaded(database, lines(first, *many, last)) == [500, 102]
        found = [(row[0], row[1], row[2]) for row in datasets(database)]
        assert found == [(1, 90, "there"), (2, 2, "c"), (3, 2, "d"), (4, 1, "a"), (5, 1, "b")]

    def test_no_ids_left_is_an_error(self, database: Database) -> None:
        tasks = [{"datasetLabel": "a", "id": 2**63 - 1}, {"datasetLabel": "b"}]
        assert "no ids" in refusal(database, lines(an_order(datasetTasks=tasks)))
