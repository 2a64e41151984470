"""What is said where a selection chose no order: whom else it may have meant."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.domain.columns import column_named
from ordercli.domain.selection import OrderQuery, anywhere, has_wildcards
from ordercli.store.orders import read_orders, users_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

_MOST_USERS = 3
"""Unknown users for whom the nearest name is looked up: comparing with thousands takes time."""


def why_no_order(database: Database, selection: Selection) -> str:
    """That no order matches; what would find some, and the users nearest to those who are nobody.

    A database is asked only where users or labels were named. Raises DatabaseError where it can't
    answer.
    """
    wider = _wider(database, selection) if selection.users or selection.labels else ()
    return "; ".join([_("no order matches"), *wider, *_nearest_users(database, selection)])


def _nearest_users(database: Database, selection: Selection) -> Iterator[str]:
    users = selection.exact_users[:_MOST_USERS]
    for user, like in (users_like(database, users) if users else {}).items():
        if not selection.ignore_case or user.lower() != like.lower():
            meant = _("no user '{user}', did you mean '{like}'?")
            yield meant.format(user=user, like=like)


def _wider(database: Database, selection: Selection) -> Iterator[str]:
    """The least that would make the selection find orders, if wildcards or either case would."""
    wild = selection.with_wildcards()
    if not _finds_some(database, replace(wild, ignore_case=True)):
        return
    named = _named_anywhere(selection)
    choices = {
        "-i": replace(selection, ignore_case=True),
        named: wild,
        f"-i {named}": replace(wild, ignore_case=True),
    }
    for words, choice in choices.items():
        if choice != selection and _finds_some(database, choice):
            yield _("{options} would find some").format(options=words)
            return


def _named_anywhere(selection: Selection) -> str:
    """The options that name the same with wildcards, as they are typed."""
    given = {"-u": selection.users, "--label": selection.labels}
    return " ".join(
        f"{option} {shlex.quote(anywhere(name))}"
        for option, names in given.items()
        for name in names
        if not has_wildcards(name)
    )


def _finds_some(database: Database, selection: Selection) -> bool:
    query = OrderQuery(selection, (column_named("id"),), (), 1)
    return bool(list(read_orders(database, query)))
