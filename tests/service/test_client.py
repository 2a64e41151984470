"""The client of a live service: each answer of each version has its own meaning."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.service_client import client_of
from harness.service_faults import (
    ACCEPTED,
    CREATED,
    GATEWAY_AFTER,
    GATEWAY_BEFORE,
    NO_CONTENT,
    PAGE_AFTER,
    PAGE_BEFORE,
    TOO_LATE,
    Fault,
    Odd,
    redirect,
    too_many,
    unavailable,
)
from harness.service_rules import VERSIONS
from ordercli.base.errors import LoginError, ServiceError
from ordercli.base.limits import Limits
from ordercli.service.account import account_of
from ordercli.service.answers import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.site import Site

pytestmark = pytest.mark.parametrize("service_database", ["newest"], indirect=True)
EACH_VERSION = pytest.mark.parametrize("service_version", list(VERSIONS))
OLD_AND_NEW = pytest.mark.parametrize("service_version", ["1.15", "2.x"])
QUICK = Limits(retry_pauses_seconds=(0.01, 0.01))


def fill(site: Site, *statuses: str, owner: str = "somebody@x.org") -> None:
    with site.database.writing() as connection:
        for number, status in enumerate(statuses, start=1):
            add_order(connection, number, status=status, owner=owner)


def always(fault: Fault | Odd) -> Callable[[str, int], Fault | Odd | None]:
    """The fault for every request, logins left out."""
    return lambda action, _order: fault if action != "login" else None


# Logging in.


@EACH_VERSION
def test_each_version_takes_the_login_in_its_own_form(site: Site, service_version: str) -> None:
    newest = service_version == "2.x"
    with client_of(site.service) as client:
        assert client.login.as_form is not newest
        assert (client.login.role, client.login.email) == ("PROJECT_ADMIN", "admin@example.org")
        assert "canary" not in repr(client.login)
        assert site.service.logins == (1 if newest else 2)
        site.service.expire_tokens()
        assert client.look(1).answer.verdict is Verdict.NOT_FOUND
        assert site.service.logins == (2 if newest else 3)  # the form is known by now


@OLD_AND_NEW
def test_a_wrong_password_is_tried_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.service_client.PASSWORD", "canary-wrong")
    with pytest.raises(LoginError, match="refuses the login of admin"), client_of(site.service):
        pass
    assert site.service.logins == (1 if site.service.version.json_login else 2)


@OLD_AND_NEW
def test_a_token_is_renewed_before_it_expires(site: Site) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.token_seconds = 120
    with client_of(site.service) as client:
        before = site.service.logins
        assert client.look(1).status == "RUNNING"
        assert site.service.logins == before
    site.service.behaviour.token_seconds = 1
    with client_of(site.service) as client:
        before = site.service.logins
        time.sleep(0.6)
        assert client.look(1).status == "RUNNING"
        assert site.service.logins == before + 1


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_expired_token_is_renewed_whatever_an_old_gateway_calls_it(
    site: Site, status: int
) -> None:
    fill(site, "RUNNING", "RUNNING")
    site.service.behaviour.expired_status = status
    with client_of(site.service) as client:
        site.service.expire_tokens()
        first = client.send("pause", 1)
        # After a 500 nobody knows whether it was done: the next request has the new token.
        assert (first.verdict is Verdict.ACCEPTED) == (status != 500)
        assert client.send("pause", 2).verdict is Verdict.ACCEPTED
        assert site.service.logins == 2


def test_a_403_that_means_the_rights_costs_one_login(site: Site) -> None:
    fill(site, *["RUNNING"] * 5)
    site.service.behaviour.forbidden = {"pause"}
    with client_of(site.service) as client:
        for order in range(1, 6):
            answer = client.send("pause", order)
            assert (answer.verdict, answer.status) == (Verdict.REFUSED, 403)
            assert "ask a project administrator" in answer.reason
    assert site.service.logins == 2


def test_many_threads_renew_a_token_once(site: Site) -> None:
    fill(site, *["RUNNING"] * 8)
    site.service.behaviour.expired_status = 403
    site.service.behaviour.answer_seconds = 0.05
    verdicts: list[Verdict] = []
    with client_of(site.service) as client:
        site.service.expire_tokens()
        threads = [
            threading.Thread(target=lambda n=n: verdicts.append(client.send("pause", n).verdict))
            for n in range(1, 9)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert verdicts == [Verdict.ACCEPTED] * 8
    assert site.service.logins == 2


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (Odd(429, False), "takes no more requests for now"),
        (Odd(503, False), "is not available; look at the service"),
        (Odd(515, False), "prod is in maintenance"),
        (Odd(502, False, b"<html>", "text/html"), "does not answer; check its address"),
        (PAGE_BEFORE, "answers 200, as no service of REGARDS does"),
        (Odd(403, False, b"<html>", "text/html"), "answers 403, as no service of REGARDS does"),
        (Odd(200, body=b'{"access_token": "\xc3\xa9"}'), "answers 200, as no service"),
        (Odd(200, body=b'{"access_token": 7}'), "answers 200, as no service of REGARDS does"),
        (redirect("https://elsewhere.test/"), "answers 302, as no service of REGARDS does"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Odd) else "",
)
def test_a_login_that_is_answered_oddly(site: Site, odd: Odd, told: str) -> None:
    site.service.behaviour.login_odd = odd
    with pytest.raises(ServiceError) as raised:
        client_of(site.service, limits=QUICK).__enter__()
    assert told in str(raised.value)


def test_a_login_waits_as_the_service_asks(site: Site) -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        site.service.behaviour.login_odd = None

    site.service.behaviour.login_odd = too_many(1)
    with client_of(site.service, limits=QUICK, tell=tell) as client:
        assert client.login.role == "PROJECT_ADMIN"
    assert told == ["the service asks to wait 1 second"]


# What the answers mean.


@EACH_VERSION
def test_a_refusal_has_its_reason_in_each_version(site: Site, service_version: str) -> None:
    fill(site, "DONE", "RUNNING")
    site.service.behaviour.job_seconds = 60
    with client_of(site.service) as client:
        refused = client.send("pause", 1)
        assert (refused.verdict, refused.of_state) == (Verdict.REFUSED, True)
        assert client.send("pause", 2).verdict is Verdict.ACCEPTED
        resumed = client.send("resume", 2)
        assert resumed.verdict is Verdict.REFUSED
        # Since 1.6 both reasons have one message.
        assert resumed.jobs_still_run == (service_version == "1.5")
        assert resumed.of_state != resumed.jobs_still_run
        assert client.send("pause", 99).verdict is Verdict.NOT_FOUND


@EACH_VERSION
def test_a_look_shows_status_and_links(site: Site, service_version: str) -> None:
    fill(site, "RUNNING", "DONE", "DELETED")
    site.service.behaviour.job_seconds = 60
    with client_of(site.service) as client:
        shown = [client.look(order) for order in (1, 2, 3)]
        assert [view.status for view in shown] == ["RUNNING", "DONE", "DELETED"]
        links = [{"pause"}, {"delete", "restart"}, {"remove"}]
        assert [set(view.links) for view in shown] == (
            [set(), set(), set()] if service_version == "1.5" else links
        )
        client.send("pause", 1)
        paused = client.look(1)
        assert (paused.status, "resume" in paused.links) == ("PAUSED", False)
        site.service.orders.end_jobs()
        assert ("resume" in client.look(1).links) == (service_version != "1.5")
        assert client.look(99).answer.verdict is Verdict.NOT_FOUND
        site.service.behaviour.hidden = {2}
        hidden = client.look(2)
        assert (hidden.answer.status, hidden.status, hidden.links) == (403, "", frozenset())
    assert site.service.acted("pause") == [1]


@pytest.mark.parametrize(
    ("odd", "verdict", "told"),
    [
        (CREATED, Verdict.ACCEPTED, ""),
        (ACCEPTED, Verdict.ACCEPTED, ""),
        (NO_CONTENT, Verdict.ACCEPTED, ""),
        (PAGE_BEFORE, Verdict.STRANGE, "the answer (200) is not one of the service"),
        (PAGE_AFTER, Verdict.STRANGE, "the answer (200) is not one of the service"),
        (Odd(200, body=b"[]"), Verdict.STRANGE, "the answer (200) is not one of the service"),
        (redirect("https://elsewhere.test/"), Verdict.STRANGE, "the answer (302) is not one"),
        (redirect("https://elsewhere.test/", 307), Verdict.STRANGE, "the answer (307) is not one"),
        (Odd(404, False, b"<html>", "text/html"), Verdict.STRANGE, "the answer (404) is not"),
        (GATEWAY_BEFORE, Verdict.LOST, "the service gives no answer"),
        (GATEWAY_AFTER, Verdict.LOST, "the service gives no answer"),
        (TOO_LATE, Verdict.LOST, "the service gives no answer"),
        (Odd(503, False), Verdict.LOST, "the service is not available"),
        (Odd(418, False), Verdict.REFUSED, "the service says 418"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Odd) else "",
)
def test_what_an_odd_answer_means(site: Site, odd: Odd, verdict: Verdict, told: str) -> None:
    fill(site, "RUNNING")
    site.service.behaviour.fault = lambda action, _order: odd if action == "pause" else None
    with client_of(site.service) as client:
        answer = client.send("pause", 1)
    assert (answer.verdict, answer.status) == (verdict, odd.status)
    assert answer.reason.startswith(told)
    assert len(site.service.record) == 1


def test_lost_answers_and_a_service_that_is_not_there(site: Site) -> None:
    fill(site, "RUNNING")
    behaviour = site.service.behaviour
    with client_of(site.service, limits=QUICK) as client:
        for fault in Fault:
            behaviour.fault = always(fault)
            assert client.send("pause", 1).verdict is Verdict.LOST, fault
        site.service.stop_listening()
        behaviour.fault = always(Fault.CUT_BEFORE)
        assert client.send("pause", 1).verdict is Verdict.LOST
        assert client.send("pause", 1).verdict is Verdict.UNSENT
    with pytest.raises(ServiceError, match="does not answer"):
        client_of(site.service, limits=QUICK).__enter__()


def test_maintenance_and_too_many_requests_stop_a_run(site: Site) -> None:
    fill(site, "RUNNING")
    with client_of(site.service) as client:
        site.service.behaviour.maintenance = True
        with pytest.raises(ServiceError, match="prod is in maintenance"):
            client.send("pause", 1)
        assert client.look(1).status == "RUNNING"  # every request but GET
        site.service.behaviour.maintenance = False
        site.service.behaviour.fault = lambda _action, _order: Odd(429, False)
        with pytest.raises(ServiceError, match="takes no more requests for now"):
            client.send("pause", 1)
    assert site.status(1) == "RUNNING"


# Retry-After.


def test_a_retry_after_is_waited_for_and_told(site: Site) -> None:
    fill(site, "RUNNING")
    left = [too_many(1), unavailable(1)]
    told: list[str] = []
    site.service.behaviour.fault = lambda action, _order: (
        left.pop() if left and action == "pause" else None
    )
    with client_of(site.service, tell=told.append) as client:
        begun = time.monotonic()
        assert client.send("pause", 1).verdict is Verdict.ACCEPTED
        assert time.monotonic() - begun >= 2
    assert told == ["the service asks to wait 1 second"] * 2
    assert site.service.acted("pause") == [1]


def test_a_retry_after_is_waited_for_a_few_times_at_most(site: Site) -> None:
    fill(site, "RUNNING")
    with client_of(site.service) as client:
        site.service.behaviour.fault = lambda _action, _order: too_many(0)
        with pytest.raises(ServiceError, match="takes no more requests"):
            client.send("pause", 1)
        assert len(site.service.record) == 4
        for long in ("3600", "Wed, 21 Oct 2026 07:28:00 GMT", "-1", "9" * 500, "\xb2"):
            site.service.behaviour.fault = always(unavailable(long))
            assert client.send("pause", 1).verdict is Verdict.LOST
        assert len(site.service.record) == 9
        begun = time.monotonic()
        site.service.behaviour.fault = lambda _action, _order: too_many(30)
        with pytest.raises(ServiceError, match="takes no more requests"):
            client.send("pause", 1, stopped=lambda: True)
        assert time.monotonic() - begun < 25


@pytest.mark.parametrize("action", ["retry", "restart"])
def test_what_is_done_once_is_sent_once(site: Site, action: str) -> None:
    fill(site, "FAILED")
    body = {"label": "again", "onSuccessUrl": "/user/prod"} if action == "restart" else None
    site.service.behaviour.fault = lambda _action, _order: unavailable(0)
    with client_of(site.service) as client:
        assert client.send(action, 1, body).verdict is Verdict.LOST
        assert len(site.service.record) == 1
        site.service.behaviour.fault = lambda _action, _order: None
        site.service.expire_tokens()  # which is refused, and so was not done
        answer = client.send(action, 1, body)
        assert answer.verdict is Verdict.ACCEPTED
        assert answer.new_id == (2 if action == "restart" else None)
    assert site.service.acted(action) == [1]


def test_a_restart_that_is_refused(site: Site) -> None:
    fill(site, "DONE")
    with client_of(site.service) as client:
        body = {"label": "again", "onSuccessUrl": "/user/prod"}
        assert client.send("restart", 1, body).status == 201
        again = client.send("restart", 1, body)
        assert (again.verdict, again.status) == (Verdict.REFUSED, 422)
        assert again.reason == "its user has an order with this label already"
        too_long = client.send("restart", 1, {**body, "label": "x" * 51})
        assert too_long.reason == "the label is too long"


# Who that is.


@EACH_VERSION
def test_an_account_tells_role_and_version_without_changing_anything(
    site: Site, service_version: str
) -> None:
    fill(site, "RUNNING")
    families = {"1.5": "up to 1.5", "2.x": "1.16 or later"}
    with client_of(site.service) as client:
        account = account_of(client.login, client.check(1))
        assert account.versions.startswith(families.get(service_version, "1.6 to 1.15"))
        assert next(iter(account.sentences())) == (
            "Logged in as admin@example.org, PROJECT_ADMIN: changes and removes all users' orders"
        )
        blind = account_of(client.login, client.check())
        assert blind.versions == ("1.16 or later" if service_version == "2.x" else "up to 1.15")
    assert site.service.record == []


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("INSTANCE_ADMIN", "changes and removes all users' orders"),
        ("ADMIN", "changes all users' orders, removes none"),
        ("EXPLOIT", "changes its own orders only"),
        ("OUR_OPERATORS", "only if it is a child of ADMIN"),
    ],
)
def test_an_account_tells_what_its_role_may(site: Site, role: str, told: str) -> None:
    site.service.behaviour.role = role
    with client_of(site.service) as client:
        assert told in "\n".join(account_of(client.login, client.check()).sentences())


def test_a_ready_token_tells_only_what_an_order_shows(site: Site) -> None:
    fill(site, "RUNNING")
    site.service.accept_token("canary-ready")
    with client_of(site.service, token="canary-ready") as client:
        assert list(account_of(client.login, client.check()).sentences()) == []
        assert account_of(client.login, client.check(1)).versions == "1.6 or later"
