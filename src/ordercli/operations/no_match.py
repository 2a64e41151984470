"""What is said where a selection chose no order: whom else it may have meant."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.domain.selection import anywhere, has_wildcards
from ordercli.store.orders import finds_some, users_like

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

_MOST_USERS = 3
"""Unknown users for whom the nearest name is looked up: comparing with thousands takes time."""


def why_no_order(database: Database, selection: Selection) -> str:
    """That no order matches; what would find some, and the users nearest to those who are nobody.

    A database is asked only where users or labels were named. Raises DatabaseError where it can't
    answer.
    """
    told = [_("no order matches")]
    if selection.users or selection.labels:
        with database.reading() as connection:
            told += _wider(connection, selection)
            told += _nearest_users(connection, selection)
    return _("; ").join(told)


def _nearest_users(connection: Connection, selection: Selection) -> Iterator[str]:
    users = selection.exact_users[:_MOST_USERS]
    for user, like in (users_like(connection, users) if users else {}).items():
        if not selection.ignore_case or user.lower() != like.lower():
            meant = _("no user '{user}', did you mean '{like}'?")
            yield meant.format(user=user, like=like)


def _wider(connection: Connection, selection: Selection) -> Iterator[str]:
    """The least that would make the selection find orders, if wildcards or either case would."""
    wild = selection.with_wildcards()
    if not finds_some(connection, replace(wild, ignore_case=True)):
        return
    named = _named_anywhere(selection)
    choices = {
        "-i": replace(selection, ignore_case=True),
        named: wild,
        f"-i {named}": replace(wild, ignore_case=True),
    }
    for words, choice in choices.items():
        if choice != selection and finds_some(connection, choice):
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
