"""Changing orders in their database, while others write to the same rows.

A change is one guarded statement on rows that are locked first, in the order of their ids; its
history is written in the same transaction. Transactions are short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.errors import (
    CommitInterruptedError,
    ConnectionLostError,
    DatabaseError,
    TransientError,
)
from ordercli.base.language import _
from ordercli.base.text import counted, grouped
from ordercli.domain.change import GroupChange, Result, as_planned
from ordercli.domain.status import Outcome
from ordercli.operations.plan import batches
from ordercli.operations.transactions import recorded_after_all, write_persistently
from ordercli.operations.undo import verdicts
from ordercli.store.events import history_not_kept, record_changes, recorded_orders
from ordercli.store.order_states import states_of
from ordercli.store.status_update import count_changed, unchanged_states, update_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ordercli.base.limits import Limits
    from ordercli.domain.change import Change, Plan, State, StateGroup
    from ordercli.store.database import Database, Transactions


@dataclass(frozen=True)
class DatabaseChanger:
    """Changes the orders of a plan where they are stored, many in a transaction."""

    database: Database
    change: Change
    plan: Plan
    limits: Limits

    def results(self, stopped: Callable[[], object]) -> Iterator[Sequence[Result]]:
        """The results of each batch, once it is committed; see ``change_run``.

        Raises DatabaseError, which tells how many are done, where the database fails for good.
        """
        done = 0
        with self.database.writing_often() as begin:
            for ids in batches(self.plan.ids, self._batch_size):
                if stopped():
                    return
                try:
                    results = self._change(begin, ids)
                except DatabaseError as error:
                    raise _partly_done(error, ids, done, len(self.plan.ids)) from error
                done += len(ids)
                yield [_unsettled(each) for each in results] if self.plan.of_service else results

    @property
    def _batch_size(self) -> int:
        on_server = self.database.path is None
        return self.limits.batch_orders if on_server else self.limits.sqlite_batch_orders

    def _change(self, begin: Transactions, ids: Sequence[int]) -> list[Result]:
        """Change a batch, in a transaction that is tried again.

        Where somebody stops it at once, the results are of those that were changed all the same.
        """
        before: list[Result] = []

        def change(connection: Connection, lost: bool) -> list[Result]:
            results = self._changed(connection, ids, before if lost else ())
            before[:] = results
            return results

        try:
            return write_persistently(begin, self.limits.retry_pauses_seconds, change)
        except (KeyboardInterrupt, CommitInterruptedError):
            return self._looked_up(before)

    def _looked_up(self, results: Sequence[Result]) -> list[Result]:
        """Of a batch that may be committed or not, the results that stand."""
        changed = [each.order_id for each in results if each.outcome is Outcome.CHANGED]
        recorded = (
            recorded_after_all(self.database, self.change, changed) if self.plan.recorded else None
        )
        if recorded is None:
            return [_unknown(each) if each.outcome is Outcome.CHANGED else each for each in results]
        return [
            each
            for each in results
            if each.outcome is not Outcome.CHANGED or each.order_id in recorded
        ]

    def _changed(
        self, connection: Connection, ids: Sequence[int], before: Sequence[Result]
    ) -> list[Result]:
        """Change a batch in the transaction at hand.

        ``before`` has the results of the try before, whose answer was lost: where the events of
        this operation tell that it was committed, they stand.
        """
        groups = states_of(connection, ids, locked=True)
        found = verdicts(connection, self.change.transition, self.plan.reversals, ids, groups)
        results = [as_planned(each, self.plan) for each in found]
        ours: set[int] = set()
        if before and self.plan.recorded:
            ours = recorded_orders(connection, self.change.operation, ids)
            certain = {each.order_id: each for each in before if each.order_id in ours}
            results = [certain.get(each.order_id, each) for each in results]
        changing = {
            each.order_id
            for each in results
            if each.outcome is Outcome.CHANGED and each.order_id not in ours
        }
        if not changing:
            return results
        skipped = self._write(connection, [each.only(changing) for each in groups])
        if not skipped:
            return results
        return [
            _skipped(each, skipped[each.order_id]) if each.order_id in skipped else each
            for each in results
        ]

    def _write(
        self, connection: Connection, groups: Sequence[StateGroup]
    ) -> Mapping[int, State | None]:
        """Change the orders, which are in these states, and give those that did not change."""
        now = self.change.clock()
        changes = [
            GroupChange(transition, group._replace(ids=ids))
            for group in groups
            for transition, ids in self.plan.by_transition(group.ids, self.change.transition)
        ]
        update_status(connection, changes, now)
        if self.plan.recorded:
            changed = record_changes(connection, self.change, changes, now)
        else:
            changed = count_changed(connection, changes)
        wanted = sum(len(each.before.ids) for each in changes)
        if changed == wanted:
            return {}
        skipped = unchanged_states(connection, changes)
        if changed != wanted - len(skipped):
            raise history_not_kept()
        return skipped


def _unsettled(result: Result) -> Result:
    """The result for an order that a live service may have read before."""
    return result._replace(unsettled=result.outcome is Outcome.CHANGED)


def _unknown(result: Result) -> Result:
    """The result for an order whose change may be committed or not."""
    reason = _("stopped while the change was committed, whether it was made is unknown")
    return Result(result.order_id, Outcome.UNKNOWN, result.was, reason)


def _skipped(result: Result, state: State | None) -> Result:
    """The result for an order that the database did not change as it was told."""
    if state is None:
        reason = _("the database removed it instead")
    elif state.shown == result.was:
        reason = _("the database did not change it")
    else:
        reason = _("the database did not change it, it made it {status} instead")
        reason = reason.format(status=_(state.shown))
    return Result(result.order_id, Outcome.REFUSED, result.was, reason)


def _partly_done(error: DatabaseError, ids: Sequence[int], done: int, total: int) -> DatabaseError:
    others, advice = _("the others unchanged"), _("repeat the command, which is safe")
    if isinstance(error, ConnectionLostError):
        unknown = _("orders {first} to {last} are unknown")
        others = unknown.format(first=ids[0], last=ids[-1])
    elif not isinstance(error, TransientError) and error.advice:
        advice = error.advice
    what = _("{reason}: {done} of {orders} done, {others}").format(
        reason=error.what, done=grouped(done), orders=counted(total, "order"), others=others
    )
    return DatabaseError(what, advice)
