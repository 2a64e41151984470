"""A standby whose rows lag behind: what decides about a change is read where it is written."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from harness.failover import Pair, running_pair
from harness.fill import add_order
from harness.pooler import through_pgpool
from harness.service_server import ServiceServer
from harness.site import Site
from harness.stored import set_status
from ordercli.base.limits import Limits
from ordercli.store.database import Database
from tools.readme import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUICK = Limits(settling_seconds=0.1, jobs_pauses_seconds=(0.05, 0.1))
SINCE_THEN = {1: "PAUSED", 2: "RUNNING", 3: "FAILED"}
"""What the orders are by now; the standby has all three as pending."""


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """A service's database, and a standby that stays as it was."""
    tables = (SCHEMAS / "service-2.0.sql").read_text(encoding="utf-8")
    with running_pair(tables) as made:
        made.stop_replaying()
        yield made


@pytest.fixture
def primary(pair: Pair) -> Database:
    """The server that is written to; an order 4 is there alone."""
    database = Database(pair.url(pair.primary))
    with database.writing() as connection:
        for table in ("ordercli_event", "t_order"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        for order_id in range(1, 5):
            add_order(connection, order_id, status=SINCE_THEN.get(order_id, "RUNNING"))
    return database


@pytest.fixture
def location(request: pytest.FixtureRequest, pair: Pair) -> Iterator[str]:
    """Where reading comes to the standby: both servers in one URL, or a pgpool before them."""
    if getattr(request, "param", "") != "pgpool":
        yield pair.url(pair.standby, pair.primary)
        return
    with through_pgpool(
        pair.url(pair.primary), "streaming_replication", 8, pair.url(pair.standby)
    ) as url:
        yield url


@pytest.fixture
def site(location: str, primary: Database, tmp_path: Path) -> Iterator[Site]:
    """A live service beside it, whose administrator's profile leads to the standby."""
    with closing(psycopg.connect(location, autocommit=True)) as connection:
        read = connection.execute("SELECT DISTINCT status FROM order_.t_order").fetchall()
        assert read == [("PENDING",)]
    with ServiceServer(primary.location, tmp_path) as service:
        yield Site.of(Database(location), service, tmp_path)
        assert service.violations == []


@pytest.mark.parametrize(
    ("location", "direct"),
    [
        pytest.param("one URL", False, id="through the service"),
        pytest.param("one URL", True, id="direct"),
        pytest.param("pgpool", False, id="pgpool", marks=pytest.mark.needs("pgpool")),
    ],
    indirect=["location"],
)
def test_nothing_is_decided_or_told_by_a_standby(
    site: Site, primary: Database, direct: bool
) -> None:
    words = ["--direct"] if direct else []
    at_primary = Site(primary, site.service, site.env)
    named = site.run_within(QUICK, "pause", 1, 2, 3, 4, "-f", "json", *words)
    assert {each["id"]: (each["outcome"], each["from"]) for each in json.loads(named.stdout)} == {
        1: ("already", "pause"), 2: ("changed", "running"), 3: ("refused", "failed"),
        4: ("changed", "running"),
    }  # fmt: skip
    assert named.stderr == "ordercli: order 3 is failed, it can't be paused\n"
    chosen = site.run_within(QUICK, "resume", "-s", "pause", "--yes", *words)
    assert chosen.stdout.splitlines()[:3] == [
        f"{order_id} resumed (was pause)" for order_id in (1, 2, 4)
    ]
    assert "nothing" not in site.run_within(QUICK, "pause", "-s", "pending", "-y", *words).stdout
    assert at_primary.statuses() == {1: "RUNNING", 2: "RUNNING", 3: "FAILED", 4: "RUNNING"}
    cancelled = site.run_within(QUICK, "cancel", 2, "-y", "-q", *words)
    assert (cancelled.exit_code, cancelled.stdout) == (0, "")
    assert at_primary.status(2) == "DELETED"
    assert [each[:4] for each in at_primary.history()] == [
        (2, "pause", "RUNNING", "PAUSED"), (4, "pause", "RUNNING", "PAUSED"),
        *((order_id, "resume", "PAUSED", "RUNNING") for order_id in (1, 2, 4)),
        (2, "cancel", "RUNNING", "DELETED"),
    ]  # fmt: skip
    assert len(site.service.record) == (0 if direct else 7)


def test_what_a_service_alone_does_is_decided_where_it_is_written(
    site: Site, primary: Database
) -> None:
    restarted = site.run_within(QUICK, "restart", 3, "--label", "again")
    assert (restarted.exit_code, restarted.stdout) == (
        0, "3 restarted (was failed), the new order is 5\n",
    )  # fmt: skip
    retried = site.run_within(QUICK, "retry", 3, "--yes", "-f", "json")
    assert json.loads(retried.stdout)[0]["outcome"] == "changed"
    set_status(primary, 1, "DELETED")
    removed = site.run_within(QUICK, "remove", 1, "--yes", "-f", "json")
    assert json.loads(removed.stdout)[0]["outcome"] == "changed"
    assert Site(primary, site.service, site.env).status(1) is None
