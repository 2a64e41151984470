"""Random changes, the service's among them, against the table of transitions of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update

from harness.changes import batches_of, new_change
from harness.fill import add_order
from ordercli.base.times import now
from ordercli.domain.selection import Selection
from ordercli.domain.status import CANCEL, PAUSE, RESUME, TRANSITIONS, Outcome, Transition
from ordercli.operations.plan import make_plan
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from ordercli.domain.change import Plan
    from ordercli.store.database import Database

# The table, written down a second time from the contract.
ALLOWED = {
    "pause": {"PENDING", "RUNNING"},
    "resume": {"PAUSED"},
    "cancel": {"PENDING", "RUNNING", "PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED", "ERROR",
               "EXPIRED"},
}  # fmt: skip
ALREADY = {"pause": {"PAUSED"}, "resume": {"RUNNING"}, "cancel": {"DELETED", "REMOVED"}}
BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED"}
SHOWN = {
    "PENDING": "pending", "RUNNING": "running", "PAUSED": "pause", "DONE": "done",
    "DONE_WITH_WARNING": "warning", "FAILED": "failed", "ERROR": "failed", "EXPIRED": "expired",
    "DELETED": "removed", "REMOVED": "removed",
}  # fmt: skip
STORED = (*SHOWN, "QUARANTINED", "done", "")
LIKELY = (*STORED, *["PENDING", "RUNNING", "PAUSED"] * 3)

ORDERS = 4
MISSING = (ORDERS + 1, 2**63 - 1)
Event = tuple[int, str, str, str, str]
Planned = tuple[Transition, "Plan", frozenset[tuple[int, str]]]
"""What is to be done, to which orders, and which of them would change."""


def outcome(action: str, status: str | None) -> str:
    """How the contract says that an action ends for an order of this stored status."""
    if status is None:
        return "not found"
    if status in ALLOWED[action]:
        return "changed"
    return "already" if status in ALREADY[action] else "refused"


def displayed(status: str, waiting: bool) -> str:
    return "waiting user" if waiting else SHOWN.get(status, "unknown")


class Orders(RuleBasedStateMachine):
    """A database, and what it should hold: status and waiting of each order, and every event."""

    database: Database
    plans = Bundle("plans")

    def __init__(self) -> None:
        super().__init__()
        self.stored: dict[int, tuple[str, bool]] = {}
        self.events: list[Event] = []
        self.runs = 0
        self.filled = False

    @initialize(
        chosen=some.lists(
            some.tuples(some.sampled_from(LIKELY), some.booleans()),
            min_size=ORDERS, max_size=ORDERS,
        )
    )  # fmt: skip
    def fill(self, chosen: list[tuple[str, bool]]) -> None:
        self.stored = dict(enumerate(chosen, 1))
        self.filled = True
        with self.database.writing() as connection:
            connection.execute(delete(events))
            connection.execute(delete(orders))
            for order_id, (status, waiting) in self.stored.items():
                add_order(connection, order_id, status=status, waiting_for_user=waiting)

    @rule(
        order_id=some.integers(1, ORDERS), status=some.sampled_from(LIKELY), waiting=some.booleans()
    )
    def service(self, order_id: int, status: str, waiting: bool) -> None:
        """The service does as it likes."""
        if order_id in self.stored:
            self.stored[order_id] = (status, waiting)
            with self.database.writing() as connection:
                connection.execute(
                    update(orders)
                    .where(orders.c.id == order_id)
                    .values(status=status, waiting_for_user=waiting)
                )

    @rule(order_id=some.integers(1, ORDERS))
    def remove(self, order_id: int) -> None:
        """The service removes an order for good."""
        self.stored.pop(order_id, None)
        with self.database.writing() as connection:
            connection.execute(delete(orders).where(orders.c.id == order_id))

    @rule(
        target=plans,
        transition=some.sampled_from([PAUSE, RESUME, CANCEL]),
        ids=some.sets(some.sampled_from([*range(1, ORDERS + 1), *MISSING])),
    )
    def look(self, transition: Transition, ids: set[int]) -> Planned:
        plan = make_plan(self.database, transition, Selection(ids=tuple(ids)))
        assert list(plan.ids) == sorted(ids)
        found = [outcome(transition.action, self.status(order_id)) for order_id in plan.ids]
        assert plan.outcomes == {Outcome(each): found.count(each) for each in set(found)}
        return (
            transition,
            plan,
            frozenset(
                (order_id, displayed(*self.stored[order_id]))
                for order_id, each in zip(plan.ids, found, strict=True)
                if each == "changed"
            ),
        )

    @rule(plan=plans)
    def change(self, plan: Planned) -> None:
        """Change what was planned, whatever happened since."""
        self.carry_out(*plan)

    @rule(
        target=plans,
        transition=some.sampled_from([PAUSE, RESUME, CANCEL]),
        ids=some.sets(some.sampled_from([*range(1, ORDERS + 1), *MISSING]), min_size=1),
    )
    def look_and_change(self, transition: Transition, ids: set[int]) -> object:
        """The two together, as most runs do."""
        self.carry_out(*self.look(transition, ids))
        return multiple()

    def carry_out(
        self, transition: Transition, plan: Plan, confirmed: frozenset[tuple[int, str]]
    ) -> None:
        self.runs += 1
        action, run = transition.action, f"run {self.runs}"
        change = new_change(transition, run, now)
        batches = batches_of(self.database, change, plan)
        results = [result for batch in batches for result in batch]
        assert [each.order_id for each in results] == list(plan.ids)
        for result in results:
            status = self.status(result.order_id)
            expected = outcome(action, status)
            if expected == "changed" and (result.order_id, result.was) not in confirmed:
                assert result.outcome == "refused"  # nobody was told that it would
                continue
            assert result.outcome == expected
            if status is None:
                assert result.was is None
                continue
            waiting = self.stored[result.order_id][1]
            assert result.was == displayed(status, waiting)
            if expected == "changed":
                becomes = BECOMES[action]
                self.stored[result.order_id] = (becomes, waiting and action == "resume")
                self.events.append((result.order_id, action, status, becomes, run))

    def status(self, order_id: int) -> str | None:
        return self.stored[order_id][0] if order_id in self.stored else None

    @invariant()
    def database_is_as_it_should_be(self) -> None:
        states = select(*orders.c["id", "status", "waiting_for_user"])
        history = select(
            *events.c["order_id", "action", "from_status", "to_status", "operation"]
        ).order_by(events.c.id)
        with self.database.reading() as connection:
            found = {row.id: (row.status, row.waiting_for_user) for row in
                     connection.execute(states)}  # fmt: skip
            recorded = [tuple(row) for row in connection.execute(history)]
        if self.filled:
            assert found == self.stored
            assert recorded == self.events


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_random_changes(database: Database) -> None:
    class OrdersOfThisDatabase(Orders):
        pass

    OrdersOfThisDatabase.database = database
    run_state_machine_as_test(
        OrdersOfThisDatabase,
        settings=settings(
            max_examples=15,
            stateful_step_count=10,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # shrinking takes minutes on a server
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("transition", [PAUSE, RESUME, CANCEL], ids=lambda each: each.action)
def test_the_table(transition: Transition) -> None:
    for status in (*STORED, None):
        assert transition.outcome(status) == outcome(transition.action, status)
    assert transition.becomes == BECOMES[transition.action]


LASTS = {
    "pause": {"PAUSED"},
    "resume": {*STORED} - {"PAUSED"},  # it goes on
    "cancel": {"DELETED", "REMOVED"},
}


@pytest.mark.parametrize("transition", [PAUSE, RESUME, CANCEL], ids=lambda each: each.action)
def test_what_tells_that_an_order_was_turned_back(transition: Transition) -> None:
    lasts = LASTS[transition.action]
    for status in STORED:
        assert transition.lasts(status, waiting=False) == (status in lasts), status
        still = transition is RESUME and status in lasts  # the others clear the mark
        assert transition.lasts(status, waiting=True) == still, status


def test_what_an_order_is_shown_as_once_it_is_changed() -> None:
    assert [each.shown_after("running") for each in TRANSITIONS] == ["pause", "running", "removed"]
    waiting = [each.shown_after("waiting user") for each in TRANSITIONS]
    assert waiting == ["pause", "waiting user", "removed"]  # resuming leaves it waiting
