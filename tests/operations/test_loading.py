"""Loading orders: JSON pages, lists and lines, and the CSV of ``summary``."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from harness.fill import add_order
from ordercli.base.errors import FileError
from ordercli.domain.columns import COLUMNS
from ordercli.operations.load import load
from ordercli.store.conditions import Selection
from ordercli.store.models import dataset_tasks, events, orders
from ordercli.store.order_query import OrderQuery, order_rows

if TYPE_CHECKING:
    from ordercli.store.database import Database

PAGE = Path(__file__).parents[1] / "data" / "orders-page.json"
SUMMARY_HEADER = (
    "id,user,label,progress,creation,total_size,errors_count,status,expiration,objects_count\n"
)


def loaded(database: Database, content: str | bytes, *, update: bool = False) -> list[int]:
    """Load a file, and give the sizes of its batches."""
    batches: list[int] = []
    encoded = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    with database.writing() as connection:
        number = load(
            connection, io.BytesIO(encoded), "orders.file", update=update, advance=batches.append
        )
    assert number == sum(batches)
    return batches


def refusal(database: Database, content: str | bytes, *, update: bool = False) -> str:
    """Load a file that can't be loaded, and give what is said of it."""
    before = all_orders(database)
    with pytest.raises(FileError) as caught:
        loaded(database, content, update=update)
    assert all_orders(database) == before
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value.advice
    return message


def all_orders(database: Database) -> list[dict[str, Any]]:
    with database.reading() as connection:
        rows = connection.execute(order_rows(OrderQuery(Selection(), COLUMNS, ())))
        return [dict(row._mapping) for row in rows]


def one_order(database: Database) -> dict[str, Any]:
    (row,) = all_orders(database)
    return row


def datasets(database: Database) -> list[tuple[Any, ...]]:
    """The datasets: id, order, label, files, size, objects."""
    with database.reading() as connection:
        return [
            tuple(row)
            for row in connection.execute(select(dataset_tasks).order_by(dataset_tasks.c.id))
        ]


def stored(database: Database) -> list[tuple[str, bool]]:
    with database.reading() as connection:
        columns = select(orders.c.status, orders.c.waiting_for_user).order_by(orders.c.id)
        return [tuple(row) for row in connection.execute(columns)]


def an_order(**fields: Any) -> dict[str, Any]:
    order = {
        "id": 1,
        "owner": "lea@example.org",
        "label": "one",
        "creationDate": "2026-01-09T08:15:30Z",
        "status": "DONE",
    }
    return order | fields


def lines(*found: dict[str, Any]) -> str:
    return "".join(json.dumps(order) + "\n" for order in found)


def csv_row(**cells: str) -> str:
    """A header and one row of CSV; an order that can be loaded but for the cells given."""
    row = {
        "id": "1",
        "user": "lea@example.org",
        "label": "one",
        "creation": "2026-01-09T08:15:30Z",
        "status": "done",
    } | cells
    return ",".join(row) + "\n" + ",".join(row.values()) + "\n"


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
        loaded(database, lines(extreme, an_order(id=0)))
        assert [order["id"] for order in all_orders(database)] == [0, 2**63 - 1]
        assert all_orders(database)[1]["total_size"] == 2**63 - 1

    @pytest.mark.parametrize(
        ("fields", "reason"),
        [
            ({"id": True}, "id must be a whole number"),
            ({"id": "1"}, "id must be a whole number"),
            ({"id": 1.0}, "id must be a whole number"),
            ({"id": -1}, "id must be from 0 to 9223372036854775807"),
            ({"id": 2**63}, "id must be from 0 to 9223372036854775807"),
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

    @pytest.mark.parametrize("label", ["'quoted'", "''=1", "a'=1"])
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
            (csv_row(id="9" * 20), "record 1 (line 2): id must be from 0"),
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


class TestOrdersThatExist:
    @pytest.mark.parametrize("earlier", [1, 700])
    def test_an_order_that_exists_is_an_error(self, database: Database, earlier: int) -> None:
        with database.writing() as connection:
            add_order(connection, 5)
        content = lines(
            *(an_order(id=100 + each, label=f"{each}") for each in range(earlier)), an_order(id=5)
        )
        message = refusal(database, content)
        assert f"orders.file, record {earlier + 1}: order 5 exists already" in message
        assert "--update replaces" in message

    @pytest.mark.parametrize("update", [False, True])
    @pytest.mark.parametrize("between", [0, 600])
    def test_an_order_twice_in_a_file_is_an_error(
        self, database: Database, update: bool, between: int
    ) -> None:
        others = [an_order(id=100 + each, label=f"{each}") for each in range(between)]
        content = lines(an_order(), *others, an_order(label="other"))
        message = refusal(database, content, update=update)
        assert f"record {between + 2}: order 1 " in message
        assert ("occurs twice" if update else "exists already") in message

    def test_update_replaces_orders_and_their_datasets_alone(self, database: Database) -> None:
        with database.writing() as connection:
            for each in (1, 2):
                add_order(connection, each, datasets=[("old", 1, 1, 1), ("older", 1, 1, 1)])
            connection.execute(
                events.insert().values(
                    order_id=1, action="pause", from_status="RUNNING", to_status="PAUSED",
                    event_date=datetime(2026, 1, 1, tzinfo=UTC), actor="me", operation="op",
                )
            )  # fmt: skip
        new = an_order(datasetTasks=[{"id": 1, "datasetLabel": "new"}, {"datasetLabel": "more"}])
        loaded(database, lines(new, an_order(id=3, label="three")), update=True)
        assert [order["label"] for order in all_orders(database)] == ["one", "order 2", "three"]
        labels = [(row[0], row[1], row[2]) for row in datasets(database)]
        assert labels == [(1, 1, "new"), (3, 2, "old"), (4, 2, "older"), (5, 1, "more")]
        with database.reading() as connection:
            assert connection.execute(select(events.c.order_id)).scalars().all() == [1]

    def test_labels_may_change_places(self, database: Database) -> None:
        loaded(database, lines(an_order(label="a"), an_order(id=2, label="b")))
        swapped = lines(an_order(label="b"), an_order(id=2, label="a"))
        loaded(database, swapped, update=True)
        assert [order["label"] for order in all_orders(database)] == ["b", "a"]

    @pytest.mark.parametrize("update", [False, True])
    def test_a_label_of_another_order_is_an_error(self, database: Database, update: bool) -> None:
        with database.writing() as connection:
            add_order(connection, 5, owner="lea@example.org", label="one")
        message = refusal(database, lines(an_order(id=2, label="x"), an_order()), update=update)
        expected = "record 2: order 5 of lea@example.org has the label 'one' already"
        assert expected in message

    @pytest.mark.parametrize("update", [False, True])
    def test_a_dataset_of_another_order_is_an_error(self, database: Database, update: bool) -> None:
        with database.writing() as connection:
            add_order(connection, 5, datasets=[("there", 1, 1, 1)])
        taken = an_order(datasetTasks=[{"id": 1, "datasetLabel": "d"}])
        assert "record 1: dataset 1 belongs to order 5" in refusal(
            database, lines(taken), update=update
        )

    def test_a_dataset_twice_in_an_order_is_an_error(self, database: Database) -> None:
        twice = an_order(datasetTasks=[{"id": 1, "datasetLabel": "d"}] * 2)
        assert "record 1: dataset 1 occurs twice" in refusal(database, lines(twice))

    def test_nothing_is_loaded_when_a_late_record_is_wrong(self, database: Database) -> None:
        good = [an_order(id=each, label=f"{each}") for each in range(1200)]
        assert "record 1201: " in refusal(database, lines(*good, an_order(id="x")))

    def test_a_file_that_breaks_off_is_an_error(self, database: Database) -> None:
        class Broken(io.BytesIO):
            def __next__(self) -> bytes:
                raise OSError(5, "Input/output error")

        with database.writing() as connection, pytest.raises(FileError, match="can't read disk"):
            load(connection, Broken(), "disk", update=False, advance=lambda _: None)
