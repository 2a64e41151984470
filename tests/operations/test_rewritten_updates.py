"""A database that skips or rewrites an update: what the row says is what is told and recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.program import run
from harness.stored import recorded, statuses

if TYPE_CHECKING:
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")

FUNCTION = (
    "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF NEW.id <> 2 OR NEW.status <> 'PAUSED' THEN RETURN NEW; END IF; {} END $$;"
    " CREATE TRIGGER meddling BEFORE UPDATE ON t_order FOR EACH ROW EXECUTE FUNCTION meddle()"
)
SQLITE = "CREATE TRIGGER meddling {} UPDATE ON t_order WHEN NEW.id = 2 BEGIN {}; END"
MEDDLING = {
    "sqlite": {
        "skips": SQLITE.format("BEFORE", "SELECT RAISE(IGNORE)"),
        "rewrites": SQLITE.format("AFTER", "UPDATE t_order SET status = 'DONE' WHERE id = 2"),
        "removes": SQLITE.format("AFTER", "DELETE FROM t_order WHERE id = 2"),
    },
    "postgresql": {
        "skips": FUNCTION.format("RETURN NULL;"),
        "rewrites": FUNCTION.format("NEW.status = 'DONE'; RETURN NEW;"),
        "removes": "CREATE RULE meddling AS ON UPDATE TO t_order WHERE OLD.id = 2"
        " DO INSTEAD DELETE FROM t_order WHERE id = 2",
        "does nothing": "CREATE RULE meddling AS ON UPDATE TO t_order WHERE OLD.id = 2"
        " DO INSTEAD NOTHING",
    },
}
TOLD = {
    "skips": "the database did not change it",
    "rewrites": "the database did not change it, it made it done instead",
    "removes": "the database removed it instead",
    "does nothing": "the database did not change it",
}
BECOMES = {"skips": "RUNNING", "rewrites": "DONE", "removes": None, "does nothing": "RUNNING"}


@pytest.fixture(params=list(TOLD))
def meddling(request: pytest.FixtureRequest, database: Database, dialect: str) -> str:
    """What happens to an update of order 2, on a database with three running orders."""
    kind = str(request.param)
    statement = MEDDLING[dialect].get(kind, MEDDLING[dialect]["skips"])
    with database.writing() as connection:
        for order_id in (1, 2, 3):
            add_order(connection, order_id, status="RUNNING")
        connection.exec_driver_sql(statement)
    return kind


def test_an_order_that_the_database_did_not_change_is_refused(
    database: Database, meddling: str
) -> None:
    result = run("pause", 1, 2, 3, "-f", "json", database=database)
    assert result.exit_code == 3
    assert result.stderr == f"ordercli: order 2: {TOLD[meddling]}\n"
    outcomes = {each["id"]: each["outcome"] for each in json.loads(result.stdout)}
    assert outcomes == {1: "changed", 2: "refused", 3: "changed"}
    assert statuses(database).get(2) == BECOMES[meddling]
    assert [each[:4] for each in recorded(database)] == [
        (1, "pause", "RUNNING", "PAUSED"),
        (3, "pause", "RUNNING", "PAUSED"),
    ]


def test_no_change_is_recorded_where_the_history_is_not_kept(
    database: Database, dialect: str
) -> None:
    """A trigger on the history itself: then nothing is changed."""
    skip = {
        "sqlite": "CREATE TRIGGER meddling BEFORE INSERT ON ordercli_event WHEN NEW.order_id = 2"
        " BEGIN SELECT RAISE(IGNORE); END",
        "postgresql": "CREATE RULE meddling AS ON INSERT TO ordercli_event"
        " WHERE NEW.order_id = 2 DO INSTEAD NOTHING",
    }
    with database.writing() as connection:
        for order_id in (1, 2):
            add_order(connection, order_id, status="RUNNING")
        connection.exec_driver_sql(skip[dialect])
    result = run("pause", 1, 2, database=database)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "does not keep the history of the change: 0 of 2 orders done" in result.stderr
    assert "safe" not in result.stderr
    assert statuses(database) == {1: "RUNNING", 2: "RUNNING"}
    assert recorded(database) == []
