"""Which orders a choice means: exactly those, the same on both databases, and no others."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.patterns import add_users, check_patterns, matches, names, patterns
from harness.program import Clock, run
from ordercli.base.errors import UsageError
from ordercli.domain.columns import RANGE_COLUMNS, chosen_sort, column_named
from ordercli.domain.ranges import parse_range
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.status import chosen, named
from ordercli.store.order_query import order_rows
from ordercli.store.orders import count, read_orders, statuses_of

if TYPE_CHECKING:
    from ordercli.base.values import Value
    from ordercli.store.database import Database


def within(name: str, text: str) -> Selection:
    """The orders with a value in a range of a column."""
    return Selection(ranges=(parse_range(RANGE_COLUMNS[name], text, Clock().now),))


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
    others = [each.swapcase() for each in patterns(40, 5, users)]
    assert check_patterns(database, users, others, ignore_case=True) == 2_400


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
                  ["--label", nothing], ["-u", f"!{nothing}"], ["--size", nothing],
                  ["-s", nothing], ["-s", f"pending,{nothing}"], ["--since", nothing],
                  ["--until", nothing], ["--expires-within", nothing]):  # fmt: skip
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
        for words in (["-u", pattern], ["-i", "-u", pattern]):
            result = run("list", "-q", *words, database=database)
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
    choices = [
        Selection(),
        replace(within("errors", "1.."), users=("u1",), statuses=chosen(["failed,pending"])),
    ]
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


def test_a_page_of_a_pattern_is_the_beginning_of_the_whole(database: Database) -> None:
    in_the_middle = {number: f"b{number}" for number in (499, 500, 501)}
    owners = {1: "c", 998: "e", 999: "e", 1000: "c", **in_the_middle}
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    with database.writing() as connection:
        for number in range(1, 1001):
            add_order(
                connection, number, owner=owners.get(number, f"a{number % 3}"),
                creation_date=moment + timedelta(minutes=number), files_in_error=number % 7,
            )  # fmt: skip
    columns = (column_named("id"),)
    sorts = ("-creation", "creation,user", "id", "-id,label", "user,creation", "-errors")
    for sort, user in product(sorts, ("a*", "?1", "b*", "c*", "d*", "e*", "a1")):
        query = OrderQuery(Selection((user,)), columns, chosen_sort(sort))
        page = list(read_orders(database, replace(query, limit=2)))
        assert page == list(read_orders(database, query))[:2], (sort, user)


def test_where_a_choice_begins_and_ends(database: Database) -> None:
    clock = Clock()
    with database.writing() as connection:
        for number in range(1, 5):
            add_order(
                connection, number, owner=f"u{number}", files_in_error=number - 1,
                creation_date=f"2026-03-01T00:00:0{number}Z", waiting_for_user=number == 4,
                expiration_date=clock.now + timedelta(seconds=number - 2),
            )  # fmt: skip

    def chosen_ids(selection: Selection) -> list[Value]:
        query = OrderQuery(selection, (column_named("id"),), chosen_sort("id"))
        return [row["id"] for row in read_orders(database, query)]

    later = within("created", "2026-03-01T00:00:02Z..")
    assert chosen_ids(later) == [2, 3, 4]
    assert chosen_ids(within("created", "..2026-03-01T00:00:02Z")) == [1]
    assert chosen_ids(within("expires", "now..")) == [2, 3, 4]
    assert chosen_ids(within("expires", "..now")) == [1]
    assert chosen_ids(within("errors", "1..")) == [2, 3, 4]
    assert chosen_ids(Selection(users=("u1",))) == [1]
    assert chosen_ids(Selection(users=("u1", "u3"))) == [1, 3]
    assert chosen_ids(Selection(users=("u1", "u3", "?4"))) == [1, 3, 4]
    assert (count(database, Selection()), count(database, later)) == (4, 3)
    assert statuses_of(database, (1, 4, 9)) == {1: named("pending"), 4: named("waiting user")}


def test_statuses_are_named_as_people_write_them() -> None:
    for written in ("done with warning", "DONE-WITH-WARNING", "done_with_warning", " warning "):
        assert named(written).name == "warning"
    for written in ("en attente de l'utilisateur", "en attente de l\u2019utilisateur"):
        assert named(written).name == "waiting user", written
    with pytest.raises(UsageError, match="no status 'cancelld'; did you mean 'cancelled'") as told:
        named("cancelld")
    assert "known: waiting user, done, pending" in str(told.value)
    assert "cancelled" not in str(told.value).partition("known:")[2]


PAGE_WORDS = {
    "waiting user": ("Waiting user download", "Attente téléchargement utilisateur"),
    "done": ("Done", "Terminée"),
    "pending": ("Pending", "En attente"),
    "running": ("Running", "En cours"),
    "pause": ("Paused", "En pause"),
    "expired": ("Expired", "Expirée"),
    "failed": ("Failed", "Echec"),
    "warning": ("Done with warning", "Terminée avec warning"),
    "removed": ("Deleted", "Supprimée"),
    "unknown": ("Unknown", "Inconnu"),
}


def test_statuses_are_named_in_the_words_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in ("C", "fr_FR.UTF-8"):
        monkeypatch.setenv("LC_ALL", language)
        for name, words in PAGE_WORDS.items():
            for word in words:
                plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()
                for written in (word, word.upper(), plain, plain.replace(" ", "-")):
                    assert named(written).name == name, written


def test_groups_of_statuses() -> None:
    active = {"pending", "running", "pause", "waiting user"}
    assert {status.name for status in chosen(["active"])} == active
    assert chosen(["Ended"]) == chosen(["!active"]) == chosen([]) - chosen(["active"])
    assert chosen(["active,!pause", "failed"]) == chosen(["pending,running,waiting,failed"])


STORED = ("PENDING", "RUNNING", "DONE", "FAILED", "NEWER")


@pytest.fixture
def stored_orders(database: Database) -> Database:
    """An order of each of ``STORED`` that waits for its user (1 to 5), and one that does not."""
    with database.writing() as connection:
        for number in range(10):
            add_order(connection, number + 1, status=STORED[number % 5],
                      waiting_for_user=number < 5)  # fmt: skip
    return database


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--waiting"], [1, 2, 3, 4, 5]),
        (["--no-waiting"], [6, 7, 8, 9, 10]),
        (["--waiting", "-s", "running"], [2]),
        (["--no-waiting", "-s", "running,done"], [7, 8]),
        (["--waiting", "-s", "!running"], [1, 3, 4, 5]),
        (["--waiting", "-s", "unknown,done"], [3, 5]),
        (["--waiting", "-s", "waiting"], [1, 2, 3, 4, 5]),
        (["--no-waiting", "-s", "waiting"], []),
        (["-s", "running"], [7]),
        (["-s", "!running"], [1, 2, 3, 4, 5, 6, 8, 9, 10]),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_waiting_goes_with_the_stored_status(
    stored_orders: Database, words: list[str], found: list[int]
) -> None:
    for limit in (["--all"], ["--limit", "20"]):
        listed = run("list", "-q", *words, *limit, "--sort", "id", database=stored_orders)
        assert [int(each) for each in listed.stdout.split()] == found
        assert listed.stderr == ""


def test_no_waiting_alone_is_a_choice(stored_orders: Database) -> None:
    changed = run("pause", "--no-waiting", "--yes", "-f", "json", database=stored_orders)
    assert {each["id"] for each in json.loads(changed.stdout) if each["outcome"] == "changed"} == {
        6, 7,
    }  # fmt: skip


def test_each_label_that_is_named(database: Database) -> None:
    with database.writing() as connection:
        for number, label in enumerate(("Iasi", "Sentinel", "MicroCarb", "x"), 1):
            add_order(connection, number, label=label)
    words = ("--label", "I*", "--label", "S*", "--label", "x")
    found = run("list", "-q", *words, "--sort", "id", database=database)
    assert found.stdout.split() == ["1", "2", "4"]


@pytest.mark.parametrize("value", ["2", "'yes'", "'1'", "-1", "x'31'", "0", "1.0", "'true'"])
def test_what_is_shown_is_what_is_found(sqlite_database: Database, value: str) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
        connection.exec_driver_sql(f"UPDATE t_order SET waiting_for_user = {value}")
    shown = run("list", "--columns", "status", "--no-header", database=sqlite_database)
    status = shown.stdout.strip()
    waiting = status == "waiting user"
    for limit in (["--all"], ["--limit", "5"]):
        for words, found in (
            (["-s", status], True), (["-s", f"!{status}"], False),
            (["-s", "running"], not waiting), (["--waiting"], waiting),
            (["--no-waiting", "-s", "running"], not waiting),
        ):  # fmt: skip
            listed = run("list", "-q", *words, *limit, database=sqlite_database)
            assert listed.stdout == ("1\n" if found else ""), (words, limit, status)
    waited = run("wait", "1", "--for", status, "--timeout", "0s", database=sqlite_database)
    assert (waited.exit_code, waited.stdout) == (0, f"1 {status}\n")


def test_a_negative_id_is_an_id(database: Database) -> None:
    ids = (-(2**63), -5, 0, 7, 2**63 - 1)
    with database.writing() as connection:
        for order_id in ids:
            add_order(connection, order_id, status="RUNNING", datasets=[("d", 1, 10, 1)])
    listed = run("list", "-q", database=database).stdout
    assert sorted(map(int, listed.split())) == list(ids)
    paused = run("pause", "-", database=database, stdin=listed.encode())
    assert (paused.exit_code, paused.stderr) == (0, "")
    for order_id in ids:
        shown = run("show", "-f", "json", "--", order_id, database=database)
        assert json.loads(shown.stdout)["status"] == "pause"
    assert run("cancel", "--yes", "--", -5, database=database).exit_code == 0
    waited = run("wait", "--for", "removed", "--timeout", "0s", "--", -5, database=database)
    assert waited.stdout == "-5 removed\n"
    for text in (-(2**63) - 1, 2**63, "--5", "-1x"):
        assert run("show", "--", text, database=database).exit_code == 2, text


def test_each_number_and_moment_has_its_range(page: Database) -> None:
    """Every one of the registry, where only order 13 has a value of its own."""
    with page.writing() as connection:
        add_order(
            connection, 13, percent_complete=77, creation_date="2031-05-02T10:00Z",
            expiration_date="2031-06-03T10:00Z", status_date="2031-07-04T10:00Z",
            files_in_error=7, datasets=[("a", 2**31 - 1, 2**63 - 1, 5), ("b", 2, 2**63 - 1, None)],
        )  # fmt: skip
    ranges = {
        "progress": ("77", "78.."), "created": ("2031-05-02", "2031-05-03.."),
        "expires": ("2031-06", "2031-07.."), "changed": ("2031-07-04", "2031-07-05.."),
        "errors": ("7", "9223372036854775807"), "files": ("2147483649", "2147483650.."),
        "objects": ("5..6", "6.."), "size": (f"{2**63 - 1}..", f"1..{2**63 - 1}"),
    }  # fmt: skip
    assert ranges.keys() == RANGE_COLUMNS.keys()
    for name, (its_own, beyond) in ranges.items():
        for text, found in ((its_own, "13\n"), (beyond, "")):
            for limit in ("--all", "--limit=3"):
                listed = run("list", "-q", f"--{name}", text, limit, database=page)
                assert (listed.exit_code, listed.stdout) == (0, found), (name, text)
    both = run("list", "-q", "--files", "..9", "--size", "0", "-s", "done,failed", "--sort", "id",
               database=page)  # fmt: skip
    assert both.stdout.split() == ["4", "6", "7"]
    assert run("list", "-q", "--objects", "..5", "--size", "1..", database=page).stdout == "13\n"


def test_what_expires_is_still_there(database: Database, clock: Clock) -> None:
    with database.writing() as connection:
        for number, status in enumerate(("DONE", "EXPIRED", "DELETED", "FAILED", "NEWER"), 1):
            add_order(connection, number, status=status,
                      expiration_date=clock.now + timedelta(hours=1))  # fmt: skip
    words = ("list", "-q", "--expires-within", "2h", "--sort", "id")
    assert run(*words, database=database).stdout.split() == ["1", "4", "5"]
    assert run(*words, "-s", "expired", database=database).stdout == ""
