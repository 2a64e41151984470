"""What a change would do, and to which orders: found by looking, before anything is changed."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from ordercli.base.errors import DatabaseError, UsageError
from ordercli.base.language import _
from ordercli.base.text import counted
from ordercli.domain.change import Plan, Result, as_planned
from ordercli.domain.columns import column_named
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.status import Outcome
from ordercli.operations.undo import verdicts
from ordercli.store.order_states import chosen_states, extent_of, states_of
from ordercli.store.orders import read_orders
from ordercli.store.schema import history_is_writable, is_ours, require_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ordercli.base.values import Row
    from ordercli.domain.change import Extent
    from ordercli.domain.reversal import Reversal
    from ordercli.domain.status import Transition
    from ordercli.store.database import Database

_BATCH = 500
_FEW = 5


def make_plan(
    database: Database,
    transition: Transition,
    selection: Selection,
    *,
    direct: bool = False,
    service: bool = False,
    latest: bool = True,
    reversals: Mapping[int, Reversal] | None = None,
) -> Plan:
    """What the change would do to the chosen orders as they are now; nothing is changed.

    With ``latest`` it looks where it will be written. ``service`` tells whether a live service is
    named. ``reversals`` lead orders back, where the change takes another one back. Raises
    DatabaseError where the change can't be made: to a live service's orders without it or
    ``direct``, to orders of ours with it.
    """
    others: Counter[tuple[Outcome, str]] = Counter()
    back = reversals or {}
    with database.reading(latest=latest) as connection:
        require_tables(connection)
        ours = is_ours(connection)
        require_changeable(transition, ours=ours, direct=direct, service=service)
        recorded = history_is_writable(connection)
        if selection.ids is None:
            shown, others = _chosen(connection, transition, selection)
            ids, outcomes = sorted(shown), Counter({Outcome.CHANGED: len(shown)})
        else:
            results = _results(connection, transition, sorted(set(selection.ids)), back)
            ids = [each.order_id for each in results]
            outcomes = Counter(each.outcome for each in results)
            shown = {
                each.order_id: str(each.was) for each in results if each.outcome is Outcome.CHANGED
            }
    first = tuple(islice((each for each in ids if each in shown), _FEW))
    return Plan(ids, shown, outcomes, first, others, recorded, not ours, back)


def require_at_most(plan: Plan, most: int | None) -> None:
    """Raise UsageError where more orders would change than are allowed; None allows any number."""
    changing = len(plan.shown)
    if most is not None and changing > most:
        raise UsageError(
            _("{orders} would change, more than --max {most}").format(
                orders=counted(changing, "order"), most=most
            ),
            _("choose fewer or raise it; nothing was changed"),
        )


def foresee(database: Database, transition: Transition, plan: Plan) -> Iterator[list[Result]]:
    """How the change would end for the orders as they are now, in parts; nothing is changed."""
    for ids in batches(plan.ids, _BATCH):
        with database.reading() as connection:  # no transaction waits for whoever reads the results
            groups = states_of(connection, ids)
            results = verdicts(connection, transition, plan.reversals, ids, groups)
        yield [as_planned(each, plan) for each in results]


def first_orders(database: Database, plan: Plan, keys: Sequence[str]) -> Iterator[Row]:
    """The first few orders that would change, in the columns with these keys."""
    columns = tuple(column_named(key) for key in keys)
    query = OrderQuery(Selection(ids=tuple(plan.first)), columns, (), len(plan.first))
    return read_orders(database, query)


def extent(database: Database, plan: Plan) -> Extent:
    """How much would change."""
    with database.reading() as connection:
        return extent_of(connection, list(plan.shown))


def require_changeable(transition: Transition, *, ours: bool, direct: bool, service: bool) -> None:
    """Raise DatabaseError where nobody can make this change to these orders."""
    if direct:
        return
    if ours and (service or transition.needs_service):
        other = (
            _("take it out of the profile, or write here with --direct; nothing was changed")
            if service and not transition.needs_service
            else _("use the profile of one; nothing was changed")
        )
        named = _("'db init' made this database: no live service is behind it that could {action}")
        raise DatabaseError(named.format(action=transition.action), other)
    if not ours and not service:
        raise DatabaseError(
            _("a live service made this database, and its jobs would not {action}").format(
                action=transition.action
            ),
            _("name the service in a profile; nothing was changed")
            if transition.needs_service
            else _(
                "name the service in a profile, or --direct writes the status here all the same; "
                "nothing was changed"
            ),
        )


def batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The ids, so many at a time."""
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _chosen(
    connection: Connection, transition: Transition, selection: Selection
) -> tuple[dict[int, str], Counter[tuple[Outcome, str]]]:
    """What is ``shown`` of the orders that a filter chooses, and the ``others``, as in ``Plan``."""
    shown: dict[int, str] = {}
    others: Counter[tuple[Outcome, str]] = Counter()
    for group, number in chosen_states(connection, selection, transition.allowed_from):
        outcome = transition.outcome(group.stored)
        if outcome is Outcome.CHANGED:
            shown.update(dict.fromkeys(group.ids, group.shown))
        else:
            others[outcome, group.shown] += number
    return shown, others


def _results(
    connection: Connection,
    transition: Transition,
    chosen: Sequence[int],
    reversals: Mapping[int, Reversal],
) -> list[Result]:
    """How the change would end for each of these orders, by ascending id, missing ones included."""
    return [
        result
        for ids in batches(chosen, _BATCH)
        for result in verdicts(connection, transition, reversals, ids, states_of(connection, ids))
    ]
