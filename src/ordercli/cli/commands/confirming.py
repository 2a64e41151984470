"""Asking a person about the orders that would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError
from ordercli.base.language import _, plural
from ordercli.base.text import counted, grouped
from ordercli.domain.status import Outcome
from ordercli.output.formatting import human
from ordercli.output.messages import note
from ordercli.output.prompts import answered_with, answered_yes, can_ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.domain.status import Transition
    from ordercli.operations.plan import Plan
    from ordercli.output.console import Console
    from ordercli.store.database import Database


def confirm(console: Console, database: Database, plan: Plan, transition: Transition) -> None:
    """Ask a person about the orders that would change; raises UsageError unless the answer is yes.

    No transaction is open meanwhile.
    """
    changing = plan.outcomes[Outcome.CHANGED]
    number = counted(changing, "order")
    if not can_ask(console):
        raise UsageError(
            _("{action} needs a confirmation for {orders}, and there is no one to ask").format(
                action=transition.action, orders=number
            ),
            _("add --yes, or -n to look first; nothing was changed"),
        )
    for line in _first_orders(database, plan, transition):
        note(console, line)
    question = _(transition.question).format(orders=number)
    if transition.typed:
        agreed = answered_with(console, question, f"{transition.action} {changing}")
    else:
        agreed = answered_yes(console, question)
    if not agreed:
        raise UsageError(_("not confirmed"), _("nothing was changed"))


def _first_orders(database: Database, plan: Plan, transition: Transition) -> Iterator[str]:
    """The first few orders that would change, and how many others there are."""
    from ordercli.domain.columns import column_named
    from ordercli.domain.selection import OrderQuery, Selection
    from ordercli.store.orders import read_orders

    columns = tuple(column_named(key) for key in ("id", "status", "user", "label"))
    query = OrderQuery(Selection(ids=tuple(plan.first)), columns, (), len(plan.first))
    for row in read_orders(database, query):
        yield "  ".join(["", *(human(each.kind, row[each.key]) for each in columns)])
    more = plan.outcomes[Outcome.CHANGED] - len(plan.first)
    if more > 0:
        yield "  " + plural("and {number} more", "and {number} more", more).format(
            number=grouped(more)
        )
    for number, message in _besides(plan):
        past = plural(transition.past, transition.past, number)
        yield "  " + message.format(number=grouped(number), past=past)


def _besides(plan: Plan) -> Iterator[tuple[int, str]]:
    """How many orders would not change, and what is to be said of them."""
    if already := plan.outcomes[Outcome.ALREADY]:
        yield already, _("besides, {number} already {past}")
    if refused := plan.outcomes[Outcome.REFUSED]:
        yield (
            refused,
            plural(
                "besides, {number} can't be {past} as they are",
                "besides, {number} can't be {past} as they are",
                refused,
            ),
        )
    if missing := plan.outcomes[Outcome.NOT_FOUND]:
        yield missing, plural("besides, {number} not found", "besides, {number} not found", missing)
