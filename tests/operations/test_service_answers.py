"""Answers with which a service, or what stands in front of it, does nothing: each has its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.service_faults import Odd
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.site import Site

QUICK = Limits(retry_pauses_seconds=(0.01,), settling_seconds=0.1)
FROM = {"pause": "RUNNING", "resume": "PAUSED", "cancel": "DONE", "remove": "DELETED",
        "retry": "FAILED", "restart": "DONE"}  # fmt: skip
TOLD = {
    403: (3, "the service does not allow it to this login; ask a project administrator"),
    404: (3, "the service knows no such order"),
    429: (1, "takes no more requests for now"),
    503: (1, "the service is not available"),
    515: (1, "project prod is in maintenance, and takes no changes"),
}
LINES = {403: "the service refuses the login", 404: "as no service of REGARDS does"}


def _only(action: str, odd: Odd) -> Callable[[str, int], Odd | None]:
    return lambda asked, _order: odd if asked == action else None


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_each_answer_has_its_own_line(site: Site) -> None:
    with site.database.writing() as connection:
        for order_id, stored in enumerate(FROM.values(), start=1):
            add_order(connection, order_id, status=stored)
    for status, (code, told) in TOLD.items():
        for order_id, action in enumerate(FROM, start=1):
            site.service.behaviour.fault = _only(action, Odd(status, acts=False))
            more = ["--label", "again"] if action == "restart" else ["--yes"]
            result = site.run_within(QUICK, action, order_id, *more)
            assert (result.exit_code, result.stdout) == (code, ""), (status, action)
            assert told in result.stderr, (status, action)
            assert result.stderr.count("\n") == 1, (status, action)
            assert ("safe to repeat" in result.stderr) == (
                status == 503 and action not in ("retry", "restart")
            )
        site.service.behaviour.login_odd = Odd(status, acts=False)
        refused = site.run_within(QUICK, "pause", 1)
        assert refused.exit_code == 1
        # Of a login, 503 has the service's address in its line.
        line = LINES.get(status, told).removeprefix("the service is ")
        assert line in refused.stderr, status
        site.service.behaviour.login_odd = None
    assert list(site.statuses().values()) == list(FROM.values())
    assert site.history() == []
