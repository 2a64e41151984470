"""The question before a change: which orders it would change, and whether it may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError
from ordercli.base.language import _, plural
from ordercli.base.text import counted, grouped
from ordercli.domain.columns import column_named
from ordercli.domain.status import Outcome
from ordercli.output.change_messages import others_line
from ordercli.output.formatting import human, human_size
from ordercli.output.messages import folded, note
from ordercli.output.prompts import answered_with, answered_yes, can_ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ordercli.base.values import Row
    from ordercli.domain.change import Extent, Plan
    from ordercli.domain.status import Transition
    from ordercli.output.console import Console

_UNLIMITED = 1_000_000

ORDER_KEYS = ("id", "status", "user", "label")
"""What the question shows of an order."""


def require_person(console: Console, plan: Plan, transition: Transition) -> None:
    """Raise UsageError where there is no one to ask."""
    if not can_ask(console):
        number = counted(plan.outcomes[Outcome.CHANGED], "order")
        raise UsageError(
            _("{action} needs a confirmation for {orders}, and there is no one to ask").format(
                action=transition.action, orders=number
            ),
            _("add --yes, or -n to look first; nothing was changed"),
        )


def confirm(
    console: Console,
    plan: Plan,
    transition: Transition,
    extent: Extent,
    place: str,
    first: Iterable[Row],
) -> None:
    """Ask a person about the orders that would change; raises UsageError unless the answer is yes.

    ``extent`` says how much they are, ``place`` where, and ``first`` has the first few of them.
    """
    for line in question_lines(plan, transition, extent, place, first, console):
        note(console, line)
    question = question_of(plan, transition)
    if transition.typed:
        agreed = answered_with(console, question, words_to_type(plan, transition))
    else:
        agreed = answered_yes(console, question)
    if not agreed:
        raise UsageError(_("not confirmed"), _("nothing was changed"))


def question_lines(
    plan: Plan,
    transition: Transition,
    extent: Extent,
    place: str,
    first: Iterable[Row],
    console: Console,
) -> Iterator[str]:
    """What is told above the question: how much would change and where, and the first few orders.

    The orders' own texts are safe to show. The lines fit the window in which the question is asked.
    """
    window = console.question_width
    yield from folded(_extent_line(extent, place), window)
    yield from _aligned(first, console)
    for line in _other_lines(plan, transition):
        yield from folded(line, window, "  ")


def question_of(plan: Plan, transition: Transition) -> str:
    """The question itself."""
    return _(transition.question).format(orders=counted(plan.outcomes[Outcome.CHANGED], "order"))


def words_to_type(plan: Plan, transition: Transition) -> str:
    """The words that stand for yes where a letter is not answer enough."""
    return f"{transition.action} {plan.outcomes[Outcome.CHANGED]}"


def _other_lines(plan: Plan, transition: Transition) -> Iterator[str]:
    """How many orders there are besides the first few, and which of them would not change."""
    more = plan.outcomes[Outcome.CHANGED] - len(plan.first)
    if more > 0:
        yield plural("and {number} more", "and {number} more", more).format(number=grouped(more))
    for number, message in _others(plan):
        past = plural(transition.past, transition.past, number)
        yield message.format(number=grouped(number), past=past)
    if plan.others:
        yield others_line(plan, transition)


def _extent_line(extent: Extent, place: str) -> str:
    return _("{orders} of {users}, {size}, in {place}:").format(
        orders=counted(extent.orders, "order"), users=counted(extent.users, "user"),
        size=human_size(extent.size), place=place,
    )  # fmt: skip


def _aligned(rows: Iterable[Row], console: Console) -> Iterator[str]:
    """A line for each order, one column below the other, numbers to the right.

    Where they do not fit the window, labels are cut in their middle and users before the domain.
    """
    from rich.cells import cell_len, set_cell_size  # noqa: PLC0415 - only where there is a question
    from rich.text import Text  # noqa: PLC0415 - as above

    from ordercli.output.cells import short_user, shortened  # noqa: PLC0415 - as above

    columns = tuple(column_named(key) for key in ORDER_KEYS)
    lines = [[human(each.kind, row[each.key]) for each in columns] for row in rows]
    widths = {
        key: max(map(cell_len, cells))
        for key, cells in zip(ORDER_KEYS, zip(*lines, strict=True), strict=False)
    }
    names = max((cell_len(short_user(line[ORDER_KEYS.index("user")])) for line in lines), default=0)
    room = (console.question_width or _UNLIMITED) - 2 * len(ORDER_KEYS)
    for key, fewest in (("label", 24), ("user", names), ("label", 8), ("user", 8)):
        over = max(sum(widths.values()) - room, 0)
        widths[key] = max(widths[key] - over, min(fewest, widths[key]))
    for line in lines:
        cells = []
        for cell, column in zip(line, columns, strict=True):
            width = widths[column.key]
            cut = shortened(column.key, Text(cell), width, console).plain
            cells.append(cut.rjust(width) if column.kind.numeric else set_cell_size(cut, width))
        yield "  ".join(["", *cells]).rstrip()


def _others(plan: Plan) -> Iterator[tuple[int, str]]:
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
