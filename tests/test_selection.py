"""Which orders a choice means: exactly those, the same on both databases, and no others."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from fill import add_order
from ordercli.columns import chosen_sort, column_named
from ordercli.filters import Selection
from ordercli.query import OrderQuery, order_rows
from ordercli.status import chosen
from patterns import add_users, check_patterns, matches, names, patterns
from program import run

if TYPE_CHECKING:
    from ordercli.database import Database


def test_what_a_pattern_means() -> None:
    for pattern, name in (("*", ""), ("a*c", "abbc"), ("a*c", "ac"), ("?", "😀"), ("*b?", "abbc"),
                          ("[a]", "[a]"), ("%", "%"), ("**", "x"), ("*?", "x")):  # fmt: skip
        assert matches(pattern, name), pattern
    for pattern, name in (("a*c", "abcd"), ("?", ""), ("[a]", "a"), ("_", "a"), ("%", "ab"),
                          ("A", "a"), ("é", "e\u0301"), ("*?", "")):  # fmt: skip
        assert not matches(pattern, name), pattern


def test_pairs_of_patterns_and_names(database: Database) -> None:
    users = names(60, 1)
    add_users(database, users)
    assert check_patterns(database, users, patterns(40, 2, users)) == 2_400


def test_what_is_shown_is_what_changes(database: Database) -> None:
    users = names(40, 3)
    add_users(database, users)
    for pattern in patterns(12, 4, users):
        if pattern.startswith("-") or "\x1b" in pattern:
            continue
        words = ["-u", pattern]
        meant = [n for n, user in enumerate(users, start=1) if matches(pattern, user)]
        shown = run("pause", *words, "-n", "-q", database=database)
        assert shown.exit_code == 0
        listed = run("list", "-q", *words, "--sort", "id", database=database)
        assert listed.stdout.split() == [str(n) for n in meant], pattern
        assert run("pause", *words, "--yes", database=database).exit_code == 0
        paused = run("list", "-q", "-s", "pause", "--sort", "id", database=database)
        assert paused.stdout.split() == [str(n) for n in meant], pattern
        if meant:
            assert run("resume", *meant, database=database).exit_code == 0


@pytest.mark.parametrize("nothing", ["", " ", "\t", "\u00a0", "\u2003\n"])
def test_an_empty_value_never_means_all(database: Database, nothing: str) -> None:
    add_users(database, ["a", "b"])
    for words in (["-u", nothing], ["-u", nothing, "-s", "pending"], ["-u", "a", "-u", nothing],
                  ["--label", nothing], ["-s", nothing], ["-s", f"pending,{nothing}"],
                  ["--since", nothing], ["--until", nothing],
                  ["--expires-within", nothing]):  # fmt: skip
        for command in (["pause", "--yes"], ["cancel", "--yes"], ["list"], ["summary"]):
            result = run(*command, *words, database=database)
            assert (result.exit_code, result.stdout) == (2, ""), (command, words)
            assert result.stderr.count("\n") == 1
    for words in ([nothing], ["1", nothing], [nothing, "-u", "a"]):
        result = run("cancel", "--yes", *words, database=database)
        assert (result.exit_code, result.stdout) == (2, ""), words
    nobody = run("cancel", "--yes", "-", database=database, stdin=nothing.encode())
    assert (nobody.exit_code, nobody.stdout) == (0, "")
    assert run("list", "-q", "-s", "!pending", database=database).stdout == ""


def test_patterns_that_take_long_to_match(database: Database) -> None:
    add_users(database, ["a" * 99 + "b"])
    for pattern in ("*a" * 49 + "*c", "*" * 40_000, "?" * 40_000, "*?" * 20_000, "a" * 60_000):
        result = run("list", "-q", "-u", pattern, database=database)
        assert (result.exit_code, result.stdout) in ((0, "1\n"), (0, "")), pattern[:10]


def test_a_page_is_the_beginning_of_the_whole(database: Database) -> None:
    stored = ("PENDING", "RUNNING", "PAUSED", "DONE", "FAILED", "ERROR", "DELETED", "NEWER")
    with database.writing() as connection:
        for number in range(48):
            add_order(
                connection, number, owner=f"u{number % 5}", status=stored[number % 8],
                waiting_for_user=number % 3 == 0, files_in_error=number % 2,
                creation_date=f"2026-03-{1 + number * 7 % 10:02}T00:00:00Z",
                expiration_date=f"2026-04-{1 + number % 9:02}T00:00:00Z" if number % 4 else None,
                datasets=[("d", number % 6, number * 31 % 11, 1)] * (number % 3),
            )  # fmt: skip
    columns = tuple(column_named(key) for key in ("id", "user", "status", "expiration", "size"))
    choices = [Selection(), Selection(("u1",), chosen(["failed,pending"]), with_errors=True)]
    choices += [
        Selection(statuses=chosen([words]))
        for words in ("failed", "waiting", "pending,running,waiting", "!removed", "unknown,done",
                      "running,!running")
    ]  # fmt: skip
    sorts = map(chosen_sort, ("-creation,user", "status", "-expiration", "size"))
    with database.reading() as connection:
        for sort, choice in product(sorts, choices):
            whole = connection.execute(order_rows(OrderQuery(choice, columns, sort))).all()
            page = connection.execute(order_rows(OrderQuery(choice, columns, sort, 7)))
            assert page.all() == whole[:7], (choice, sort)
