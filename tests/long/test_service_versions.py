"""Each version of the service, a thousand orders, one answer in twenty lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.service_bulk import change_in_every_way

if TYPE_CHECKING:
    from harness.site import Site


@pytest.mark.timeout(900)
@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
@pytest.mark.parametrize("service_version", ["1.5", "1.6", "1.12", "1.15", "2.x"])
def test_a_thousand_orders_paused_resumed_and_cancelled(site: Site) -> None:
    change_in_every_way(site, 1000)
