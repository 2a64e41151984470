"""Orders to change through a live service, and what came of them."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import text

from harness.fill import add_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.service_faults import Fault, Odd
    from harness.site import Site


def fill(site: Site, *statuses: str) -> None:
    """Orders 1, 2, ... with these statuses."""
    with site.database.writing() as connection:
        for number, status in enumerate(statuses, start=1):
            add_order(connection, number, status=status)


def fill_running(site: Site, number: int) -> None:
    with site.database.writing() as connection:
        columns = (
            "id, owner, label, status, status_date, creation_date, files_in_error,"
            " percent_complete, waiting_for_user"
        )
        connection.execute(
            text(
                f"INSERT INTO t_order ({columns}) SELECT n, 'many@x.org', 'order ' || n, 'RUNNING',"
                " now(), now(), 0, 0, false FROM generate_series(1, :number) n"
            ),
            {"number": number},
        )


def outcomes(stdout: str) -> dict[int, str]:
    return {each["id"]: each["outcome"] for each in json.loads(stdout)}


def requests(site: Site) -> Counter[tuple[str, int]]:
    return Counter((each.action, each.order_id) for each in site.service.record)


def end_jobs_at_look(site: Site, number: int) -> None:
    """Let the jobs of paused orders go on until order 1 is looked at for this time, from 1."""
    site.service.behaviour.job_seconds = 600
    looks = iter(range(1, 10**9))

    def end(action: str, order_id: int) -> None:
        if (action, order_id) == ("look", 1) and next(looks) == number:
            site.service.behaviour.job_seconds = 0
            site.service.orders.end_jobs()

    site.service.behaviour.before = end


def nth(fault: Fault | Odd, *numbers: int) -> Callable[[str, int], Fault | Odd | None]:
    """The fault for these requests, counted from 0, logins and looks left out."""
    made = iter(range(10**9))
    return lambda action, _order: (
        fault if action not in ("login", "look") and next(made) in numbers else None
    )
