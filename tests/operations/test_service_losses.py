"""Answers of a service that are lost, late, strange or refused: nothing is lost or done twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from harness.program import command, environment
from harness.service_faults import PAGE_AFTER, PAGE_BEFORE, Fault, Odd
from harness.service_outcomes import fill, fill_running, nth, outcomes, requests
from harness.terminal import Terminal
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from harness.site import Site

NEWEST = pytest.mark.parametrize("service_database", ["newest"], indirect=True)


# Lost answers.


@NEWEST
@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize(
    ("action", "status", "becomes"),
    [
        ("pause", "RUNNING", "PAUSED"),
        ("resume", "PAUSED", "RUNNING"),
        ("cancel", "DONE", "DELETED"),
        ("remove", "DELETED", None),
    ],
)
def test_one_lost_answer_changes_nothing(
    site: Site, fault: Fault, action: str, status: str, becomes: str | None
) -> None:
    fill(site, status)
    site.service.behaviour.fault = nth(fault, 0)
    result = site.run(action, 1, "--yes", "-f", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert outcomes(result.stdout) == {1: "changed"}
    assert site.status(1) == becomes
    assert site.service.acted(action) == [1]
    assert [each[:2] for each in site.history()] == [(1, action)]


@NEWEST
@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_a_retry_is_sent_once(site: Site, fault: Fault) -> None:
    fill(site, "FAILED")
    site.service.behaviour.fault = nth(fault, 0)
    result = site.run("retry", 1, "-f", "json")
    acted = fault in (Fault.CUT_AFTER, Fault.FAIL_AFTER)
    assert outcomes(result.stdout) == {1: "changed" if acted else "unknown"}
    assert site.status(1) == ("RUNNING" if acted else "FAILED")
    assert len(site.service.record) == 1
    assert len(site.history()) == int(acted)
    assert result.stderr == (
        ""
        if acted
        else "ordercli: order 1: whether it is retried is unknown, the service gives no answer;"
        " look before you repeat it\n"
    )


@NEWEST
@pytest.mark.parametrize("odd", [PAGE_BEFORE, PAGE_AFTER], ids=["not done", "done"])
def test_a_page_of_html_is_no_yes(site: Site, odd: Odd) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.fault = nth(odd, 0)
    result = site.run("pause", 1, "-f", "json")
    assert outcomes(result.stdout) == {1: "changed" if odd.acts else "unknown"}
    assert site.status(1) == ("PAUSED" if odd.acts else "RUNNING")
    assert len(site.history()) == int(odd.acts)


@NEWEST
def test_no_answer_at_all_is_unknown_and_safe_to_repeat(site: Site) -> None:
    fill(site, "RUNNING", "RUNNING")
    site.service.behaviour.fault = lambda _action, order: Fault.CUT_BEFORE if order == 1 else None
    result = site.run("pause", 1, 2, "-f", "json")
    assert result.exit_code == 1
    assert outcomes(result.stdout) == {1: "unknown", 2: "changed"}
    assert json.loads(result.stdout)[0]["to"] is None
    assert result.stderr == (
        "ordercli: order 1 is unknown, the service gave no answer; it is safe to repeat\n"
    )
    assert [each[0] for each in site.history()] == [2]
    assert requests(site)["pause", 1] == 4
    site.service.behaviour.fault = lambda _action, _order: None
    assert site.run("pause", 1, 2).stdout == "1 paused (was running)\n2 already paused\n"


@NEWEST
def test_a_service_that_only_fails_is_left_alone(site: Site) -> None:
    limits = Limits(retry_pauses_seconds=(0.01, 0.02))
    fill(site, *["RUNNING"] * 100)
    site.service.behaviour.fault = lambda _action, _order: Fault.FAIL_BEFORE
    result = site.run_within(limits, "pause", "-u", "*", "-y", "-q", "--jobs", 1)
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ordercli: the service has not answered, several times over: 1")
    assert " of 100 orders done, the others unchanged; look at the service" in last
    assert len({order for _action, order in requests(site)}) < 15


@NEWEST
def test_a_service_that_goes_away_stops_the_run(site: Site) -> None:
    fill(site, *["RUNNING"] * 50)

    def stop(action: str, order_id: int) -> None:
        if order_id == 5:
            site.service.stop_listening()

    site.service.behaviour.before = stop
    site.service.behaviour.fault = lambda _action, order: Fault.CUT_AFTER if order >= 5 else None
    result = site.run("pause", "-u", "*", "-y", "-f", "json", "--jobs", 1)
    assert result.exit_code == 1
    assert "does not answer: " in result.stderr.splitlines()[-1]
    assert "the others unchanged" in result.stderr
    assert site.service.acted("pause") == [1, 2, 3, 4, 5]
    assert [each[0] for each in site.history()] == [1, 2, 3, 4, 5]


# In bulk.


@NEWEST
def test_many_orders_are_each_asked_for_once(site: Site) -> None:
    fill_running(site, 200)
    result = site.run("pause", "-u", "many*", "-y", "-f", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = outcomes(result.stdout)
    assert list(found) == list(range(1, 201))
    assert set(found.values()) == {"changed"}
    assert requests(site) == Counter({("pause", order): 1 for order in found})
    assert sorted(site.service.acted("pause")) == list(found)
    assert site.service.logins == 1
    assert 2 <= site.service.busiest <= 4
    assert sorted(each[0] for each in site.history()) == list(found)


@NEWEST
@pytest.mark.parametrize("jobs", [1, 3, 16])
def test_no_more_requests_at_a_time_than_asked_for(site: Site, jobs: int) -> None:
    fill_running(site, 60)
    together = threading.Barrier(jobs)
    first = iter(range(jobs))

    def wait_for_others(action: str, _order: int) -> None:
        if action == "pause" and next(first, None) is not None:
            together.wait(60)

    site.service.behaviour.before = wait_for_others
    site.service.behaviour.answer_seconds = 0.01
    assert site.run("pause", "-u", "many*", "-y", "-q", "--jobs", jobs).exit_code == 0
    assert site.service.busiest == jobs


@NEWEST
def test_no_outcome_is_a_lie_when_connections_are_cut_at_random(site: Site) -> None:
    chance = random.Random(20260310)
    fill_running(site, 300)

    def cut(action: str, order_id: int) -> Fault | None:
        if chance.random() >= 0.05:
            return None
        return chance.choice([Fault.CUT_BEFORE, Fault.CUT_AFTER])

    def meanwhile(action: str, order_id: int) -> None:
        if order_id % 50 == 0:  # somebody else is at work
            site.service.act("pause", order_id)

    site.service.behaviour.fault = cut
    site.service.behaviour.before = meanwhile
    limits = Limits(retry_pauses_seconds=(0.02, 0.04, 0.08))
    result = site.run_within(limits, "pause", "-u", "many*", "-y", "-f", "json")
    found = outcomes(result.stdout)
    assert len(found) == 300
    assert result.exit_code == (1 if "unknown" in found.values() else 0)
    statuses, acted = site.statuses(), Counter(site.service.acted("pause"))
    for order, outcome in found.items():
        if outcome in ("changed", "already"):
            assert statuses[order] == "PAUSED", order
        if outcome == "changed" and order % 50:
            assert acted[order] == 1, order
        assert outcome in ("changed", "already", "unknown"), order
    assert Counter(found.values())["changed"] >= 0.975 * 300
    assert max(acted.values()) == 1
    recorded = [each[0] for each in site.history()]
    assert sorted(recorded) == [order for order in found if found[order] == "changed"]
    again = site.run("pause", "-u", "many*", "-y", "-f", "json")
    assert set(outcomes(again.stdout).values()) <= {"already", "changed"}
    assert set(site.statuses().values()) == {"PAUSED"}


@NEWEST
def test_ctrl_c_finishes_what_is_in_flight_and_reports(site: Site) -> None:
    fill_running(site, 400)
    site.service.behaviour.answer_seconds = 0.05
    words = command("pause", "-u", "many*", "-y", "-f", "json")
    process = subprocess.Popen(
        words, env=environment(env=site.env), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        deadline = time.monotonic() + 30
        while len(site.service.record) < 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 130
    found = outcomes(stdout.decode())
    assert set(found.values()) == {"changed"}
    assert 20 <= len(found) < 400
    assert sorted(site.service.acted("pause")) == sorted(found)
    assert sorted(each[0] for each in site.history()) == sorted(found)
    told = stderr.decode()
    assert f"stopped: {len(found)} of 400 orders done, the others are unchanged" in told


@NEWEST
def test_a_history_that_fails_in_the_middle_is_told(site: Site) -> None:
    fill(site, *["RUNNING"] * 30)

    def spoil(action: str, order_id: int) -> None:
        if order_id == 3:
            with site.database.writing() as connection:
                connection.execute(text("ALTER TABLE ordercli_event RENAME TO elsewhere"))

    site.service.behaviour.before = spoil
    result = site.run("pause", "-u", "*", "-y", "-q", "--jobs", 1)
    assert result.exit_code == 1
    last = result.stderr.splitlines()[-1]
    assert " of 30 orders done, the others unchanged; not in the history: " in last
    paused = [order for order, status in site.statuses().items() if status == "PAUSED"]
    with site.database.writing() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO ordercli_event"))
    unrecorded = set(paused) - {each[0] for each in site.history()}
    assert ", ".join(map(str, sorted(unrecorded))) in last
    assert len(paused) < 10


# What only a service does.


@NEWEST
def test_retry_and_remove(site: Site) -> None:
    fill(site, "FAILED", "DONE_WITH_WARNING", "DONE", "DELETED", "FAILED")
    site.service.behaviour.with_processing = {5}
    retried = site.run("retry", 1, 2, 3, 5, "-m", "archive is back")
    assert retried.exit_code == 3
    assert retried.stdout == "1 retried (was failed)\n2 retried (was warning)\n"
    assert retried.stderr == (
        "ordercli: order 3 is done, it can't be retried\n"
        "ordercli: order 5: it was processed, and such an order can't be retried\n"
    )
    assert site.run("remove", 4, stdin="").exit_code == 2
    with Terminal(["remove", 4], columns=120, env=site.env) as terminal:
        terminal.expect("Remove 1 order for good? There is no way back.")
        terminal.send("y\r")
        assert terminal.exit_code() == 2
    assert site.status(4) == "DELETED"
    with Terminal(["remove", 4], columns=120, env=site.env) as terminal:
        terminal.expect("Type 'remove 1' to go on:")
        terminal.send("remove 1\r")
        assert terminal.exit_code() == 0
        assert terminal.screen()[-1] == "4 removed for good (was removed)"
    assert site.status(4) is None
    assert [each[:4] for each in site.history()] == [
        (1, "retry", "FAILED", "RUNNING"), (2, "retry", "DONE_WITH_WARNING", "RUNNING"),
        (4, "remove", "DELETED", "REMOVED"),
    ]  # fmt: skip


@NEWEST
def test_restart_makes_a_new_order(site: Site) -> None:
    fill(site, "FAILED", "RUNNING", "DONE")
    done = site.run("restart", 1, "--label", "second try", "-m", "archive is back")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "1 restarted (was failed), the new order is 4\n"
    as_json = site.run("restart", 3, "--label", "third", "-f", "json")
    assert json.loads(as_json.stdout) == [
        {"id": 3, "outcome": "changed", "action": "restart", "from": "done", "to": "done",
         "dry_run": False, "new_id": 5}
    ]  # fmt: skip
    assert site.history()[0] == (
        1, "restart", "FAILED", "FAILED", "night-shift@ops", "archive is back",
    )  # fmt: skip
    for words, code, told in (
        ([2, "--label", "x"], 3, "order 2 is running, it can't be restarted"),
        ([1, "--label", "second try"], 2, "has an order with this label already"),
        ([99, "--label", "x"], 3, "no order 99"),
        ([1, "--label", "x" * 51], 2, "longer than 50"),
        ([1, "--label", " "], 2, "--label is empty"),
    ):
        result = site.run("restart", *words)
        assert (result.exit_code, result.stdout) == (code, "")
        assert told in result.stderr
    assert len(site.service.record) == 2


@NEWEST
@pytest.mark.parametrize("odd", [PAGE_BEFORE, PAGE_AFTER], ids=["not done", "done"])
def test_a_restart_that_a_page_of_html_answers(site: Site, odd: Odd) -> None:
    fill(site, "FAILED")
    site.service.behaviour.fault = nth(odd, 0)
    result = site.run("restart", 1, "--label", "again")
    assert len(site.service.record) == 1
    assert (result.exit_code, len(site.history())) == ((0, 1) if odd.acts else (1, 0))
    assert ("whether it restarted order 1 is unknown" in result.stderr) == (not odd.acts)


@NEWEST
@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
def test_restart_is_never_repeated(site: Site, fault: Fault) -> None:
    fill(site, "FAILED")
    site.service.behaviour.fault = nth(fault, 0)
    result = site.run("restart", 1, "--label", "again")
    assert len(site.service.record) == 1
    if fault in (Fault.CUT_AFTER, Fault.FAIL_AFTER):
        assert (result.exit_code, len(site.history())) == (0, 1)
        assert result.stdout == "1 restarted (was failed), the new order is 2\n"
    else:
        assert (result.exit_code, result.stdout, site.history()) == (1, "", [])
        assert "whether it restarted order 1 is unknown" in result.stderr


@NEWEST
def test_db_check_tries_the_service(site: Site) -> None:
    good = site.run("db", "check")
    assert good.exit_code == 0
    lines = good.stdout.splitlines()
    assert f"{site.service.url}: reached, token accepted, project prod" in lines
    assert "pause, resume, cancel: work, recorded" in lines
    assert "restart, retry, remove: work" in lines
    assert site.service.acted("pause") == []
    wrong = site.run("db", "check", ORDERCLI_SERVICE_PASSWORD="wrong")
    assert wrong.exit_code == 1
    assert "refuses the login of admin@example.org for project prod" in wrong.stdout
    assert "restart, retry, remove: do not work" in wrong.stdout
    untrusted = site.run("db", "check", SSL_CERT_FILE=None)
    assert untrusted.exit_code == 1
    assert "does not answer; check its address, its certificate" in untrusted.stdout
