"""A change from its plan to its results, without anybody to ask."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from ordercli.base.errors import unknown_name
from ordercli.base.language import _
from ordercli.base.settings import actor
from ordercli.base.text import require_text
from ordercli.base.times import now
from ordercli.domain.change import Change, Result
from ordercli.domain.history import begun_operation
from ordercli.domain.selection import Selection
from ordercli.domain.status import REMOVE, RETRY, TRANSITIONS, UNDO, Outcome
from ordercli.operations.change_run import turned_back
from ordercli.operations.changers import changer_of
from ordercli.operations.plan import foresee, make_plan, require_at_most
from ordercli.operations.undo import find_operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ordercli.base.limits import Limits
    from ordercli.base.settings import Service
    from ordercli.domain.change import Plan
    from ordercli.domain.reversal import Reversal
    from ordercli.domain.status import Transition
    from ordercli.service.client import Client
    from ordercli.store.database import Database


@dataclass(frozen=True)
class Target:
    """Where the orders are, and what changes them: the service, or the database itself."""

    database: Database
    service: Service | None
    direct: bool
    limits: Limits


@dataclass(frozen=True)
class PlannedChange:
    """A change that was looked at: what it would do now, and the results of making it.

    Only orders that would change when it was planned are changed, and only from the status that
    they had then.
    """

    _target: Target
    _change: Change
    _plan: Plan

    @property
    def operation(self) -> str:
        """Its name in the history, which takes it back."""
        return self._change.operation

    @property
    def orders(self) -> int:
        """How many orders would change."""
        return len(self._plan.shown)

    def foresee(self) -> Iterator[Result]:
        """How it would end for each order as it is now; nothing is changed."""
        for part in foresee(self._target.database, self._change.transition, self._plan):
            yield from part

    def run(self) -> Iterator[Result]:
        """Make it; each result comes as soon as it is certain and in the history.

        It goes on as the results are consumed. Who leaves it ends it: what was begun comes to its
        end, the other orders stay as they are. An order that the service writes back has a second
        result, at the end. Raises OrdercliError, which tells how many are done, where it can't be
        made, or not go on.
        """
        target, left, unsettled = self._target, False, list[int]()
        with changer_of(
            target.database, target.service, self._change, self._plan, target.limits,
            direct=target.direct, jobs=target.limits.service_jobs,
            log_in=partial(logged_in, target.limits), waiting=lambda _order_id: None,
        ) as changer:  # fmt: skip
            if changer is None:
                yield from self.foresee()
                return
            batches = changer.results(lambda: left)
            try:
                for results in batches:
                    unsettled += [each.order_id for each in results if each.unsettled]
                    yield from results
            finally:
                left = True
                for _results in batches:  # what was begun
                    pass
        if unsettled:
            yield from self._turned_back(unsettled)

    def _turned_back(self, changed: list[int]) -> Iterator[Result]:
        reason = _("the service has changed it back")
        target, transition = self._target, self._change.transition
        for state in turned_back(
            target.database, self._plan, transition, changed, target.limits, direct=target.direct
        ):
            yield Result(state.order_id, Outcome.REFUSED, state.shown, reason)


def plan_change(
    target: Target,
    action: str,
    selection: Selection,
    reason: str | None,
    *,
    most: int | None = None,
    latest: bool = True,
) -> PlannedChange:
    """To change the orders that are chosen, as they are now, by the action of this name.

    Raises UsageError where more than ``most`` would change, and DatabaseError where it can't be
    made. With ``latest`` it looks where it will be written.
    """
    known = {each.action: each for each in (*TRANSITIONS, RETRY, REMOVE)}
    if action not in known:
        raise unknown_name(_("no action '{name}'").format(name=action), action, known)
    return _planned(target, known[action], selection, {}, reason, most, latest=latest)


def plan_undo(
    target: Target,
    operation: str,
    reason: str | None,
    *,
    most: int | None = None,
    latest: bool = True,
) -> PlannedChange:
    """To take the operation back that begins so; raises as above and as ``find_operation``."""
    through_service = target.service is not None and not target.direct
    undone = find_operation(target.database, begun_operation(operation), latest=latest)
    back = undone.reversals(through_service=through_service)
    selection = Selection(ids=tuple(back))
    return _planned(target, UNDO, selection, back, reason, most, latest=latest)


def _planned(
    target: Target,
    transition: Transition,
    selection: Selection,
    reversals: Mapping[int, Reversal],
    reason: str | None,
    most: int | None,
    *,
    latest: bool,
) -> PlannedChange:
    change = new_change(transition, reason)
    plan = make_plan(
        target.database, transition, selection, direct=target.direct,
        service=target.service is not None, latest=latest, reversals=reversals,
    )  # fmt: skip
    require_at_most(plan, most)
    return PlannedChange(target, change, plan)


def new_change(transition: Transition, reason: str | None) -> Change:
    """One run of a change, with a new operation id. Raises UsageError on a reason that is none."""
    why = require_text(reason, "--reason") if reason else None
    return Change(transition, actor(), why, str(uuid4()), now)


@contextmanager
def logged_in(limits: Limits, service: Service) -> Iterator[Client]:
    """A client of the service; raises UsageError where its password is nowhere to be found."""
    from ordercli.service.client import connected  # noqa: PLC0415 - slow to import
    from ordercli.service.credentials import password_of, ready_token  # noqa: PLC0415 - as above

    def password() -> str:
        return password_of(service, lambda _question: None)

    with connected(service, ready_token(), password, limits=limits) as client:
        yield client
