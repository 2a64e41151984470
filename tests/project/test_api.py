"""The Python API does what its page says, and keeps its names."""

from __future__ import annotations

import contextlib
import io
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from harness.configuration import configured
from harness.program import run
from harness.stored import recorded, statuses
from ordercli import api
from ordercli.domain.columns import COLUMN_KEYS
from tools.readme import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from harness.site import Site
    from ordercli.store.database import Database


def test_the_names_that_are_promised() -> None:
    assert set(api.__all__) == {
        "DatabaseError", "Filters", "Order", "OrdercliError", "Outcome", "Project", "Result",
        "ServiceError", "UsageError", "open_project",
    }  # fmt: skip
    assert set(api.Order.__dataclass_fields__) <= set(COLUMN_KEYS)


def test_orders_are_typed_and_rows_are_those_of_list(page: Database) -> None:
    project = api.open_project(database=page.location)
    chosen = api.Filters(user="x1*", status=["pending", "running"])
    first, second = project.orders(chosen, sort="id")
    assert (first.id, first.status, second.status) == (1, "pending", "running")
    assert isinstance(first.creation, datetime)
    assert first.creation.tzinfo is UTC
    assert first.profile is None
    assert project.count() == 12
    assert project.count(api.Filters(ranges={"errors": "1000000.."})) == 0
    listed = run("list", "-f", "json", "--sort", "id", "--limit", "4", database=page)
    assert list(project.rows(sort="id", limit=4)) == json.loads(listed.stdout)
    totals = run("stats", "-f", "json", database=page)
    assert project.totals() == json.loads(totals.stdout)


def test_changes_end_as_those_of_the_commands(
    page: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERCLI_ACTOR", "robot")
    project = api.open_project(database=page.location)
    before = statuses(page)
    foreseen = project.change("pause", [4, 2, 1, 99], reason="disk full", dry_run=True)
    assert statuses(page) == before
    assert project.change("pause", [4, 2, 1, 99], reason="disk full") == foreseen
    assert [(each.order_id, each.outcome.name) for each in foreseen] == [
        (1, "CHANGED"), (2, "CHANGED"), (4, "REFUSED"), (99, "NOT_FOUND"),
    ]  # fmt: skip
    assert [(event[0], event[-2], event[-1]) for event in recorded(page)] == [
        (1, "robot", "disk full"), (2, "robot", "disk full"),
    ]  # fmt: skip
    with pytest.raises(api.UsageError, match="more than --max 1"):
        project.change("resume", [1, 2], most=1)
    for nothing in (api.Filters(), api.Filters(ignore_case=True)):
        with pytest.raises(api.UsageError, match="no orders are named"):
            project.change("cancel", nothing)
    assert project.change("cancel", []) == []
    assert len(recorded(page)) == 2


def test_profiles(page: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    location = f'database = "{page.location}"'
    env = configured(tmp_path, "[profiles.look]", location, "read_only = true", "[profiles.gone]",
                     'database = "/nowhere.db"')  # fmt: skip
    monkeypatch.setenv("ORDERCLI_CONFIG", env["ORDERCLI_CONFIG"])
    with pytest.raises(api.DatabaseError, match="is read-only"):
        api.open_project("look").change("pause", [1])
    both = api.open_project("look,gone")
    assert {order.profile for order in both.orders()} == {"look"}
    assert list(both.failures) == ["gone"]
    with pytest.raises(api.UsageError, match="no profile"):
        api.open_project("lok")
    with pytest.raises(api.UsageError, match="no range 'sizes'"):
        api.open_project("look").count(api.Filters(ranges={"sizes": "1.."}))


def test_an_order_that_makes_no_sense_is_named(sqlite_database: Database) -> None:
    run("db", "init", "--sample", 3, database=sqlite_database)
    with sqlite_database.writing() as connection:
        connection.exec_driver_sql("UPDATE t_order SET percent_complete = 'half' WHERE id = 2")
    project = api.open_project(database=sqlite_database.location)
    with pytest.raises(api.DatabaseError, match="order 2 has a value"):
        list(project.orders())
    assert [row["progress"] for row in project.rows(columns="progress", sort="id")][1] == "half"


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_a_live_service_makes_the_change(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.fill import add_order

    with site.database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    (result,) = api.open_project("prod").change("pause", [1])
    assert result.outcome is api.Outcome.CHANGED
    assert site.status(1) == "PAUSED"
    assert [each.action for each in site.service.record] == ["pause"]


def test_the_example_of_the_page_runs(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("db", "init", "--sample", 60, database=sqlite_database)
    monkeypatch.setenv("ORDERCLI_DATABASE", sqlite_database.location)
    page = (PROJECT / "docs" / "python.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(example, "python.md", "exec"), {})
    lines = printed.getvalue().splitlines()
    assert len(lines) == 7
    assert lines[3] == "60 orders"
    assert lines[5].endswith(" CHANGED running")
