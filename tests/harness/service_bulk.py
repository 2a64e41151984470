"""Many orders paused, resumed and cancelled through a service that loses answers."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import text

from harness.service_faults import Fault
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.site import Site

_SHORT_WAITS = Limits(
    retry_pauses_seconds=(0.01, 0.02, 0.04), settling_seconds=0.1, jobs_pauses_seconds=(0.02, 0.1)
)
_BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED"}
_FILL = """
INSERT INTO t_order (id, owner, label, status, status_date, creation_date, files_in_error,
percent_complete, waiting_for_user)
SELECT n, 'many@x.org', 'order ' || n, CASE WHEN n % 3 = 0 THEN 'PENDING' ELSE 'RUNNING' END,
now(), now(), 0, 0, false FROM generate_series(1, :number) n
"""


def fill(site: Site, number: int) -> None:
    """As many orders, of which two thirds run and the others are pending."""
    with site.database.writing() as connection:
        connection.execute(text(_FILL), {"number": number})


def losing(seed: int, share: float = 0.05) -> Callable[[str, int], Fault | None]:
    """Loses this share of the answers to changes, before or after the service has acted."""
    chance = random.Random(seed)
    kinds = list(Fault)
    return lambda action, _order: (
        chance.choice(kinds)
        if action not in ("login", "look") and chance.random() < share
        else None
    )


def change_in_every_way(site: Site, number: int) -> None:
    """Pause, resume and cancel so many orders, while one answer in twenty is lost."""
    fill(site, number)
    site.service.behaviour.job_seconds = 0.05
    site.service.behaviour.fault = losing(20260310)
    for action in ("pause", "resume", "cancel"):
        outcomes = change_and_check(site, action, number)
        assert outcomes["changed"] + outcomes["already"] >= 0.9 * number, (action, outcomes)


def change_and_check(site: Site, action: str, number: int) -> Counter[str]:
    """Change all orders; outcomes, rows and events agree for every one. The outcomes, counted."""
    before = site.statuses()
    history = len(site.history())
    asked = len(site.service.record)
    result = site.run_within(_SHORT_WAITS, action, "-u", "many*", "-y", "-f", "json", "--jobs", 16)
    rows = json.loads(result.stdout)
    found = {each["id"]: each["outcome"] for each in rows}
    assert len(rows) == len(found) <= number
    after = site.statuses()
    events = site.history()[history:]
    recorded = Counter((event[0], event[1]) for event in events)
    for order, outcome in found.items():
        if outcome in ("changed", "already"):
            assert after[order] == _BECOMES[action], (order, outcome)
        if outcome == "changed":
            assert before[order] != after[order], order
            assert recorded[order, action] == 1, order
        else:
            assert recorded[order, action] == 0, (order, outcome)
    for order, _action, was, becomes, *_others in events:
        assert was == before[order] or _action == "cancel", order
        assert becomes in ("PAUSED", _BECOMES[action])
    acted = Counter(
        each.order_id
        for each in site.service.record[asked:]
        if each.acted and each.action == action
    )
    assert max(acted.values(), default=0) <= 1
    unchanged = [order for order, outcome in found.items() if outcome == "unknown"]
    assert result.exit_code == (1 if unchanged else 0), result.stderr[-500:]
    return Counter(found.values())
