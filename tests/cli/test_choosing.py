"""How orders are chosen: by patterns, exclusion, either case, ranges; and what is said of none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.fill import add_file, add_order
from harness.program import run
from harness.terminal import Terminal

if TYPE_CHECKING:
    from harness.site import Site
    from ordercli.store.database import Database

NAMES = ("Ada@x.org", "ada@x.org", "Éva@x.org", "bob@y.org", "!x")


@pytest.fixture
def people(database: Database) -> Database:
    """An order of each of ``NAMES``, the name as its label without what follows the @."""
    with database.writing() as connection:
        for number, name in enumerate(NAMES, 1):
            add_order(connection, number, owner=name, label=name.partition("@")[0])
    return database


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["-u", "!bob@y.org"], "1 2 3 5"),
        (["-u", "!*@x.org"], "4 5"),
        (["-u", "*@x.org", "-u", "bob*", "-u", "!?da@*"], "3 4"),
        (["-u", "ada@x.org", "-u", "!ada@x.org"], ""),
        (["-u", "?x"], "5"),
        (["--label", "!?da", "--label", "!bob"], "3 5"),
        (["-i", "-u", "ADA@X.ORG"], "1 2"),
        (["-i", "-u", "éVA*"], "3"),
        (["-i", "-u", "!ADA@*", "--label", "!ÉVA"], "4 5"),
        (["-i", "--label", "A?A"], "1 2"),
        (["-i"], "1 2 3 4 5"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_patterns_and_exclusion(people: Database, words: list[str], found: str) -> None:
    listed = run("list", "-q", "--sort", "id", *words, database=people)
    assert (listed.exit_code, listed.stdout.split()) == (0, found.split())


def test_either_case_alone_chooses_nothing_to_change(people: Database) -> None:
    result = run("pause", "-i", "--yes", database=people)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ordercli: no orders are named; ")


def test_what_would_have_found_some(people: Database) -> None:
    none = "ordercli: no order matches"
    meant_bob = "no user 'bob', did you mean 'bob@y.org'?"
    for words, said in (
        (["-u", "éva@x.org"], f"{none}; -i would find some; "
         "no user 'éva@x.org', did you mean 'Éva@x.org'?"),
        (["-u", "eve"], none),
        (["-u", "bob", "-u", "y"], f"{none}; -u '*bob*' -u '*y*' would find some; {meant_bob}"),
        (["-u", "BOB"], f"{none}; -i -u '*BOB*' would find some; "
         "no user 'BOB', did you mean 'bob@y.org'?"),
        (["--label", "o*"], none),
        (["--label", "o'"], none),
        (["--label", "a", "-s", "pending"], f"{none}; --label '*a*' would find some"),
        (["--label", "a", "-s", "done"], none),
        (["-u", "*", "-s", "done"], none),
    ):  # fmt: skip
        for command in (["list"], ["stats"], ["pause", "--yes"], ["wait"]):
            result = run(*command, *words, database=people)
            assert (result.exit_code, result.stderr) == (0, f"{said}\n"), words
        for reporting in ("metrics", "summary"):  # nothing is an answer too: cron gets advice alone
            result = run(reporting, *words, database=people)
            assert (result.exit_code, result.stderr) == (0, f"{said}\n" if said != none else "")


@pytest.mark.parametrize("command", ["metrics", "summary"])
def test_a_person_is_told_that_nothing_is_the_answer(
    command: str, sqlite_database: Database
) -> None:
    with Terminal([command, "-u", "eve"], database=sqlite_database) as terminal:
        assert terminal.exit_code() == 0
    assert terminal.screen()[-1] == "ordercli: no order matches"


def test_what_would_have_found_failures_and_changes(people: Database) -> None:
    with people.writing() as connection:
        add_order(connection, 8, owner="bob@y.org", label="failed")
        add_file(connection, 8, "Storage n7 is away")
    assert run("pause", 8, database=people).exit_code == 0
    failed, changed = "ordercli: no file failed", "ordercli: no change matches"
    meant_bob = "no user 'bob', did you mean 'bob@y.org'?"
    for words, said in (
        (["errors", "-u", "bob"], f"{failed}; -u '*bob*' would find some; {meant_bob}"),
        (["errors", "--cause", "storage*"], f"{failed}; -i would find some"),
        (["errors", "--cause", "away", "-s", "pause"],
         f"{failed}; --cause '*away*' would find some"),
        (["errors", "--cause", "(none)"], failed),
        (["errors", "--cause", "away", "-s", "done"], failed),
        (["errors", "-u", "Éva*"], failed),
        (["list", "--cause", "STORAGE"],
         "ordercli: no order matches; -i --cause '*STORAGE*' would find some"),
        (["history", "-u", "bob"], f"{changed}; -u '*bob*' would find some; {meant_bob}"),
        (["history", "-u", "bob", "--action", "cancel"], f"{changed}; {meant_bob}"),
        (["history", "-u", "BOB*"], changed),
        (["history", "--actor", "nobody"], changed),
    ):  # fmt: skip
        result = run(*words, database=people)
        assert (result.exit_code, result.stderr) == (0, f"{said}\n"), words


def test_an_exit_code_for_alerts(people: Database) -> None:
    for words, code in (
        (["-q"], 4), (["-u", "bob*", "-f", "json"], 4), (["--limit", "0"], 4),
        (["-s", "failed", "-q"], 0), (["-s", "failed", "--limit", "0"], 0),
    ):  # fmt: skip
        plain = run("list", *words, database=people)
        asked = run("list", *words, "--exit-code", database=people)
        assert (plain.exit_code, asked.exit_code) == (0, code), words
        assert (asked.stdout, asked.stderr) == (plain.stdout, plain.stderr)
    wrong = run("list", "--exit-code", "-u", "", database=people)
    assert (wrong.exit_code, wrong.stdout) == (2, "")


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_what_only_a_service_does_is_chosen_too(site: Site) -> None:
    with site.database.writing() as connection:
        for number, status in enumerate(("FAILED", "DONE_WITH_WARNING", "FAILED", "DELETED"), 1):
            add_order(connection, number, owner=f"u{number}@x.org", status=status)
    for command in ("retry", "remove"):
        for words in ([], ["-i"], [1, "-u", "u1@x.org"]):
            assert site.run(command, *words, "--yes").exit_code == 2, (command, words)
        unasked = site.run(command, "-u", "u*", stdin="")
        assert (unasked.exit_code, unasked.stdout) == (2, "")
    retried = site.run("retry", "-s", "failed,warning", "-u", "!u3*", "--yes")
    assert retried.stdout == "1 retried (was failed)\n2 retried (was warning)\n"
    removed = site.run("remove", "-i", "-u", "U4@X.ORG", "--created", "..today", "--yes")
    assert removed.stdout == "4 removed for good (was removed)\n"
    assert [site.status(number) for number in (3, 4)] == ["FAILED", None]
