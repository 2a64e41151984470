"""The Python API does what its page says, and keeps its names."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from harness.configuration import configured
from harness.fill import add_file, add_order
from harness.program import run
from harness.stored import recorded, set_status, statuses
from ordercli import api
from ordercli.domain.columns import COLUMN_KEYS
from tools.readme import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from harness.site import Site
    from ordercli.store.database import Database

NEWEST = pytest.mark.parametrize("service_database", ["newest"], indirect=True)


def test_the_names_that_are_promised() -> None:
    assert set(api.__all__) == {
        "Action", "DatabaseError", "Dataset", "Event", "File", "Filters", "Gauge", "HistoryFilters",
        "Order", "OrderDetail", "OrdercliError", "Outcome", "PartialError", "PlannedChange",
        "Project", "Restarted", "Result", "Results", "ServiceError", "UsageError", "Waited",
        "open_project",
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
    for dry in (True, False):
        with pytest.raises(api.UsageError, match="more than --max 1"):
            project.change("resume", [1, 2], most=1, dry_run=dry)
    with pytest.raises(api.UsageError, match="'1' is not the id of an order"):
        project.change("cancel", "12")  # type: ignore[arg-type]
    for nothing in (api.Filters(), api.Filters(ignore_case=True)):
        with pytest.raises(api.UsageError, match="no orders are named"):
            project.change("cancel", nothing)
    assert project.change("cancel", []) == []
    assert len(recorded(page)) == 2


def test_one_order_in_full_its_files_and_its_history(page: Database) -> None:
    project = api.open_project(database=page.location)
    shown = json.loads(run("show", "5", "-f", "json", database=page).stdout)
    order = project.order(5)
    assert order.stored_status == shown["stored_status"]
    datasets = [{key: each[key] for key in each if key != "id"} for each in shown["datasets"]]
    assert [vars(each) for each in order.datasets] == datasets
    with page.writing() as connection:
        add_file(connection, 5, name="a.nc", size=10, state="AVAILABLE")
        add_file(connection, 5, "gone", name="b.nc", size=7)
    assert [(each.name, each.size, each.reason) for each in project.files(5)] == [
        ("a.nc", 10, None), ("b.nc", 7, "gone"),
    ]  # fmt: skip
    assert [each.state for each in project.files(5, failed=True)] == ["ERROR"]
    for asked in (lambda: project.order(99), lambda: list(project.files(99))):
        with pytest.raises(api.PartialError, match="no order 99"):
            asked()
    project.change("pause", [1, 2], reason="disk full")
    project.change("cancel", [2])
    newest, *others = project.history()
    assert (newest.order_id, newest.action, newest.was, newest.now) == (
        2,
        "cancel",
        "pause",
        "removed",
    )
    assert newest.date.tzinfo is UTC
    assert {each.reason for each in others} == {"disk full"}
    assert [each.action for each in project.history(orders=[2])] == ["cancel", "pause"]
    paused = api.HistoryFilters(action="pause", since="1h")
    assert [each.order_id for each in project.history(paused, limit=1)] == [2]
    with pytest.raises(api.UsageError, match="did you mean 'pause'"):
        project.history(api.HistoryFilters(action="puase")).__next__()


def test_errors_and_metrics_are_those_of_the_commands(page: Database) -> None:
    with page.writing() as connection:
        for reason in ("disk n7 full", "disk n8 full"):
            add_file(connection, 5, reason)
        add_file(connection, 2, "gone\nat x")
    project = api.open_project(database=page.location)
    for by in ("cause", "file"):
        rows = json.loads(run("errors", "--by", by, "-f", "json", database=page).stdout)
        assert list(project.errors(by)) == rows
    chosen = api.Filters(cause="disk*")
    assert [row["orders"] for row in project.errors(filters=chosen, limit=1)] == [1]
    assert [order.id for order in project.orders(chosen)] == [5]
    for by_user in (False, True):
        orders, *others = project.metrics(by_user=by_user)
        assert (orders.name, len(others)) == ("ordercli_orders", 4)
        assert orders.labels == (("user", "status") if by_user else ("status",))
        assert sum(orders.values.values()) == project.count()
    with pytest.raises(api.UsageError, match="no group 'causes'"):
        list(project.errors("causes"))


def test_orders_are_waited_for(page: Database) -> None:
    project = api.open_project(database=page.location)
    ended = project.wait([4, 2, 99], "done,failed", timeout="0s")
    assert [tuple(each) for each in ended] == [
        (2, "running", False), (4, project.order(4).status, True), (99, None, False),
    ]  # fmt: skip
    assert project.wait(api.Filters(status="ended"), first=True)[0].arrived
    assert project.wait([]) == []
    for wanted, interval in (("donne", "5s"), ("done", "0s")):
        with pytest.raises(api.UsageError):
            project.wait([2], wanted, interval=interval)
    with pytest.raises(api.UsageError, match="no orders are named"):
        project.wait(api.Filters())


def test_what_was_planned_is_run_and_taken_back(page: Database) -> None:
    project = api.open_project(database=page.location)
    before = statuses(page)
    planned = project.plan("pause", api.Filters(user="x1*"))
    assert (planned.orders, statuses(page)) == (2, before)
    assert [each.outcome.name for each in planned.foresee()] == ["CHANGED", "CHANGED"]
    set_status(page, 2, "PENDING")
    ended = {each.order_id: each for each in planned.run()}
    assert [each.outcome.name for each in ended.values()] == ["CHANGED", "REFUSED"]
    assert ended[2].reason == "it is pending now, look again"
    look = project.undo(planned.operation[:8], dry_run=True)
    back = project.undo(planned.operation[:8], reason="wrong users")
    assert [(each.order_id, each.outcome.name, each.now) for each in back] == [
        (1, "CHANGED", "pending")
    ]
    assert look == back
    assert [event.action for event in project.history(orders=[1])] == ["undo", "pause"]
    again = project.undo(back.operation)
    assert again[0].now == "pause"
    with pytest.raises(api.UsageError, match="more than --max 0"):
        project.undo(again.operation, most=0)
    with pytest.raises(api.PartialError, match="no operation 00000000"):
        project.plan_undo("00000000")


@NEWEST
def test_who_leaves_the_results_leaves_no_change_without_its_event(
    site: Site, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each, prepared in ((site.database, site.env), (database, {})):
        with each.writing() as connection:
            for number in range(1, 601 if prepared == {} else 41):
                add_order(connection, number, status="RUNNING")
        for name, value in prepared.items():
            monkeypatch.setenv(name, value)
        project = api.open_project("prod") if prepared else api.open_project(database=each.location)
        results = project.plan("pause", api.Filters(status="running")).run()
        first = next(results)
        assert first.outcome is api.Outcome.CHANGED
        results.close()  # type: ignore[attr-defined]
        changed = {number for number, status in statuses(each).items() if status == "PAUSED"}
        assert {event.order_id for event in project.history()} == changed
        assert changed
    assert 0 < len(site.service.record) < 40


def test_profiles(page: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    location = f'database = "{page.location}"'
    env = configured(tmp_path, "[profiles.look]", location, "read_only = true", "[profiles.gone]",
                     'database = "/nowhere.db"')  # fmt: skip
    monkeypatch.setenv("ORDERCLI_CONFIG", env["ORDERCLI_CONFIG"])
    look = api.open_project("look")
    for refused in (
        lambda: look.change("pause", [1]), lambda: look.change("pause", [1], direct=True),
        lambda: look.plan("pause", [1]), lambda: look.undo("3f2a9c1e"),
        lambda: look.plan_undo("3f2a9c1e"), lambda: look.restart(1, "again"),
    ):  # fmt: skip
        with pytest.raises(api.DatabaseError, match="is read-only"):
            refused()
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


@NEWEST
def test_a_live_service_makes_the_change(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with site.database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    (result,) = api.open_project("prod").change("pause", [1])
    assert result.outcome is api.Outcome.CHANGED
    assert site.status(1) == "PAUSED"
    assert [each.action for each in site.service.record] == ["pause"]
    (back,) = api.open_project("prod").undo(next(api.open_project("prod").history()).operation)
    assert (back.outcome, back.now) == (api.Outcome.CHANGED, "running")


@NEWEST
def test_what_only_a_live_service_does(
    site: Site, page: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.database.writing() as connection:
        for order_id, status in enumerate(("FAILED", "DELETED", "DONE"), 1):
            add_order(connection, order_id, status=status)
    for name, value in site.env.items():
        monkeypatch.setenv(name, value)
    project, ours = api.open_project("prod"), api.open_project(database=page.location)
    assert [
        each.outcome.name for each in project.change("retry", api.Filters(status="failed"))
    ] == ["CHANGED"]
    assert [each.outcome.name for each in project.change("remove", [2, 3])] == [
        "CHANGED", "REFUSED",
    ]  # fmt: skip
    made = project.restart(3, "once more", reason="lost on the way")
    assert made.recorded
    assert project.order(made.new_id or 0).label == "once more"
    assert [each.action for each in site.service.record] == ["retry", "remove", "restart"]
    assert next(project.history()).reason == "lost on the way"
    with pytest.raises(api.PartialError, match="it can't be restarted"):
        project.restart(1, "and again")
    for refused in (lambda: ours.restart(1, "x"), lambda: ours.change("retry", [1])):
        with pytest.raises(api.DatabaseError):
            refused()


def test_the_example_of_the_page_runs(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a file, which the linters check for its types as programs of others are."""
    run("db", "init", "--sample", 60, database=sqlite_database)
    before = statuses(sqlite_database)
    monkeypatch.setenv("ORDERCLI_DATABASE", sqlite_database.location)
    example = (PROJECT / "examples" / "look_and_pause.py").read_text(encoding="utf-8")
    page = (PROJECT / "docs" / "python.md").read_text(encoding="utf-8")
    assert re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE) == [example]
    lines = printed_by("look_and_pause.py")
    assert lines[3] == "60 orders"
    assert lines[-1] == "3 put back"
    assert " CHANGED running" in lines[-3]
    assert statuses(sqlite_database) == before


def test_the_report_with_pandas(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run("db", "init", "--sample", 60, database=sqlite_database)
    monkeypatch.setenv("ORDERCLI_DATABASE", sqlite_database.location)
    lines = printed_by("pandas_report.py")
    largest = json.loads(run("stats", "--by", "user", "--sort=-size", "--limit", "1", "-f", "json",
                             database=sqlite_database).stdout)[0]  # fmt: skip
    assert lines[2].split()[0] == largest["user"]
    assert lines[-6].split() == ["user"]


def printed_by(example: str) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(PROJECT / "examples" / example), run_name="__main__")
    return printed.getvalue().splitlines()
