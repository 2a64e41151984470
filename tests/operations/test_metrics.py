"""Gauges for Prometheus: what they say, that its own tools take them, and the rules of the docs."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from harness.fill import add_order
from harness.program import run
from ordercli.domain.status import STATUS_NAMES
from tools.readme import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from harness.program import Clock
    from ordercli.store.database import Database

HOSTILE = 'a"\\\r\n\x1b[31m{b="c"} 1\u202e'
Samples = dict[tuple[str, ...], float]


@pytest.fixture
def watched(database: Database, clock: Clock) -> Database:
    """Six orders of two users, as they stand at noon."""
    return filled_with(database, clock)


def filled_with(database: Database, clock: Clock) -> Database:
    def ago(**duration: float) -> str:
        return (clock.now - timedelta(**duration)).isoformat()

    old, sizes = ago(days=90), [("d", 1, 1000, 1), ("e", 1, 24, 1)]
    with database.writing() as connection:
        for status, changed, expires, errors, waits in (
            ("RUNNING", ago(days=3), ago(minutes=-30), 0, False),
            ("RUNNING", ago(hours=1), ago(hours=-3), 0, False),
            ("PENDING", ago(seconds=90), None, 0, False),
            ("RUNNING", ago(days=9), None, 0, True),
            ("FAILED", ago(days=9), ago(days=2), 4, False),
            ("DELETED", ago(days=9), ago(minutes=-30), 2, False),
        ):
            owner = HOSTILE if errors else "ada@x.org"
            add_order(
                connection, owner=owner, status=status, status_date=changed, creation_date=old,
                expiration_date=expires, files_in_error=errors, waiting_for_user=waits,
                datasets=sizes,
            )  # fmt: skip
    return database


def gauges(database: Database, *words: str) -> dict[str, Samples]:
    """The samples of each gauge by the values of its labels, as the client library reads them."""
    result = run("metrics", *words, database=database)
    assert result.exit_code == 0, result.stderr
    found = {}
    for family in text_string_to_metric_families(result.stdout):
        assert family.type == "gauge"
        assert all(sample.timestamp is None for sample in family.samples)
        found[family.name.removeprefix("ordercli_")] = {
            tuple(sample.labels.values()): sample.value for sample in family.samples
        }
    return found


def without_zeros(samples: Samples) -> Samples:
    return {labels: value for labels, value in samples.items() if value}


def check(found: dict[str, Samples]) -> None:
    statuses = {"running": 2, "pending": 1, "waiting user": 1, "failed": 1, "removed": 1}
    assert list(found["orders"]) == [(name,) for name in STATUS_NAMES]
    assert without_zeros(found["orders"]) == {(name,): n for name, n in statuses.items()}
    assert without_zeros(found["order_bytes"]) == {(k,): n * 1024 for k, n in statuses.items()}
    assert found["oldest_order_age_seconds"] == {
        ("waiting user",): 9 * 86400, ("pending",): 90, ("running",): 3 * 86400, ("pause",): 0
    }  # fmt: skip
    assert found["orders_expiring"] == {("1h",): 1, ("1d",): 2}
    assert found["orders_with_errors"] == {(): 2}


def test_gauges(watched: Database) -> None:
    check(gauges(watched))
    chosen = gauges(watched, "-s", "running", "--changed", "1d..")
    assert without_zeros(chosen["orders"]) == {("running",): 1}
    assert chosen["orders_with_errors"] == {(): 0}


def test_gauges_of_a_service(service_database: Database, clock: Clock) -> None:
    check(gauges(filled_with(service_database, clock)))


def test_gauges_by_user(watched: Database) -> None:
    found = gauges(watched, "--by", "user")
    assert {labels[::-1]: n for labels, n in found["orders"].items()} in (
        {("ada@x.org", "running"): 2, ("ada@x.org", "pending"): 1,
         ("ada@x.org", "waiting user"): 1, (HOSTILE, "failed"): 1, (HOSTILE, "removed"): 1},
    )  # fmt: skip
    assert without_zeros(found["orders_with_errors"]) == {(HOSTILE,): 2}
    assert without_zeros(found["orders_expiring"])[("ada@x.org", "1d")] == 2


def test_a_date_that_is_none_hides_no_age(watched: Database, dialect: str) -> None:
    before = gauges(watched)["oldest_order_age_seconds"]
    none = "''" if dialect == "sqlite" else "'-infinity'"
    with watched.writing() as connection:
        add_order(connection, 99, status="RUNNING")
        connection.exec_driver_sql(f"UPDATE t_order SET status_date = {none} WHERE id = 99")
    assert gauges(watched)["oldest_order_age_seconds"] == before


def test_without_orders_every_gauge_is_zero(database: Database) -> None:
    found = gauges(database)
    assert [len(samples) for samples in found.values()] == [10, 10, 4, 2, 1]
    assert not any(value for samples in found.values() for value in samples.values())


def test_a_file_is_written_whole_or_not_at_all(watched: Database, tmp_path: Path) -> None:
    path = tmp_path / "orders.prom"
    assert run("metrics", "-o", path, database=watched).stdout == ""
    whole = path.read_text()
    assert whole == run("metrics", database=watched).stdout
    failed = run("metrics", "-o", path, "-d", tmp_path / "none.db")
    assert failed.exit_code == 1
    assert path.read_text() == whole
    if watched.path is not None:
        refused = run("metrics", "-o", watched.path, database=watched)
        assert (refused.exit_code, "is the database itself" in refused.stderr) == (2, True)
    unknown = run("metrics", "--by", "status", database=watched)
    assert (unknown.exit_code, unknown.stdout) == (2, "")


@pytest.mark.needs("promtool")
def test_prometheus_takes_them(sqlite_database: Database, clock: Clock) -> None:
    filled_with(sqlite_database, clock)
    for words in ([], ["--by", "user"]):
        text = run("metrics", *words, database=sqlite_database).stdout
        checked = subprocess.run(
            ["promtool", "check", "metrics"], check=False, input=text.encode(), capture_output=True
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


@pytest.mark.needs("promtool")
def test_the_rules_and_the_panel_of_the_docs_do_what_they_say(
    sqlite_database: Database, clock: Clock, tmp_path: Path
) -> None:
    """On what the program writes before and after an order fails, and two days later."""
    with sqlite_database.writing() as connection:
        add_order(connection, status="RUNNING", status_date=clock.now.isoformat())
        add_order(connection, status="PAUSED", status_date="2026-01-01T10:00:00Z")
    series = [_series(sqlite_database)]
    with sqlite_database.writing() as connection:
        add_order(connection, status="FAILED")
    series.append(_series(sqlite_database))
    clock.advance(days=2, minutes=1)
    series.append(_series(sqlite_database))

    page = (PROJECT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r'^```\w+ title="(\S+)"\n(.*?)^```$', page, re.DOTALL | re.MULTILINE))
    (tmp_path / "orders.rules.yml").write_text(blocks["orders.rules.yml"], encoding="utf-8")
    panel = json.loads(blocks["panel.json"])["targets"][0]["expr"]
    (tmp_path / "tests.yml").write_text(json.dumps(_rule_tests(series, panel)), encoding="utf-8")
    tried = subprocess.run(
        ["promtool", "test", "rules", "tests.yml"],
        check=False, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert tried.returncode == 0, tried.stdout + tried.stderr


def _series(database: Database) -> dict[str, str]:
    lines = run("metrics", database=database).stdout.splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def _rule_tests(series: list[dict[str, str]], panel: str) -> dict[str, object]:
    """Ten minutes before the failure, ninety after it, and then two days later."""
    before, failed, stuck = series
    assert before.keys() == failed.keys() == stuck.keys()
    written = [
        {"series": name, "values": f"{before[name]}x9 {failed[name]}x89 {stuck[name]}x99"}
        for name in before
    ]
    written.append(
        {"series": 'node_textfile_mtime_seconds{file="/x/orders.prom"}', "values": "0x199"}
    )
    alert = (
        "An order failed within the last hour. 'ordercli list -s failed --changed 1h..' names it."
    )
    told = {"failed": {"exp_labels": {"status": "failed"}, "exp_annotations": {"summary": alert}}}
    told["stuck"] = {
        "exp_labels": {"status": "running"},
        "exp_annotations": {"summary": "An order has been running for two days."},
    }
    old = {
        "exp_labels": {"file": "/x/orders.prom"},
        "exp_annotations": {"summary": "ordercli has written no metrics for half an hour."},
    }
    expectations = [
        ("OrderFailed", "5m", []), ("OrderFailed", "15m", [told["failed"]]),
        ("OrderFailed", "90m", []), ("OrderStuck", "90m", []),
        ("OrderStuck", "110m", [told["stuck"]]),
        ("OrderMetricsOld", "29m", []), ("OrderMetricsOld", "31m", [old]),
    ]  # fmt: skip
    counts = [("pause", 1), ("failed", 1), ("running", 1)]
    zeros = [("waiting user", 0), ("pending", 0), ("warning", 0), ("unknown", 0)]
    return {
        "rule_files": ["orders.rules.yml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": written,
                "alert_rule_test": [
                    {"alertname": name, "eval_time": at, "exp_alerts": alerts}
                    for name, at, alerts in expectations
                ],
                "promql_expr_test": [
                    {
                        "expr": panel,
                        "eval_time": "60m",
                        "exp_samples": [
                            {"labels": f'{{status="{name}"}}', "value": value}
                            for name, value in (*counts, *zeros)
                        ],
                    }
                ],
            }
        ],
    }
