"""A change from its plan to its results, without anybody to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.domain.status import Outcome
from ordercli.operations.change_run import run_change, turned_back
from ordercli.operations.changers import changer_of
from ordercli.operations.plan import foresee, make_plan, require_at_most

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from ordercli.base.limits import Limits
    from ordercli.base.settings import Service
    from ordercli.domain.change import Change, Result
    from ordercli.domain.selection import Selection
    from ordercli.service.client import Client
    from ordercli.store.database import Database


def change_orders(
    database: Database,
    service: Service | None,
    change: Change,
    selection: Selection,
    limits: Limits,
    *,
    direct: bool,
    most: int | None,
    log_in: Callable[[Service], AbstractContextManager[Client]],
) -> list[Result]:
    """Change the orders that are chosen; the result of each, by ascending id.

    Raises UsageError where they are more than ``most``, before anything is changed, and
    OrdercliError where the change can't be made, or not go on, which tells how many are done.
    """
    plan = make_plan(
        database, change.transition, selection, direct=direct, service=service is not None
    )
    require_at_most(plan, most)
    gathered = _Gathered()
    with changer_of(
        database, service, change, plan, limits,
        direct=direct, jobs=1, log_in=log_in, waiting=lambda _order_id: None,
    ) as changer:  # fmt: skip
        batches = (
            foresee(database, change.transition, plan)
            if changer is None
            else changer.results(lambda: False)
        )
        tally = run_change(batches, [gathered])
    if tally.unsettled:
        back = turned_back(
            database, plan, change.transition, tally.unsettled, limits, direct=direct
        )
        gathered.turn_back({state.order_id for state in back})
    return sorted(gathered.results)


def foresee_change(
    database: Database,
    service: Service | None,
    change: Change,
    selection: Selection,
    *,
    direct: bool,
) -> list[Result]:
    """How the same change would end for each order now; nothing is changed."""
    transition = change.transition
    plan = make_plan(
        database, transition, selection, direct=direct, service=service is not None, latest=False
    )
    return sorted(each for part in foresee(database, transition, plan) for each in part)


class _Gathered:
    """Keeps the results of a run."""

    def __init__(self) -> None:
        self.results: list[Result] = []

    def take(self, results: Sequence[Result]) -> None:
        self.results += results

    def close(self) -> None:
        pass

    def turn_back(self, ids: set[int]) -> None:
        """Orders that were changed, and are so no more."""
        reason = _("the service has changed it back")
        self.results = [
            each._replace(outcome=Outcome.REFUSED, reason=reason) if each.order_id in ids else each
            for each in self.results
        ]
