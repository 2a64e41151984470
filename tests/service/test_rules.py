"""The live service of the tests keeps the rules of the real one, in each of its versions."""

from __future__ import annotations

import json
import ssl
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from harness.fill import add_order
from harness.service_faults import NO_CONTENT, PAGE_BEFORE, redirect, too_many
from harness.service_rules import CHILD_OF_ADMIN, VERSIONS
from harness.service_server import CLIENT_ID, CLIENT_SECRET, PASSWORD

if TYPE_CHECKING:
    from harness.service_server import ServiceServer
    from harness.site import Site

pytestmark = [
    pytest.mark.parametrize("service_database", ["newest"], indirect=True),
    pytest.mark.parametrize("service_version", list(VERSIONS)),
]

STATUSES = ("PENDING", "RUNNING", "PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED", "EXPIRED",
            "DELETED", "REMOVED", "ERROR", "SOMETHING_NEW")  # fmt: skip
SINCE_1_6, UP_TO_1_5 = ("1.6", "1.12", "1.15", "2.x"), ("1.5",)


def accepted(action: str, version: str) -> tuple[str, ...]:
    """From which stored statuses, as the service's sources say."""
    if action == "cancel":
        if version == "1.5":
            return ("PAUSED",)
        ended = ("PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED")
        return ended if version == "1.6" else (*ended, "EXPIRED")
    return {
        "pause": ("PENDING", "RUNNING"),
        "resume": ("PAUSED",),
        "remove": ("DELETED",),
        "restart": ("DONE", "DONE_WITH_WARNING", "FAILED"),
        "retry": ("DONE_WITH_WARNING", "FAILED"),
    }[action]


def fill(site: Site, *statuses: str, owner: str = "somebody@x.org") -> None:
    with site.database.writing() as connection:
        for number, status in enumerate(statuses, start=1):
            add_order(connection, number, status=status, owner=owner)


def links(service: ServiceServer, order_id: int) -> set[str]:
    reply = service.orders.act("look", order_id)
    assert reply.document is not None
    return {each["rel"] for each in reply.document["links"]}


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "remove", "restart", "retry"])
def test_what_is_accepted_from_each_status(site: Site, service_version: str, action: str) -> None:
    fill(site, *STATUSES)
    service = site.service
    known = service_version in SINCE_1_6 or action not in ("restart", "retry")
    link = {"cancel": "delete"}.get(action, action)
    for number, status in enumerate(STATUSES, start=1):
        shown = link in links(service, number)
        answer, message = service.act(action, number, f"again {number}")
        if not known:
            assert answer == 404
        elif status in accepted(action, service_version):
            assert (answer, message) == (201 if action == "restart" else 200, ""), status
        else:
            assert answer == 401, status
            assert message.startswith(("ORDER_MUST_BE_", "ONLY_PAUSED_ORDER_CAN_BE_RESUMED"))
        assert shown == (answer in (200, 201) and service_version in SINCE_1_6), status
    after = site.statuses()
    for number, status in enumerate(STATUSES, start=1):
        if known and status in accepted(action, service_version):
            becomes = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED",
                       "restart": status, "retry": "RUNNING"}.get(action)  # fmt: skip
            assert after.get(number) == becomes
        else:
            assert after[number] == status
    if not known:
        service.violations.clear()  # such a request is against the API


def test_the_messages_of_a_refusal(site: Site, service_version: str) -> None:
    fill(site, "DONE", "RUNNING")
    act = site.service.act
    old = service_version in UP_TO_1_5
    assert act("pause", 1)[1] == "ORDER_MUST_BE_PENDING_OR_RUNNING"
    assert act("resume", 1)[1] == (
        "ONLY_PAUSED_ORDER_CAN_BE_RESUMED" if old else "ORDER_MUST_BE_PAUSED"
    )
    assert act("remove", 1)[1] == "ORDER_MUST_BE_DELETED"
    assert act("cancel", 2)[1] == (
        "ORDER_MUST_BE_PAUSED"
        if old
        else "ORDER_MUST_BE_DONE_OR_DONE_WITH_WARNING_OR_PAUSED_OR_FAILED_OR_EXPIRED"
    )
    assert act("pause", 99) == (404, "")


def test_jobs_that_end_later(site: Site, service_version: str) -> None:
    fill(site, "RUNNING", "RUNNING")
    service = site.service
    service.behaviour.job_seconds = 60
    assert service.act("pause", 1) == (200, "")
    assert site.status(1) == "PAUSED"
    old = service_version in UP_TO_1_5
    assert service.act("resume", 1) == (
        401, "ORDER_NOT_COMPLETELY_PAUSED" if old else "ORDER_MUST_BE_PAUSED",
    )  # fmt: skip
    assert links(service, 1) == (set() if old else {"delete"})
    if old:
        assert service.act("cancel", 1) == (401, "ORDER_NOT_COMPLETELY_STOPPED")
        assert service.violations == []
    else:  # the service does not look, and data is lost
        assert service.act("cancel", 1) == (200, "")
        assert service.violations == ["order 1 was cancelled while its jobs ran"]
        service.violations.clear()
    service.act("pause", 2)
    service.orders.end_jobs()
    assert ("resume" in links(service, 2)) == (not old)
    assert service.act("cancel", 2) == (200, "")
    assert site.status(2) == "DELETED"


def test_a_pause_that_is_lost_while_files_are_gathered(site: Site, service_version: str) -> None:
    fill(site, "PENDING", "RUNNING")
    site.service.behaviour.gathering_seconds = 60
    for order in (1, 2):
        assert site.service.act("pause", order) == (200, "")
    assert site.statuses() == {1: "PAUSED", 2: "PAUSED"}
    site.service.orders.end_waits()
    assert site.statuses() == {1: "RUNNING", 2: "PAUSED"}


def test_a_retry_takes_a_while_and_another_one_is_a_second(
    site: Site, service_version: str
) -> None:
    fill(site, "FAILED", "FAILED", "DONE_WITH_WARNING")
    service = site.service
    service.behaviour.with_processing = {3}
    service.behaviour.retry_seconds = 60
    if service_version in UP_TO_1_5:
        assert service.act("retry", 1) == (404, "")
        service.violations.clear()
        return
    assert service.act("retry", 3) == (401, "ORDER_HAS_PROCESSING")
    assert service.act("retry", 1) == (200, "")
    assert site.status(1) == "FAILED"
    assert service.act("retry", 1) == (200, "")
    assert service.violations == ["order 1 was retried a second time"]
    service.violations.clear()
    service.orders.end_waits()
    assert site.status(1) == "RUNNING"


def test_a_restart_is_made_once_by_its_label(site: Site, service_version: str) -> None:
    fill(site, "DONE")
    service = site.service
    if service_version in UP_TO_1_5:
        return
    made = service.orders.act("restart", 1, {"label": "again"})
    assert made.status == 201
    assert made.document is not None
    assert made.document["content"]["id"] == 2
    assert service.act("restart", 1, "again") == (422, "LABEL_NOT_UNIQUE_FOR_OWNER")
    assert service.act("restart", 1, "x" * 51) == (422, "TOO_MANY_CHARACTERS_IN_LABEL")
    assert site.statuses() == {1: "DONE", 2: "PENDING"}


def test_who_may(site: Site, service_version: str) -> None:
    fill(site, "DELETED", "RUNNING")
    service = site.service
    service.behaviour.role = "ADMIN"
    assert service.act("remove", 1) == (403, "")
    assert service.act("remove", 99) == (404, "")  # told before rights are looked at
    assert links(service, 1) == set()
    assert service.act("pause", 2) == (200, "")
    service.behaviour.role = CHILD_OF_ADMIN
    assert service.act("remove", 1) == (403, "")
    assert service.act("resume", 2) == (200, "")
    assert service.act("pause", 2) == (200, "")
    service.behaviour.role = "REGISTERED_USER"
    assert service.act("resume", 2) == (401, "USER_NOT_ALLOWED_TO_MANAGE_ORDER")
    assert service.orders.act("look", 2).status == 403
    service.behaviour.role = "INSTANCE_ADMIN"
    assert service.act("remove", 1) == (200, "")
    shown = links(service, 2)
    service.behaviour.forbidden = {"resume"}
    assert (service.act("resume", 2), links(service, 2)) == ((403, ""), shown - {"resume"})
    service.behaviour.hidden = {2}
    assert service.orders.act("look", 2).status == 403


def test_only_a_cancel_ends_the_wait_for_the_user(site: Site, service_version: str) -> None:
    with site.database.writing() as connection:
        add_order(connection, 1, status="RUNNING", waiting_for_user=True)
    for action, waits in (("pause", "waiting user"), ("cancel", "removed")):
        assert site.service.act(action, 1)[0] == 200
        listed = site.run("list", "-f", "json").stdout
        assert json.loads(listed)[0]["status"] == waits


# Over HTTP.


class Caller:
    """Calls the service as any program would, without ordercli."""

    def __init__(self, service: ServiceServer) -> None:
        self.service = service
        self.trust = ssl.create_default_context(cafile=str(service.certificates))

    def __call__(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes]:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self.service.url + "/api/v1" + path, body, names, method=method)
        try:
            with urlopen(request, context=self.trust, timeout=10) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    def log_in(self, *, as_json: bool) -> tuple[int, dict[str, Any]]:
        from base64 import b64encode
        from urllib.parse import urlencode

        body = {"grant_type": "password", "username": "admin@example.org", "password": PASSWORD}
        site = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        status, found = self(
            "POST",
            "/rs-authentication/oauth/token?scope=prod",
            (json.dumps(body) if as_json else urlencode(body)).encode(),
            Content_Type="application/json" if as_json else "application/x-www-form-urlencoded",
            Authorization=f"Basic {site}",
        )
        return status, json.loads(found)


def test_the_form_of_a_login(site: Site, service_version: str) -> None:
    call = Caller(site.service)
    newest = service_version == "2.x"
    status, given = call.log_in(as_json=newest)
    assert status == 200
    assert (given["expires_in"], given["role"]) == (3600, "PROJECT_ADMIN")
    assert given["email"] == "admin@example.org"
    status, given = call.log_in(as_json=not newest)
    assert status == (415 if newest else 400)
    assert newest or given["error_description"] == "Missing grant type"


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_token_expires_as_it_says(site: Site, service_version: str, status: int) -> None:
    service = site.service
    service.behaviour.token_seconds = 0
    service.behaviour.expired_status = status
    call = Caller(service)
    given = call.log_in(as_json=service_version == "2.x")[1]
    token = f"Bearer {given['access_token']}"
    assert given["expires_in"] == 0
    assert call("GET", "/rs-order/user/orders/1", Authorization=token)[0] == status


def test_tokens_maintenance_and_odd_answers(site: Site, service_version: str) -> None:
    fill(site, *["RUNNING"] * 5)
    service = site.service
    call = Caller(service)
    given = call.log_in(as_json=service_version == "2.x")[1]
    token = f"Bearer {given['access_token']}"
    pause = "/rs-order/user/orders/pause/"
    refused = call("PUT", f"{pause}1", Authorization="Bearer wrong")
    assert refused[0] == 401
    assert "messages" not in json.loads(refused[1])
    service.behaviour.expired_status = 403
    assert call("PUT", f"{pause}1", Authorization="Bearer wrong")[0] == 403
    service.behaviour.maintenance = True
    orders = "/rs-order/user/orders/"
    for method, path in (
        ("PUT", "pause/1"), ("PUT", "resume/1"), ("DELETE", "1"), ("DELETE", "remove/1"),
        ("PUT", "1/retry"), ("PUT", "pause/99"),
    ):  # fmt: skip
        assert call(method, orders + path, Authorization=token)[0] == 515, path
    assert call("GET", f"{orders}1", Authorization=token)[0] == 200
    assert call("GET", f"{orders}99", Authorization=token)[0] == 404
    service.behaviour.maintenance = False
    odd = {1: too_many(7), 2: PAGE_BEFORE, 3: redirect("https://elsewhere.test"), 4: NO_CONTENT}
    service.behaviour.fault = lambda _action, order: odd.get(order)
    assert call("PUT", f"{pause}1", Authorization=token)[0] == 429
    assert call("PUT", f"{pause}2", Authorization=token)[1].startswith(b"<!DOCTYPE html>")
    assert call("PUT", f"{pause}4", Authorization=token) == (204, b"")
    assert call("PUT", f"{pause}5", Authorization=token) == (200, b"")
    assert site.statuses() == {1: "RUNNING", 2: "RUNNING", 3: "RUNNING", 4: "PAUSED", 5: "PAUSED"}
    assert service.acted("pause") == [4, 5]
    assert call("PUT", f"{pause}99", Authorization=token)[0] == 404
