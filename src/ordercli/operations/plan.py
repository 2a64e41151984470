"""What a change would do, and to which orders: found by looking, before anything is changed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from ordercli.base.errors import DatabaseError
from ordercli.base.language import _
from ordercli.domain.selection import Selection
from ordercli.domain.status import Outcome, Transition, displayed
from ordercli.store.conditions import conditions
from ordercli.store.schema import history_is_writable, is_ours, require_tables
from ordercli.store.sql_functions import among
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence, Set
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Select

    from ordercli.store.database import Database

BATCH = 500
"""Orders that are looked at at once, and on a server changed at once, at most."""

_FEW = 5


@dataclass(frozen=True)
class Change:
    """One run of a command: what is done, by whom, and why; ``operation`` is the run's own id."""

    transition: Transition
    actor: str
    reason: str | None
    operation: str
    clock: Callable[[], datetime]


class Result(NamedTuple):
    """How the change ended for one order.

    ``was`` is the status displayed before; None for no order, and for one that was refused because
    it could only change after it was looked at. ``reason`` is what there is to say besides, in the
    reader's language. ``cut_short`` is true where somebody stopped the run in between.
    """

    order_id: int
    outcome: Outcome
    was: str | None = None
    reason: str | None = None
    cut_short: bool = False


@dataclass(frozen=True)
class Plan:
    """What a change would do: to which orders (ascending ids), how often with which outcome.

    ``changing`` has the ids of the orders that would change: no other is changed, whatever becomes
    of it. ``first`` has the first few of them. ``recorded`` tells whether there is a history to
    write to, ``of_service`` whether a live service made the orders.
    """

    ids: Sequence[int]
    changing: Set[int]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    first: Sequence[int] = ()
    recorded: bool = True
    of_service: bool = False


def planned(
    database: Database,
    transition: Transition,
    choice: Selection,
    *,
    direct: bool = False,
    service: bool = False,
    latest: bool = True,
) -> Plan:
    """What the change would do to the chosen orders as they are now; nothing is changed.

    With ``latest`` it looks where it will be written. ``service`` tells whether a live service is
    named. Raises DatabaseError where the change can't be made: to a live service's orders without
    it or ``direct``, to orders of ours with it.
    """
    ids: list[int] = []
    changing: set[int] = set()
    outcomes: Counter[Outcome] = Counter()
    with database.reading(latest=latest) as connection:
        require_tables(connection)
        ours = is_ours(connection)
        require_way(transition, ours=ours, direct=direct, service=service)
        for result in _present(connection, transition, choice):
            ids.append(result.order_id)
            outcomes[result.outcome] += 1
            if result.outcome is Outcome.CHANGED:
                changing.add(result.order_id)
        first = list(islice((each for each in ids if each in changing), _FEW))
        recorded = history_is_writable(connection)
        return Plan(ids, changing, outcomes, first, recorded, of_service=not ours)


def foreseen(database: Database, transition: Transition, plan: Plan) -> Iterator[Result]:
    """How the change would end for each order as it is now; nothing is changed."""
    with database.reading() as connection:
        for result in _present(connection, transition, Selection(ids=tuple(plan.ids))):
            yield as_planned(result, plan)


def require_way(transition: Transition, *, ours: bool, direct: bool, service: bool) -> None:
    """Raise DatabaseError where there is no way to make this change to these orders."""
    if direct:
        return
    if ours and (service or transition.needs_service):
        other = (
            _("take it out of the profile, or write here with --direct; nothing was changed")
            if service and not transition.needs_service
            else _("use the profile of one; nothing was changed")
        )
        named = _("'db init' made this database: there is no live service behind it to {action}")
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


def as_planned(result: Result, plan: Plan) -> Result:
    """The result; refused where the order would change now, but would not have when looked at."""
    if result.outcome is Outcome.CHANGED and result.order_id not in plan.changing:
        return Result(result.order_id, Outcome.REFUSED)
    return result


def states(where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """The ids of orders, by which they are sorted, and what decides how a change would end."""
    columns = (orders.c.id, orders.c.status, orders.c.waiting_for_user)
    return select(*columns).where(*where).order_by(orders.c.id)


def states_of(connection: Connection, ids: Sequence[int]) -> Sequence[Any]:
    """The rows of ``states`` for these ids, those that no order has left out."""
    return connection.execute(states([among(orders.c.id, ids)])).all()


def results_of(transition: Transition, batch: Sequence[int], rows: Iterable[Any]) -> list[Result]:
    """A result for each id of the batch, ascending, and also for those that no order has.

    The rows are of ``states``, for no other ids.
    """
    present = list(_results(transition, rows))
    if len(present) == len(batch):
        return present
    found = {each.order_id: each for each in present}
    return [found.get(each) or Result(each, Outcome.NOT_FOUND) for each in batch]


def batches(ids: Sequence[int], most: int | None = None) -> Iterator[Sequence[int]]:
    """The ids, so many at a time; without ``most`` as many as are looked at at once."""
    size = most or BATCH
    return (ids[start : start + size] for start in range(0, len(ids), size))


def _present(connection: Connection, transition: Transition, choice: Selection) -> Iterator[Result]:
    """How it would end for each chosen order, by ascending id; ids that nothing has included."""
    if choice.ids is None:
        wanted = states(conditions(choice))
        with connection.execute(wanted, execution_options={"yield_per": BATCH}) as found:
            for part in found.partitions():
                yield from _results(transition, part)
        return
    for batch in batches(sorted(set(choice.ids))):
        yield from results_of(transition, batch, states_of(connection, batch))


def _results(transition: Transition, rows: Iterable[Any]) -> Iterator[Result]:
    """How it would end for each row of ``states``."""
    verdicts: dict[tuple[str, bool], tuple[Outcome, str]] = {}
    for order_id, stored, waiting in rows:
        verdict = verdicts.get((stored, waiting))
        if verdict is None:
            was = displayed(stored, waiting_for_user=waiting).name
            verdict = verdicts[stored, waiting] = transition.outcome(stored), was
        yield Result(order_id, *verdict)
