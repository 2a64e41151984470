"""Loading orders that exist already, or whose labels or datasets others have."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from harness.fill import add_order
from harness.loading import (
    all_orders,
    an_order,
    datasets,
    lines,
    loaded,
    refusal,
)
from ordercli.base.errors import FileError, OrdercliError
from ordercli.operations.load import load
from ordercli.store.tables import events

if TYPE_CHECKING:
    from ordercli.store.database import Database


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


TRIGGER = (
    "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
    " CREATE TRIGGER skipping BEFORE {} ON {} FOR EACH ROW EXECUTE FUNCTION skip()"
)
ON_SQLITE = "CREATE TRIGGER skipping BEFORE {} ON {} BEGIN SELECT RAISE(IGNORE); END"


@pytest.mark.parametrize(
    ("event", "table", "told"),
    [
        ("INSERT", "t_order", "t_order: the database did not take 2 rows"),
        ("INSERT", "t_dataset_task", "t_dataset_task: the database did not take 1 row"),
        ("DELETE", "t_order", "order 1 exists already"),
    ],
)
def test_rows_that_the_database_skips(
    database: Database, dialect: str, event: str, table: str, told: str
) -> None:
    """A trigger leaves things as they are: what is not there is not called loaded."""
    with database.writing() as connection:
        add_order(connection, 1 if event == "DELETE" else 9)
        skipping = ON_SQLITE if dialect == "sqlite" else TRIGGER
        connection.exec_driver_sql(skipping.format(event, table))
    before = all_orders(database)
    dataset = [{"datasetLabel": "d"}] if table == "t_dataset_task" else []
    file = lines(an_order(datasetTasks=dataset), an_order(id=2, label="two"))
    with pytest.raises(OrdercliError) as refused:
        loaded(database, file, update=True)
    assert told in str(refused.value)
    assert "a trigger, a rule or a policy is in the way; nothing was loaded" in str(refused.value)
    assert all_orders(database) == before
