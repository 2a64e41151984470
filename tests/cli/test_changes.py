"""Changing orders: which are chosen, how each ends, what is written and what is not."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from harness.changes import operation_of
from harness.contention import fill
from harness.fill import add_order
from harness.program import command, environment, run, run_process
from harness.stored import recorded, rows, set_status, statuses
from harness.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from harness.program import Clock
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


CHANGED = {
    "pause": {1: "pending", 2: "running", 12: "waiting user"},
    "resume": {3: "pause"},
    "cancel": {1: "pending", 2: "running", 3: "pause", 4: "done", 5: "warning", 6: "failed",
               7: "failed", 8: "expired", 12: "waiting user"},
}  # fmt: skip
ALREADY = {"pause": [3], "resume": [2, 12], "cancel": [9, 10]}
BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED"}
PAST = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}
SHOWN = ("pending", "running", "pause", "done", "warning", "failed", "failed", "expired",
         "removed", "removed", "unknown", "waiting user")  # fmt: skip


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_every_action_on_every_status(page: Database, action: str) -> None:
    before = rows(page)
    changed, already = CHANGED[action], ALREADY[action]
    refused = [number for number in range(1, 13) if number not in (*changed, *already)]
    result = run(action, *range(12, 0, -1), 99, "--yes", "-m", "disk full", database=page,
                 env={"ORDERCLI_ACTOR": "jane"})  # fmt: skip
    assert result.exit_code == 3
    said = {number: f"{number} {PAST[action]} (was {was})" for number, was in changed.items()}
    said |= {number: f"{number} already {PAST[action]}" for number in already}
    assert result.stdout.splitlines() == [said[number] for number in sorted(said)]
    assert result.stderr.splitlines() == [
        *(f"ordercli: order {number} is {SHOWN[number - 1]}, it can't be {PAST[action]}"
          for number in refused),
        "ordercli: no order 99",
    ]  # fmt: skip
    now = "2026-03-10 12:00:00"
    expected = {
        number: row
        | ({"status": BECOMES[action], "status_date": now} if number in changed else {})
        | ({"waiting_for_user": False} if number in changed and action != "resume" else {})
        for number, row in before.items()
    }
    assert rows(page) == expected
    assert recorded(page) == [
        (number, action, before[number]["status"], BECOMES[action], now, "jane", "disk full")
        for number in sorted(changed)
    ]


def test_resume_leaves_what_waits_for_its_user(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1, status="PAUSED", waiting_for_user=True)
    assert run("resume", 1, database=database).exit_code == 0
    row = rows(database)[1]
    assert (row["status"], row["waiting_for_user"]) == ("RUNNING", True)


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_twice_does_no_harm(page: Database, clock: Clock, action: str) -> None:
    chosen = list(CHANGED[action])
    assert run(action, *chosen, "--yes", database=page).exit_code == 0
    after, history = rows(page), recorded(page)
    clock.advance(hours=1)
    again = run(action, *chosen, "--yes", database=page)
    assert (again.exit_code, again.stderr) == (0, "")
    lines = [f"{order_id} already {PAST[action]}" for order_id in sorted(chosen)]
    assert again.stdout.splitlines() == lines
    assert (rows(page), recorded(page)) == (after, history)


def test_an_order_named_twice_is_changed_once(page: Database) -> None:
    result = run("pause", 1, "001", 1, database=page)
    assert (result.exit_code, result.stdout) == (0, "1 paused (was pending)\n")
    assert len(recorded(page)) == 1


def test_ids_are_exact(database: Database) -> None:
    with database.writing() as connection:
        for order_id in (1, 12, 2**63 - 1):
            add_order(connection, order_id)
    assert run("pause", 1, 2**63 - 1, database=database).exit_code == 0
    assert statuses(database) == {1: "PAUSED", 12: "PENDING", 2**63 - 1: "PAUSED"}


WRONG_IDS = ("x", "1x", "--1", "1.0", "1,2", "1*", "*", "all", "9223372036854775808", "\u0661",
             "0x1", "1_000", "9" * 5000)  # fmt: skip


def test_a_word_that_is_no_id_is_an_error_before_anything_changes(page: Database) -> None:
    before = rows(page)
    for word in WRONG_IDS:
        for result in (
            run("pause", "1", "--", word, database=page),
            run("pause", "-", database=page, stdin=f"1\n{word} 2\n"),
        ):
            assert (result.exit_code, result.stdout) == (2, ""), word[:20]
            assert result.stderr.count("\n") == 1
    result = run("pause", "-", database=page, stdin=b"1\n\xff\n")
    assert (result.exit_code, result.stdout) == (2, "")
    assert rows(page) == before
    assert recorded(page) == []


def test_ids_from_standard_input(page: Database) -> None:
    stdin = "# to be paused\n\n  1 2\t# both of x1\r\n#3\n12#waiting\n\n"
    result = run("pause", "-", database=page, stdin=stdin)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["1", "2", "12"]
    assert len(recorded(page)) == 3


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_empty_standard_input_changes_nothing(page: Database, action: str) -> None:
    before = rows(page)
    for stdin in ("", "\n \n", "# none\n"):
        result = run(action, "-", "--yes", database=page, stdin=stdin)
        assert (result.exit_code, result.stdout) == (0, "")
        assert result.stderr == "ordercli: no ids given\n"
        quiet = run(action, "-", "--yes", "-q", database=page, stdin=stdin)
        assert (quiet.exit_code, quiet.stdout, quiet.stderr) == (0, "", "")
    assert run(action, "-", "--yes", "-f", "json", database=page, stdin="").stdout == "[]\n"
    assert rows(page) == before
    assert recorded(page) == []


def test_a_list_piped_into_a_change(page: Database) -> None:
    def piped(user: str, *options: str) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a pipe between two programs."""
        listing = shlex.join(command("list", "-q", "-u", user))
        changing = shlex.join(command("pause", "-", *options))
        finished = subprocess.run(
            ["sh", "-c", f"{listing} | {changing}"],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=environment(page),
        )
        return finished.returncode, finished.stdout, finished.stderr

    code, stdout, stderr = piped("x*")
    assert (code, stderr) == (0, "")
    assert sorted(stdout.splitlines()) == [
        "1 paused (was pending)",
        "2 paused (was running)",
        "3 already paused",
    ]
    after = rows(page)
    code, stdout, stderr = piped("nobody*")
    assert (code, stdout) == (0, "")
    assert "ordercli: no ids given\n" in stderr
    assert rows(page) == after


MEANS_NOTHING: tuple[list[str], ...] = (
    [], [""], [" "], ["1", ""], ["-u", ""], ["-u", " "], ["-u", "x1@cnes.fr", "-u", ""],
    ["-s", ""], ["-s", ","], ["-s", "running,"], ["-s", "nonsense"], ["--label", ""],
    ["--since", ""], ["--until", "soon"], ["--expires-within", ""], ["1", "-u", "x1@cnes.fr"],
    ["-", "-u", "x1@cnes.fr"], ["-", "1"], ["1", "--with-errors"], ["-f", "yaml", "1"],
    ["--max", "-1", "1"], ["--no-such-option", "1"],
)  # fmt: skip


def test_nothing_ever_means_all(page: Database) -> None:
    before = rows(page)
    for words in MEANS_NOTHING:
        for action in ("pause", "cancel"):
            result = run(action, "--yes", *words, database=page, stdin="1\n")
            assert (result.exit_code, result.stdout) == (2, ""), words
            assert result.stderr.startswith("ordercli: "), words
            assert result.stderr.count("\n") == 1, words
    assert rows(page) == before
    assert recorded(page) == []


CHOSEN_BY_FILTERS: tuple[tuple[list[str], list[int]], ...] = (
    (["-u", "x1@cnes.fr"], [1, 2]),
    (["-u", "x?@*", "-s", "running"], [2]),
    (["-s", "pending,waiting"], [1, 12]),
    (["-s", "!running", "-s", "!pending"], [12]),
    (["--label", "order 2"], [2]),
    (["--since", "2026-03-01T10:00Z", "--until", "2026-03-01T10:01Z"], [1, 2, 12]),
    (["--until", "2026-03-01T10:00Z"], []),
    (["--with-errors"], []),
    (["--expires-within", "1h"], []),
    (["-u", "*"], [1, 2, 12]),
)
"""Filters, and the orders that a pause then changes."""


def test_filters_choose_as_in_a_list(page: Database) -> None:
    for filters, paused in CHOSEN_BY_FILTERS:
        listing = run("list", "-q", *filters, database=page)
        listed = sorted(int(word) for word in listing.stdout.split())
        result = run("pause", *filters, "-n", "-f", "json", database=page)
        found = {each["id"]: each["outcome"] for each in json.loads(result.stdout)}
        assert found == dict.fromkeys(paused, "changed"), filters
        assert result.exit_code == 0
        others = len(listed) - len(paused)
        counted = f"ordercli: {others} {'other' if paused else 'order'}{'s' * (others > 1)} "
        assert result.stderr.startswith(counted if others else ""), filters
        assert result.stderr.count("\n") == (not listed or others > 0)
        if not listed:
            assert result.stderr == "ordercli: no order matches\n"
    assert run("pause", "-u", "x?@*", "-s", "running", "--yes", database=page).exit_code == 0
    assert [each[0] for each in recorded(page)] == [2]


def test_a_filter_counts_those_that_can_t_be_changed(page: Database) -> None:
    def told(*words: object, lang: str = "en") -> tuple[int, str, list[str]]:
        result = run(*words, "--yes", database=page, env={"ORDERCLI_LANG": lang})
        return result.exit_code, result.stdout, result.stderr.splitlines()

    before = rows(page)
    assert told("pause", "-u", "*", "--with-errors") == (0, "", ["ordercli: no order matches"])
    ended = "2 failed, 2 removed, 1 done, 1 warning, 1 expired, 1 unknown, 1 already paused"
    expected = ["1 would be paused (is pending)", "2 would be paused (is running)",
                "12 would be paused (is waiting user)"]  # fmt: skip
    code, stdout, stderr = told("pause", "-u", "*", "-n")
    assert (code, stdout.splitlines()) == (0, expected)
    assert stderr == [f"ordercli: 9 others can't be paused: {ended}"]
    assert told("pause", "-s", "done") == (0, "", ["ordercli: 1 order can't be paused: 1 done"])
    assert told("pause", "-s", "pause") == (0, "", ["ordercli: 1 order is paused already"])
    assert told("pause", "-s", "done,expired", "-q") == (0, "", [])
    assert told("pause", "-u", "nobody", "-q") == (0, "", [])
    french = told("pause", "-s", "done,pause", lang="fr")[2]
    assert french == ["ordercli: 2 commandes ne peuvent pas être mises en pause\u00a0:"
                      " 1 terminée, 1 déjà mise en pause"]  # fmt: skip
    assert rows(page) == before
    # Named one by one, they are answered one by one.
    assert told("pause", 4, 8)[0] == 3


def test_max_refuses_before_any_change(page: Database) -> None:
    before = rows(page)
    for words in (["1", "2", "3", "--max", "1"], ["-u", "*", "--yes", "--max", "2"],
                  ["1", "--max", "0"], ["1", "2", "-n", "--max", "1"]):  # fmt: skip
        result = run("pause", *words, database=page)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "more than --max" in result.stderr
        assert result.stderr.count("\n") == 1
    assert rows(page) == before
    # Only orders that would change count.
    assert run("pause", 1, 2, 3, "--max", "2", database=page).exit_code == 0
    assert run("pause", 1, 2, 3, "--max", "0", database=page).exit_code == 0


@pytest.mark.parametrize("action", ["pause", "resume", "cancel"])
def test_a_dry_run_changes_nothing_whatever_else_is_given(page: Database, action: str) -> None:
    before = rows(page)
    for option in ("-n", "--dry-run"):
        for words in (range(1, 13), ["-u", "*"], ["-"], ["-u", "*", "--yes"], ["-", "-y"],
                      ["-u", "*", "-y", "--max", "99", "-m", "why", "--direct"],
                      ["-u", "*", "-q"], ["-u", "*", "-f", "json", "--yes"]):  # fmt: skip
            result = run(action, option, *words, database=page, stdin="1 9 11\n")
            by_id = words == range(1, 13) or "-" in words
            assert result.exit_code == (3 if by_id else 0), result.stderr
    result = run(action, "-n", *CHANGED[action], *ALREADY[action], database=page)
    said = {number: f"{number} would be {PAST[action]} (is {was})"
            for number, was in CHANGED[action].items()}  # fmt: skip
    said |= {number: f"{number} already {PAST[action]}" for number in ALREADY[action]}
    assert result.stdout.splitlines() == [said[number] for number in sorted(said)]
    assert (result.exit_code, result.stderr) == (0, "")
    assert rows(page) == before
    assert recorded(page) == []


def test_json_has_a_result_per_order(page: Database) -> None:
    expected = [
        {"id": 1, "outcome": "changed", "action": "pause", "from": "pending", "to": "pause"},
        {"id": 3, "outcome": "already", "action": "pause", "from": "pause", "to": "pause"},
        {"id": 4, "outcome": "refused", "action": "pause", "from": "done", "to": "done"},
        {"id": 12, "outcome": "changed", "action": "pause", "from": "waiting user", "to": "pause"},
        {"id": 99, "outcome": "not found", "action": "pause", "from": None, "to": None},
    ]
    arguments = ("pause", 1, 3, 4, 12, 99, "-f", "JSON")
    for dry_run in (True, False):
        result = run(*arguments, *(["-n"] if dry_run else []), database=page)
        assert result.exit_code == 3
        assert json.loads(result.stdout) == [{**each, "dry_run": dry_run} for each in expected]
        assert result.stderr.count("\n") == 2


def test_quiet_has_no_results_and_still_names_what_went_wrong(page: Database) -> None:
    result = run("pause", 1, 3, 4, 99, "-q", database=page)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        "ordercli: order 4 is done, it can't be paused",
        "ordercli: no order 99",
    ]
    assert statuses(page)[1] == "PAUSED"


def test_without_a_terminal_a_confirmation_is_impossible(page: Database) -> None:
    before = rows(page)
    for words in (["cancel", "1"], ["cancel", "-"], ["cancel", "-u", "*"], ["pause", "-u", "*"],
                  ["resume", "-s", "pause"], ["cancel", "1", "-q", "-f", "json"]):  # fmt: skip
        result = run(*words, database=page, stdin="y\ny\n" if "-" not in words else "1\n")
        assert (result.exit_code, result.stdout) == (2, ""), words
        assert "--yes" in result.stderr
        assert result.stderr.count("\n") == 1
    finished = run_process("cancel", "1", database=page, stdin=b"y\n")
    assert (finished.exit_code, finished.stdout) == (2, b"")
    assert rows(page) == before
    assert recorded(page) == []
    assert run("cancel", "-", "--yes", database=page, stdin="1\n").exit_code == 0
    assert statuses(page)[1] == "DELETED"


def test_what_the_database_cannot_do_is_one_line(page: Database, tmp_path: Path) -> None:
    result = run("pause", 1, database=str(tmp_path / "none.db"))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "none.db").exists()
    with page.writing() as connection:
        connection.execute(text("ALTER TABLE t_order RENAME COLUMN status_date TO other"))
    result = run("pause", 1, database=page)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    with page.reading() as connection:
        assert connection.execute(text("SELECT status FROM t_order WHERE id = 1")).scalar() == (
            "PENDING"
        )


def test_a_database_without_tables_is_told_how_to_make_them(
    empty_location: str, dialect: str
) -> None:
    result = run("pause", 1, database=empty_location)
    assert (result.exit_code, result.stdout) == (1, ""), dialect
    assert "'ordercli db init'" in result.stderr
    assert "service" not in result.stderr


def test_a_terminal_counts_what_a_bulk_change_did(database: Database) -> None:
    fill(database, 30)
    set_status(database, 30, "PAUSED")
    arguments = ["pause", "-u", "many*", "--yes"]
    with Terminal(arguments, database=database) as terminal:
        assert terminal.exit_code() == 0
        assert terminal.screen() == [
            "ordercli: 1 other is paused already",
            "29 orders were paused",
            f"undo with: ordercli undo {operation_of(database)}",
        ]
