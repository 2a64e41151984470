"""What is said where a selection chose no order: whom else it may have meant."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.domain.selection import anywhere
from ordercli.store.orders import finds_some, users_like

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from ordercli.domain.selection import Selection
    from ordercli.store.database import Database

_MOST_USERS = 3
"""Unknown users for whom the nearest name is looked up: comparing with thousands takes time."""


def why_no_order(database: Database, selection: Selection) -> str:
    """That no order matches, and what ``advice`` there is. Raises as that does."""
    return _("; ").join([_("no order matches"), *advice(database, selection)])


def advice(
    database: Database,
    selection: Selection,
    finds: Callable[[Connection, Selection], bool] = finds_some,
    *,
    either_case: bool = True,
) -> list[str]:
    """What would have found some, and the users nearest to those who are nobody.

    ``finds`` says whether a selection finds what was looked for; ``either_case`` whether ``-i`` may
    be advised. A database is asked only where users, labels or causes were named. Raises
    DatabaseError where it can't answer.
    """
    if not (selection.users or selection.labels or selection.causes):
        return []
    with database.reading() as connection:
        wider = _wider(partial(finds, connection), selection, either_case=either_case)
        return [*wider, *_nearest_users(connection, selection)]


def _nearest_users(connection: Connection, selection: Selection) -> Iterator[str]:
    users = selection.exact_users[:_MOST_USERS]
    for user, like in (users_like(connection, users) if users else {}).items():
        if not selection.ignore_case or user.lower() != like.lower():
            meant = _("no user '{user}', did you mean '{like}'?")
            yield meant.format(user=user, like=like)


def _wider(
    finds: Callable[[Selection], bool], selection: Selection, *, either_case: bool
) -> Iterator[str]:
    """The least that would make the selection find some, if wildcards or either case would."""
    wild = selection.with_wildcards()
    widest = replace(wild, ignore_case=True) if either_case else wild
    if widest == selection or not finds(widest):
        return
    named = _named_anywhere(selection)
    choices = {
        "-i": replace(selection, ignore_case=True) if either_case else selection,
        named: wild,
        f"-i {named}": widest,
    }
    for words, choice in choices.items():
        if choice != selection and (choice == widest or finds(choice)):
            yield _("{options} would find some").format(options=words)
            return


def _named_anywhere(selection: Selection) -> str:
    """The options that name the same with wildcards, as they are typed."""
    given = {"-u": selection.users, "--label": selection.labels, "--cause": selection.causes}
    return " ".join(
        f"{option} {shlex.quote(anywhere(name))}"
        for option, names in given.items()
        for name in names
        if anywhere(name) != name
    )
