"""The changes that a program makes to the orders of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ordercli.base.settings import load_settings, require_changeable
from ordercli.base.times import now
from ordercli.domain.change import Result
from ordercli.domain.filters import Filters, named_or_chosen
from ordercli.domain.status import RESTART
from ordercli.operations.planned_change import (
    PlannedChange,
    Target,
    logged_in,
    new_change,
    plan_change,
    plan_undo,
)
from ordercli.operations.restart import Restarted, restart, restartable
from ordercli.store.opening import database_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.base.limits import Limits

Action = Literal["pause", "resume", "cancel", "retry", "remove"]


class Results(list[Result]):
    """The results of a change, by ascending id; ``operation`` names it in the history."""

    operation: str = ""


class ProjectChanges:
    """What changes the orders of one database, which is named as on a command line."""

    def __init__(self, database: str | None, profile: str | None, limits: Limits) -> None:
        self._named = database, profile
        self._limits = limits

    def plan(
        self,
        action: Action,
        orders: Sequence[int] | Filters,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
    ) -> PlannedChange:
        """To change orders that are named by id or chosen by filters; nothing is changed yet.

        What is planned can be looked at and then run. The options are those of the commands, and so
        is what is refused: a read-only profile, filters that choose everything, more orders than
        ``most``. Retrying, and removing for good, take a live service. The history says who
        (``ORDERCLI_ACTOR``) and why. Raises UsageError and DatabaseError.
        """
        return plan_change(
            self._target(direct=direct), action, named_or_chosen(orders, now()), reason, most=most
        )

    def plan_undo(
        self,
        operation: str,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
    ) -> PlannedChange:
        """To put the orders of an operation back as they were, as ``undo`` does; see ``plan``.

        Raises PartialError where there is no such operation, or it can't be taken back.
        """
        return plan_undo(self._target(direct=direct), operation, reason, most=most)

    def change(
        self,
        action: Action,
        orders: Sequence[int] | Filters,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
        dry_run: bool = False,
    ) -> Results:
        """Change orders; nobody is asked. It is ``plan`` and ``run`` in one.

        With ``dry_run`` the results are what would be. Raises UsageError, DatabaseError and
        ServiceError.
        """
        target, chosen = self._target(direct=direct), named_or_chosen(orders, now())
        planned = plan_change(target, action, chosen, reason, most=most, latest=not dry_run)
        return _results(planned, dry_run=dry_run)

    def undo(
        self,
        operation: str,
        *,
        reason: str | None = None,
        most: int | None = None,
        direct: bool = False,
        dry_run: bool = False,
    ) -> Results:
        """Put the orders of an operation back as they were: ``plan_undo`` and ``run`` in one."""
        target = self._target(direct=direct)
        planned = plan_undo(target, operation, reason, most=most, latest=not dry_run)
        return _results(planned, dry_run=dry_run)

    def restart(self, order_id: int, label: str, *, reason: str | None = None) -> Restarted:
        """Restart an order that has ended, at the live service, as a new one with this label.

        Raises PartialError where the order can't be restarted, UsageError on a label that can't be
        given, DatabaseError without a live service, and ServiceError where it is not known whether
        there is a new order.
        """
        target = self._target(direct=False)
        change, database = new_change(RESTART, reason), target.database
        order = restartable(database, order_id, label, target.service)
        with logged_in(target.limits, order.service) as client:
            return restart(database, client, change, order, target.limits)

    def _target(self, *, direct: bool) -> Target:
        """Where changes are made; raises DatabaseError where none may be."""
        settings = load_settings(*self._named)
        require_changeable(settings)
        return Target(database_of(settings, self._limits), settings.service, direct, self._limits)


def _results(planned: PlannedChange, *, dry_run: bool) -> Results:
    last = {each.order_id: each for each in (planned.foresee() if dry_run else planned.run())}
    results = Results(sorted(last.values()))
    results.operation = planned.operation
    return results
