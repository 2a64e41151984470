"""Each version of the service, a hundred orders, one answer in twenty lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.service_bulk import change_and_check, fill, losing

if TYPE_CHECKING:
    from harness.site import Site

NUMBER = 100


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
@pytest.mark.parametrize("service_version", ["1.5", "1.6", "1.12", "1.15", "2.x"])
def test_orders_are_paused_resumed_and_cancelled(site: Site) -> None:
    fill(site, NUMBER)
    site.service.behaviour.job_seconds = 0.05
    site.service.behaviour.fault = losing(20260310)
    for action in ("pause", "resume", "cancel"):
        outcomes = change_and_check(site, action, NUMBER)
        assert outcomes["changed"] + outcomes["already"] >= 0.9 * NUMBER, (action, outcomes)
