"""What is told of a change through the service is what the rows say, whatever it answers."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from harness import service_faults as odd
from harness.changes import Settling
from harness.fill import add_order
from harness.service_faults import Fault
from harness.service_outcomes import end_jobs_at_look
from harness.stored import set_status
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from harness.site import Site

VERSIONS = pytest.mark.parametrize("service_version", ["1.5", "1.12", "1.15", "2.x"])
NEWEST = pytest.mark.parametrize("service_database", ["newest"], indirect=True)
BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED", "retry": "RUNNING"}
WAITING = (
    "SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = database"
    " WHERE NOT granted AND datname = current_database()"
)
QUICK = Limits(retry_pauses_seconds=(0.05, 0.1), settling_seconds=0.3)


def fill(site: Site, number: int, status: str = "RUNNING") -> None:
    with site.database.writing() as connection:
        for order_id in range(1, number + 1):
            add_order(connection, order_id, status=status, label=f"order {order_id}")


def outcomes(stdout: str) -> dict[int, str]:
    return {each["id"]: each["outcome"] for each in json.loads(stdout)}


def check_lost_answers(site: Site, number: int) -> None:
    """Pause, resume, pause and cancel so many orders, while 5% of the answers are lost."""
    chance = random.Random(20260310)
    losses: list[Fault | odd.Odd] = [
        Fault.CUT_BEFORE,
        Fault.CUT_AFTER,
        odd.GATEWAY_AFTER,
        odd.TOO_LATE,
    ]
    fill(site, number)
    site.service.behaviour.fault = lambda action, _order: (
        chance.choice(losses) if action != "login" and chance.random() < 0.05 else None
    )
    recorded: Counter[tuple[int, str]] = Counter()
    for action in ("pause", "resume", "pause", "cancel"):
        before = site.statuses()
        result = site.run_within(QUICK, action, "-u", "*", "-y", "-f", "json")
        found, after = outcomes(result.stdout), site.statuses()
        assert len(found) == number
        for order_id, outcome in found.items():
            assert outcome in ("changed", "unknown"), (action, order_id, outcome)
            changed = after[order_id] == BECOMES[action]
            assert outcome == "unknown" or changed, (action, order_id)
            recorded[order_id, action] += outcome == "changed"
            if outcome == "unknown" and changed:  # nobody could tell; so put it back
                set_status(site.database, order_id, before[order_id])
        assert list(found.values()).count("unknown") <= number / 50
    events = Counter((each[0], each[1]) for each in site.history())
    assert events == +recorded
    acted = Counter(site.service.acted("cancel"))
    assert max(acted.values()) == 1


@NEWEST
@VERSIONS
def test_outcomes_rows_and_events_agree_while_answers_are_lost(site: Site) -> None:
    check_lost_answers(site, 40)


@NEWEST
@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "retry"])
@pytest.mark.parametrize(
    ("fault", "done"),
    [(odd.CREATED, True), (odd.ACCEPTED, True), (odd.NO_CONTENT, True), (odd.PAGE_AFTER, True),
     (odd.PAGE_BEFORE, False), (odd.GATEWAY_AFTER, True), (odd.TOO_LATE, True)],
    ids=["201", "202", "204", "page, done", "page, not done", "502, done", "504, done"],
)  # fmt: skip
def test_the_row_tells_what_an_odd_answer_does_not(
    site: Site, action: str, fault: odd.Odd, done: bool
) -> None:
    status = {"pause": "RUNNING", "resume": "PAUSED", "cancel": "DONE", "retry": "FAILED"}[action]
    fill(site, 1, status)
    site.service.behaviour.fault = lambda asked, _order: fault if asked == action else None
    result = site.run_within(QUICK, action, 1, "-y", "-f", "json")
    assert outcomes(result.stdout) == {1: "changed" if done else "unknown"}
    assert result.exit_code == (0 if done else 1)
    assert site.status(1) == (BECOMES[action] if done else status)
    assert [each[:4] for each in site.history()] == (
        [(1, action, status, BECOMES[action])] if done else []
    )
    if not done:
        assert result.stderr.startswith("ordercli: order 1: ")
        assert "unknown" in result.stderr or "(200) is not one of the service" in result.stderr


@NEWEST
def test_the_state_recorded_is_the_one_just_before_the_request(site: Site) -> None:
    """Statuses go on while others are changed: what has another one by then is turned back."""
    fill(site, 30, "PENDING")
    others = {10: "RUNNING", 20: "DONE", 25: "PAUSED"}

    def go_on(action: str, order_id: int) -> None:
        if action == "pause" and order_id == 1:
            for other, status in others.items():
                set_status(site.database, other, status)

    site.service.behaviour.before = go_on
    words = ("pause", "-u", "*", "-y", "-f", "json", "--jobs", 1)
    result = site.run_within(QUICK, *words)
    found = outcomes(result.stdout)
    assert {each: found[each] for each in others} == {
        10: "refused", 20: "refused", 25: "already",
    }  # fmt: skip
    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        "ordercli: order 10: it is running now, look again",
        "ordercli: order 20 is done, it can't be paused",
    ]
    assert {each[2:4] for each in site.history()} == {("PENDING", "PAUSED")}
    assert len(site.history()) == 27


@NEWEST
def test_a_pause_that_the_service_writes_back_is_told(site: Site) -> None:
    fill(site, 2, "PENDING")
    set_status(site.database, 2, "RUNNING")
    site.service.behaviour.gathering_seconds = 60
    result = site.run_within(Settling(site.service.orders.end_waits), "pause", 1, 2)
    assert (result.exit_code, site.statuses()) == (3, {1: "RUNNING", 2: "PAUSED"})
    assert result.stdout == "1 paused (was pending)\n2 paused (was running)\n"
    assert result.stderr == (
        "ordercli: order 1 was paused, but is running now; the service may have written it back\n"
    )


@NEWEST
def test_cancel_pauses_once_more_what_the_service_wrote_back(site: Site) -> None:
    fill(site, 1, "PENDING")
    site.service.behaviour.gathering_seconds = 60

    def look_late(action: str, _order: int) -> None:
        if action == "look" and not site.service.looks:
            site.service.orders.end_waits()

    site.service.behaviour.before = look_late
    result = site.run("cancel", 1, "--yes")
    assert (result.exit_code, site.status(1)) == (0, "DELETED")
    assert site.service.acted("pause") == [1, 1]
    assert [each[:4] for each in site.history()] == [(1, "cancel", "PENDING", "DELETED")]


@NEWEST
def test_a_pause_leaves_what_waits_for_its_user(site: Site) -> None:
    with site.database.writing() as connection:
        add_order(connection, 1, status="RUNNING", waiting_for_user=True)
    result = site.run("pause", 1, "-f", "json")
    (told,) = json.loads(result.stdout)
    assert (told["outcome"], told["from"], told["to"]) == (
        "changed", "waiting user", "waiting user",
    )  # fmt: skip
    assert (result.exit_code, result.stderr) == (0, "")


@NEWEST
def test_a_delete_whose_answer_is_lost_is_not_called_undone(site: Site) -> None:
    fill(site, 1, "RUNNING")
    site.service.behaviour.fault = lambda action, _order: (
        odd.TOO_LATE if action == "cancel" else None
    )
    result = site.run_within(QUICK, "cancel", 1, "--yes")
    assert (result.exit_code, result.stdout) == (0, "1 cancelled (was running)\n")
    assert site.status(1) == "DELETED"
    assert [each[:4] for each in site.history()] == [(1, "cancel", "RUNNING", "DELETED")]


@NEWEST
def test_a_locked_history_is_waited_for(site: Site) -> None:
    """Again and again: what was asked of the service is done by then."""
    fill(site, 3)
    locked = threading.Event()

    def lock() -> None:
        with site.database.writing() as connection:
            connection.execute(text("LOCK TABLE ordercli_event IN ACCESS EXCLUSIVE MODE"))
            locked.set()
            while not connection.execute(text(WAITING)).all():
                time.sleep(0.02)
            time.sleep(0.5)

    def begin(action: str, order_id: int) -> None:
        if (action, order_id) == ("pause", 1):
            worker.start()
            locked.wait()

    site.service.behaviour.before = begin
    worker = threading.Thread(target=lock)
    tries = Limits(lock_seconds=0.1, retry_pauses_seconds=(0.01,) * 200, settling_seconds=0)
    result = site.run_within(tries, "pause", 1, 2, 3, "--jobs", 1)
    worker.join()
    assert (result.exit_code, result.stderr) == (0, "")
    assert [each[0] for each in site.history()] == [1, 2, 3]
    assert set(site.statuses().values()) == {"PAUSED"}


@NEWEST
@VERSIONS
def test_nothing_is_cancelled_while_its_jobs_run(site: Site) -> None:
    """Also where somebody else paused it just before."""
    fill(site, 3)
    end_jobs_at_look(site, 2)
    site.service.act("pause", 3)
    result = site.run("cancel", 1, 2, 3, "--yes")
    assert (result.exit_code, set(site.statuses().values())) == (0, {"DELETED"})
    assert result.stderr == "waiting until the jobs of order 1 have ended\n" or (
        result.stderr.count("waiting until the jobs of order") == 1
    )


@NEWEST
@pytest.mark.parametrize(("service_version", "works"), [("1.6", False), ("1.12", True)])
def test_what_can_be_cancelled_depends_on_the_version(site: Site, works: bool) -> None:
    fill(site, 1, "EXPIRED")
    result = site.run("cancel", 1, "--yes")
    assert (result.exit_code, site.status(1)) == ((0, "DELETED") if works else (3, "EXPIRED"))
    assert len(site.history()) == works


@NEWEST
def test_maintenance_stops_the_run(site: Site) -> None:
    fill(site, 20)
    site.service.behaviour.before = lambda action, order_id: setattr(
        site.service.behaviour, "maintenance", order_id >= 5
    )
    result = site.run_within(QUICK, "pause", "-u", "*", "-y", "-q", "--jobs", 1)
    assert result.exit_code == 1
    assert "is in maintenance, and takes no changes: 4 of 20 orders done" in result.stderr
    assert sorted(each[0] for each in site.history()) == [1, 2, 3, 4]
