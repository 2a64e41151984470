"""Names that strangers chose and patterns that people type, and what the patterns mean."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from harness.program import Clock
from ordercli.base.moments import parse_moment
from ordercli.domain.selection import Selection
from ordercli.store.conditions import conditions
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from ordercli.store.database import Database

_PIECES = (
    "a", "A", "b", "ab", "z", "0", "_", "%", "[", "]", "[a]", "[!a]", "[^a]", "[a-z]", "!", "^",
    "-", "\\", "\\%", "!_", "'", '"', ";", " ", "@", ".", "é", "e\u0301", "É", "ß", "ss", "İ", "i",
    "ı", "ﬁ", "Ⅸ", "😀", "👩‍🚀", "𝒜", "日本", "\u00a0", "\u200b", "\u202e", "\x1b", "\t", "\n",
)  # fmt: skip
_WILDCARDS = ("*", "?", "**", "*?", "??")


def names(number: int, seed: int) -> list[str]:
    """Names of users, all different; some hold a ``*`` or a ``?`` themselves."""
    random = Random(seed)
    found: dict[str, None] = {}
    while len(found) < number:
        pieces = random.choices((*_PIECES, "*", "?"), k=random.randint(1, 6))
        found["".join(pieces)[:100]] = None
    return list(found)


def patterns(number: int, seed: int, users: list[str]) -> list[str]:
    """Patterns, all different, most of which match one of the users and some no other.

    None begins with a ``!``, which would exclude what the rest means.
    """
    random = Random(seed)
    found: dict[str, None] = {}
    while len(found) < number:
        characters = list(random.choice(users))
        for _ in range(random.randint(0, 3)):
            place = random.randrange(len(characters) + 1)
            until = min(len(characters), place + random.randint(0, 2))
            characters[place:until] = random.choice((*_WILDCARDS, *_WILDCARDS, *_PIECES))
        if random.random() < 0.3:
            characters = ["*", random.choice(_PIECES), random.choice(("*", "?", "?*"))]
        if "".join(characters).strip() and characters[0][0] != "!":
            found["".join(characters)] = None
    return list(found)


def matches(pattern: str, name: str, *, ignore_case: bool = False) -> bool:
    """Whether a name has the form of a pattern: ``*`` stands for any text, ``?`` for one character.

    Everything else, whatever it means elsewhere, stands for itself alone, or for itself in either
    case.
    """
    reached = {0}
    for character in pattern:
        if character == "*":
            reached = set(range(min(reached, default=len(name) + 1), len(name) + 1))
        else:
            cases = {character, *((character.lower(), character.upper()) if ignore_case else ())}
            reached = {
                place + 1
                for place in reached
                if place < len(name) and (character == "?" or name[place] in cases)
            }
    return len(name) in reached


def add_users(database: Database, users: list[str]) -> None:
    """Add a pending order for each user, with ids from 1 on and the user's name as its label."""
    moment = parse_moment("2026-03-01T10:00Z", Clock().now)
    row = {
        "creation_date": moment, "expiration_date": None, "percent_complete": 0,
        "files_in_error": 0, "status": "PENDING", "status_date": moment, "waiting_for_user": False,
    }  # fmt: skip
    rows = [
        {**row, "id": number, "owner": user, "label": user[:50]}
        for number, user in enumerate(users, start=1)
    ]
    with database.writing() as connection:
        connection.execute(insert(orders), rows)


def check_patterns(
    database: Database, users: list[str], wanted: list[str], *, ignore_case: bool = False
) -> int:
    """Compare what each pattern chooses with what it means, for users and for labels.

    Gives how many pairs of a pattern and a name were compared.
    """
    with database.reading() as connection:
        for pattern in wanted:
            by_user = {
                number
                for number, user in enumerate(users, start=1)
                if matches(pattern, user, ignore_case=ignore_case)
            }
            by_label = {
                number
                for number, user in enumerate(users, start=1)
                if matches(pattern, user[:50], ignore_case=ignore_case)
            }
            every = set(range(1, len(users) + 1))
            for selection, meant in (
                (Selection(users=(pattern,)), by_user),
                (Selection(labels=(pattern,)), by_label),
                (Selection(excluded_users=(pattern,)), every - by_user),
                (Selection(labels=("*",), excluded_labels=(pattern,)), every - by_label),
            ):
                chosen = replace(selection, ignore_case=ignore_case)
                found = connection.execute(select(orders.c.id).where(*conditions(chosen)))
                assert set(found.scalars()) == meant, (pattern, chosen)
    return len(users) * len(wanted)
