"""The sample orders: believable, complete, and the same each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Row, select

from ordercli.base.errors import DatabaseError
from ordercli.base.values import read_moment
from ordercli.domain.columns import COLUMNS
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.status import KNOWN_STORED, STATUS_NAMES, displayed
from ordercli.operations import sample
from ordercli.store.order_query import order_rows
from ordercli.store.tables import data_files, dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.store.database import Database

NOW = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)


def filled(database: Database, count: int, now: datetime = NOW) -> Sequence[Row[Any]]:
    with database.writing() as connection:
        sample.fill(connection, count, now)
    return all_orders(database)


def all_orders(database: Database) -> Sequence[Row[Any]]:
    with database.reading() as connection:
        return connection.execute(order_rows(OrderQuery(Selection(), COLUMNS, (), now=NOW))).all()


def stored_orders(database: Database) -> Sequence[Row[Any]]:
    with database.reading() as connection:
        columns = [column for column in orders.c if not column.name.endswith("_date")]
        return connection.execute(select(*columns).order_by(orders.c.id)).all()


def datasets(database: Database) -> Sequence[Row[Any]]:
    with database.reading() as connection:
        return connection.execute(select(dataset_tasks).order_by(dataset_tasks.c.id)).all()


def moment(text: str) -> datetime:
    read = read_moment(text)
    assert read is not None
    return read


@pytest.mark.parametrize("count", [0, 1, 3, 10, 250])
def test_there_are_as_many_orders_as_asked_for(database: Database, count: int) -> None:
    assert [row.id for row in filled(database, count)] == list(range(1, count + 1))


def test_ten_orders_show_everything(database: Database) -> None:
    rows = filled(database, len(STATUS_NAMES))
    assert {row.status for row in rows} == set(STATUS_NAMES)
    assert any(row.errors_count for row in rows)
    assert any(row.expiration is None for row in rows)
    ends = [moment(row.expiration) - NOW for row in rows if row.expiration]
    assert any(timedelta(0) < end < timedelta(hours=1) for end in ends)
    assert any(end < timedelta(0) for end in ends)
    tasks = datasets(database)
    sizes = [sum(task.order_id == row.id for task in tasks) for row in rows]
    assert min(sizes) == 0
    assert 1 in sizes
    assert max(sizes) > 3
    assert any(task.files_size is None for task in tasks)


def test_the_same_number_and_moment_give_the_same_orders(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    assert filled(sqlite_database, 300) == filled(postgresql_database, 300)
    assert datasets(sqlite_database) == datasets(postgresql_database)


def test_orders_are_believable(database: Database) -> None:
    rows = filled(database, 2500)
    assert len({row.user for row in rows}) >= 24
    assert {row.user.partition("@")[2] for row in rows} == {"example.org", "example.com"}
    assert {row.status for row in rows} == set(STATUS_NAMES)
    creations = [moment(row.creation) for row in rows]
    assert creations == sorted(set(creations))
    assert creations[-1] < NOW
    for row in rows:
        changed, created = moment(row.status_date), moment(row.creation)
        assert created <= changed < NOW
        assert row.expiration is None or moment(row.expiration) > created
        if row.status == "expired":
            assert moment(row.expiration) < NOW
        if row.status in ("done", "running", "waiting user") and row.expiration:
            assert moment(row.expiration) > NOW
        if row.status in ("failed", "warning"):
            assert row.errors_count > 0


def test_progress_agrees_with_the_status(database: Database) -> None:
    expected = {
        "pending": range(1),
        "running": range(1, 100),
        "waiting user": range(1, 100),
        "pause": range(1, 100),
        "done": range(100, 101),
        "warning": range(100, 101),
        "expired": range(100, 101),
    }
    for row in filled(database, 1000):
        assert row.progress in expected.get(row.status, range(101)), row


def test_a_status_that_was_never_seen_is_among_them(database: Database) -> None:
    filled(database, 10)
    unknown = [row for row in stored_orders(database) if row.status not in KNOWN_STORED]
    shown = [displayed(row.status, waiting_for_user=row.waiting_for_user).name for row in unknown]
    assert shown == ["unknown"]


def test_no_errors_exceed_the_files_of_an_order_that_has_files(database: Database) -> None:
    for row in filled(database, 1000):
        if row.files_count:
            assert row.errors_count <= row.files_count


def test_as_many_files_have_failed_as_the_order_has_errors(database: Database) -> None:
    rows = filled(database, 200)
    with database.reading() as connection:
        files = connection.execute(select(data_files)).all()
    assert len({file.id for file in files}) == len(files) < 10_000
    listed = {file.order_id for file in files}
    assert all(row.id in listed for row in rows if row.errors_count and row.files_count)
    for row in rows:
        own = [file for file in files if file.order_id == row.id]
        failed = [file for file in own if file.state in ("ERROR", "PROCESSING_ERROR")]
        assert not own or (len(own), len(failed)) == (row.files_count, row.errors_count)
    assert {file.state for file in files} == {
        "PENDING", "AVAILABLE", "ERROR", "PROCESSING_ERROR", "DOWNLOAD_ERROR",
    }  # fmt: skip
    assert all(file.state.endswith("ERROR") for file in files if file.download_error_reason)


def test_the_largest_sample_fits_the_columns() -> None:
    topics = sample._TOPICS
    assert max(len(f"{topic}, {place} #{10**9}") for topic, place in topics) <= 50
    assert len(set(sample._NAMES)) == len(sample._NAMES)


def test_a_sample_needs_empty_tables(database: Database) -> None:
    filled(database, 3)
    with pytest.raises(DatabaseError):
        filled(database, 5)
    assert len(all_orders(database)) == 3
