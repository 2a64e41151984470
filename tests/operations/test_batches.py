"""A change batch by batch: compared and set, recorded with it, stopped between two."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, delete, event, select, text

from harness.changes import batch_size, batches_of, new_change
from harness.contention import fill
from harness.fill import add_order
from harness.program import run
from harness.stored import recorded, rows, set_status, statuses
from ordercli.base import times
from ordercli.base.errors import DatabaseError
from ordercli.domain.selection import Selection
from ordercli.domain.status import PAUSE, Outcome
from ordercli.operations.plan import make_plan
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


def test_max_holds_whatever_happens_after_the_look(page: Database) -> None:
    """An order that could not be changed when they were counted is not changed after it."""
    plan = make_plan(page, PAUSE, Selection(ids=(2, 3)))
    assert plan.outcomes[Outcome.CHANGED] == 1
    set_status(page, 3, "RUNNING")
    for _ in batches_of(page, new_change(PAUSE), plan):
        pass
    assert statuses(page)[3] == "RUNNING"
    assert [each[0] for each in recorded(page)] == [2]


def test_an_order_whose_status_is_another_by_then_is_turned_back(page: Database) -> None:
    """Also where the action would be allowed from it: nobody was shown that status."""
    plan = make_plan(page, PAUSE, Selection(ids=(1, 2, 12)))
    set_status(page, 1, "RUNNING")
    set_status(page, 2, "DONE")
    (results,) = batches_of(page, new_change(PAUSE), plan)
    assert [(each.order_id, each.outcome, each.was) for each in results] == [
        (1, Outcome.REFUSED, "running"),
        (2, Outcome.REFUSED, "done"),
        (12, Outcome.CHANGED, "waiting user"),
    ]
    assert (statuses(page)[1], statuses(page)[2]) == ("RUNNING", "DONE")
    assert [each[:4] for each in recorded(page)] == [(12, "pause", "RUNNING", "PAUSED")]


def test_an_order_that_goes_away_is_not_found(page: Database) -> None:
    plan = make_plan(page, PAUSE, Selection(ids=(1, 2)))
    with page.writing() as connection:
        connection.execute(delete(orders).where(orders.c.id == 1))
    (results,) = batches_of(page, new_change(PAUSE), plan)
    assert [each.outcome for each in results] == [Outcome.NOT_FOUND, Outcome.CHANGED]
    assert [each[0] for each in recorded(page)] == [2]


def test_batches_are_small_and_share_the_operation_of_their_run(database: Database) -> None:
    most = batch_size(database)
    fill(database, 2 * most + 201)
    plan = make_plan(database, PAUSE, Selection(users=("many*",)))
    assert [len(batch) for batch in batches_of(database, new_change(PAUSE), plan)] == (
        [most, most, 201]
    )
    run("resume", "-u", "many*", "--yes", database=database)
    run("pause", 1, 2, database=database)
    run("pause", 1, 2, 3, database=database)
    with database.reading() as connection:
        query = select(events.c.operation, events.c.action, events.c.order_id).order_by(events.c.id)
        found = connection.execute(query).all()
    runs: dict[str, list[int]] = {}
    for operation, _, order_id in found:
        runs.setdefault(operation, []).append(order_id)
    all_of_them = [*range(1, 2 * most + 202)]
    assert list(runs.values()) == [all_of_them, all_of_them, [1, 2], [3]]


def test_each_batch_is_visible_to_others_before_the_next_begins(database: Database) -> None:
    most = batch_size(database)
    fill(database, 2 * most + 100)
    plan = make_plan(database, PAUSE, Selection(users=("many*",)))
    seen = []
    for _ in batches_of(database, new_change(PAUSE), plan):
        set_status(database, 1, "PAUSED")  # no lock is left behind
        seen.append(len(recorded(database)))
    assert seen == [most, 2 * most, 2 * most + 100]


def test_the_change_and_its_event_happen_together_or_not_at_all(
    page: Database, dialect: str
) -> None:
    """Each of the two fails in turn."""
    refusal = {
        "sqlite": [
            "CREATE TRIGGER broken BEFORE {} ON {} BEGIN SELECT RAISE(ABORT, 'no'); END",
        ],
        "postgresql": [
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION 'no'; END $$",
            "CREATE TRIGGER broken BEFORE {} ON {} EXECUTE FUNCTION broken()",
        ],
    }[dialect]
    removal = {
        "sqlite": "DROP TRIGGER broken",
        "postgresql": "DROP FUNCTION broken CASCADE",
    }[dialect]
    for what, table in (("INSERT", "ordercli_event"), ("UPDATE", "t_order")):
        before = rows(page)
        with page.writing() as connection:
            for statement in refusal:
                connection.exec_driver_sql(statement.format(what, table))
        result = run("pause", 1, 2, database=page)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "0 of 2 orders done, the others unchanged" in result.stderr
        with page.writing() as connection:
            connection.exec_driver_sql(removal)
        assert rows(page) == before
        assert recorded(page) == []


def test_ctrl_c_between_batches_leaves_every_order_whole(database: Database) -> None:
    done = 2 * batch_size(database)
    total = done + 700
    fill(database, total)
    moment, calls = times.now(), []

    def interrupting() -> Any:
        calls.append(1)
        if len(calls) == 3:  # once for the filters, then once a batch
            signal.raise_signal(signal.SIGINT)
        return moment

    result = run(
        "pause", "-u", "many*", "--yes", "-f", "json", database=database, clock=interrupting
    )
    assert result.exit_code == 130
    assert result.stderr == (
        f"ordercli: stopped: {done:,} of {total:,} orders done, the others are unchanged;"
        " repeat the command for the rest\n"
    )
    assert len(json.loads(result.stdout)) == done
    found = statuses(database)
    expected = ["PAUSED"] * done + ["PENDING"] * 700
    assert [found[order_id] for order_id in range(1, total + 1)] == expected
    assert [each[0] for each in recorded(database)] == list(range(1, done + 1))
    again = run("pause", "-u", "many*", "--yes", "-q", database=database)
    assert again.exit_code == 0
    assert [each[0] for each in recorded(database)] == list(range(1, total + 1))


def test_errors_in_use_cases_tell_how_many_are_done(database: Database) -> None:
    fill(database, 3)
    plan = make_plan(database, PAUSE, Selection(ids=(1, 2, 3)))
    with database.writing() as connection:
        connection.execute(text("ALTER TABLE t_order RENAME COLUMN status TO other"))
    results = batches_of(database, new_change(PAUSE), plan)
    with pytest.raises(DatabaseError, match="0 of 3 orders done, the others unchanged"):
        next(results)


def test_a_batch_is_found_by_its_ids_and_not_by_a_status(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        for number in range(1, 200):
            add_order(connection, number, status="RUNNING")
    written: list[tuple[str, Any]] = []

    def remember(*call: Any) -> None:
        if call[2].startswith(("UPDATE t_order", "INSERT INTO ordercli_event")):
            written.append((call[2], call[3]))

    event.listen(Engine, "before_cursor_execute", remember)
    try:
        assert run("pause", "-u", "*", "--yes", database=sqlite_database).exit_code == 0
    finally:
        event.remove(Engine, "before_cursor_execute", remember)
    assert len(written) == 2
    with sqlite_database.reading() as connection:
        for statement, values in written:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            steps = [step[3] for step in plan if "t_order" in step[3]]
            assert steps == ["SEARCH t_order USING INTEGER PRIMARY KEY (rowid=?)"], statement
