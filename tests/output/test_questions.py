"""Questions in a real terminal: what is shown, what an answer does, and what happens meanwhile."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select, text, update

from harness.changes import batch_size, operation_of
from harness.contention import until_waited_for
from harness.fill import add_order
from harness.program import command
from harness.signals import until_handled
from harness.terminal import Terminal
from ordercli.base import times
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from ordercli.store.database import Database

HOSTILE = "\x1b]0;owned\x07[red]:smile:\r\n\u202e"
ESCAPED = r"\x1b]0;owned\x07[red]:smile:\r\n\u202e"


@pytest.fixture
def page(database: Database) -> Database:
    """Seven orders of one user that can be paused, one that is done, and one of another user."""
    with database.writing() as connection:
        for order_id in range(1, 8):
            add_order(
                connection, order_id, owner="x@cnes.fr", label=f"label {order_id}",
                datasets=[("data", 1, 1_500_000, None), ("more", None, 70_000, 1)],
            )  # fmt: skip
        add_order(connection, 8, owner="x@cnes.fr", label="finished", status="DONE")
        add_order(connection, 9, owner="other@cnes.fr", label="of another")
    return database


def statuses(database: Database) -> dict[int, str]:
    with database.reading() as connection:
        rows = connection.execute(select(*orders.c["id", "status"]))
        return {row.id: row.status for row in rows}


def recorded(database: Database) -> list[int]:
    """The orders of all events, oldest first."""
    with database.reading() as connection:
        query = select(events.c.order_id).order_by(events.c.id)
        return list(connection.execute(query).scalars())


def set_status(database: Database, order_id: int, status: str) -> None:
    """What the service does."""
    with database.writing() as connection:
        connection.execute(update(orders).where(orders.c.id == order_id).values(status=status))


def test_the_question_shows_the_number_and_the_first_few_on_stderr(
    page: Database, tmp_path: object
) -> None:
    program = ["sh", "-c", 'exec "$@" > "$STDOUT"', "sh", *command("cancel", "-u", "x*")]
    stdout = f"{tmp_path}/stdout"
    with Terminal([], 160, program=program, database=page, env={"STDOUT": stdout}) as terminal:
        terminal.expect("Cancel 8 orders? [y/N]")
        assert terminal.screen() == [
            f"8 orders of 1 user, 10.99 MB, in {page.place}:",
            "  1  pending  x@cnes.fr  label 1",
            "  2  pending  x@cnes.fr  label 2",
            "  3  pending  x@cnes.fr  label 3",
            "  4  pending  x@cnes.fr  label 4",
            "  5  pending  x@cnes.fr  label 5",
            "  and 3 more",
            "Cancel 8 orders? [y/N]",
        ]
        with open(stdout) as stream:  # noqa: PTH123 - nothing is written yet
            assert stream.read() == ""
        assert recorded(page) == []
        terminal.send("y\r")
        assert terminal.exit_code() == 0
    with open(stdout) as stream:  # noqa: PTH123 - as above
        assert len(stream.readlines()) == 8
    assert recorded(page) == list(range(1, 9))
    assert statuses(page) == dict.fromkeys(range(1, 9), "DELETED") | {9: "PENDING"}


@pytest.mark.parametrize(
    ("keys", "exit_code"),
    [("y\r", 0), ("YES\r", 0), ("n\r", 2), ("\r", 2), ("all\r", 2), ("\x04", 2), ("\x03", 130)],
    ids=["y", "yes", "n", "Enter", "another word", "Ctrl-D", "Ctrl-C"],
)
def test_answers(sqlite_database: Database, keys: str, exit_code: int) -> None:
    check_answer(sqlite_database, keys, exit_code)


@pytest.mark.parametrize(
    ("keys", "exit_code"), [("y\r", 0), ("\r", 2), ("\x03", 130)], ids=["y", "Enter", "Ctrl-C"]
)
def test_answers_on_a_server(postgresql_database: Database, keys: str, exit_code: int) -> None:
    check_answer(postgresql_database, keys, exit_code)


def check_answer(database: Database, keys: str, exit_code: int) -> None:
    with database.writing() as connection:
        add_order(connection, 1, status="RUNNING")
    with Terminal(["cancel", "1"], database=database) as terminal:
        terminal.expect("Cancel 1 order? [y/N]")
        terminal.send(keys)
        assert terminal.exit_code() == exit_code
        *_before, told, last = terminal.screen()
    if exit_code == 0:
        assert told == "1 cancelled (was running)"
        assert last == f"undo with: ordercli undo {operation_of(database)}"
    else:
        said = {2: "ordercli: not confirmed; nothing was changed", 130: "ordercli: interrupted"}
        assert last.endswith(said[exit_code])
    done = exit_code == 0
    assert statuses(database) == {1: "DELETED" if done else "RUNNING"}
    assert recorded(database) == ([1] if done else [])


def test_who_is_asked_and_who_is_not(page: Database) -> None:
    """Every cancel and every choice by filter is asked about, but not a dry run."""
    script = "; ".join(
        " ".join([*command(*words), "; echo ended $?"])
        for words in (["pause", "1"], ["cancel", "1", "-n"])
    )
    with Terminal(["-c", script], 100, program=["sh"], database=page) as terminal:
        assert terminal.exit_code() == 0
        assert terminal.screen() == [
            "1 paused (was pending)", f"undo with: ordercli undo {operation_of(page)}", "ended 0",
            "1 would be cancelled (is pause)", "ended 0",
        ]  # fmt: skip
    with Terminal(["pause", "-s", "pending"], database=page) as terminal:
        terminal.expect("Pause 7 orders? [y/N]")
        terminal.send("n\r")
        assert terminal.exit_code() == 2
    assert recorded(page) == [1]


@pytest.mark.parametrize("redirection", ["echo y | {}", "{} 2>/dev/null"])
def test_without_both_ends_of_a_question_there_is_no_one_to_ask(
    page: Database, redirection: str
) -> None:
    script = redirection.format(" ".join(command("cancel", "1")))
    with Terminal(["-c", script], program=["sh"], database=page) as terminal:
        assert terminal.exit_code() == 2
    assert recorded(page) == []


def test_hostile_texts_in_the_question_are_escaped(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1, owner=HOSTILE, label=HOSTILE + "label")
        add_order(connection, 2, owner="Cancel 1 order? [y/N] y", label="\x1b[2J\x1b[H")
    with Terminal(["cancel", "1", "2"], 160, database=database) as terminal:
        terminal.expect("Cancel 2 orders? [y/N]")
        forged = "Cancel 1 order? [y/N] y".ljust(len(ESCAPED))
        assert terminal.screen() == [
            f"2 orders of 2 users, 0 B, in {database.place}:",
            f"  1  pending  {ESCAPED}  {ESCAPED}label",
            rf"  2  pending  {forged}  \x1b[2J\x1b[H",
            "Cancel 2 orders? [y/N]",
        ]
        assert b"\x1b" not in terminal.raw
        assert b"\x07" not in terminal.raw
        terminal.send("n\r")
        assert terminal.exit_code() == 2


def test_the_question_fits_a_narrow_window(sqlite_database: Database) -> None:
    owner, label = "somebody.with.a.name@observatory.example.org", "Sentinel-2, the whole year {}"
    with sqlite_database.writing() as connection:
        for order_id in range(1, 7):
            add_order(connection, order_id, owner=owner, label=label.format(order_id))
    env = {"ORDERCLI_LANG": "fr"}
    with Terminal(["cancel", "-u", "some*"], 60, database=sqlite_database, env=env) as terminal:
        terminal.expect("Annuler 6 commandes")
        lines = [line for line in terminal.screen() if "somebody" in line]
        terminal.send("n\r")
        assert terminal.exit_code() == 2
    assert lines[0] == "  1  en attente  somebody.with.a.name@…  Sentinel-…le year 1"
    assert [line[-1] for line in lines] == ["1", "2", "3", "4", "5"]


def test_what_was_confirmed_is_what_changes(page: Database) -> None:
    """Neither an order that starts to match, nor one that could not be changed when asked."""
    with Terminal(["pause", "-u", "x*"], database=page) as terminal:
        terminal.expect("Pause 7 orders? [y/N]")
        with page.writing() as connection:
            add_order(connection, 10, owner="x@cnes.fr", label="placed meanwhile")
            connection.execute(update(orders).where(orders.c.id == 9).values(owner="x@cnes.fr"))
            # No longer of this user, but shown and confirmed.
            connection.execute(update(orders).where(orders.c.id == 2).values(owner="y@cnes.fr"))
        set_status(page, 1, "DONE")
        set_status(page, 8, "PENDING")
        terminal.send("y\r")
        assert terminal.exit_code() == 3
        assert "ordercli: order 1 is done, it can't be paused" in terminal.screen()
    found = statuses(page)
    assert sorted(each for each in found if found[each] == "PAUSED") == [2, 3, 4, 5, 6, 7]
    assert found[1] == "DONE"
    assert found[8] == found[9] == found[10] == "PENDING"
    assert recorded(page) == [2, 3, 4, 5, 6, 7]


def test_what_could_not_change_when_looked_at_is_not_changed_unasked(page: Database) -> None:
    """The look finds nothing to ask about; the next moment there is something."""
    with page.writing() as connection:
        connection.execute(update(orders).values(status="PAUSED"))
    with Terminal(["cancel", "1", "2"], database=page) as terminal:
        terminal.expect("Cancel 2 orders? [y/N]")
        set_status(page, 1, "DELETED")
        terminal.send("y\r")
        assert terminal.exit_code() == 0
        assert terminal.screen()[-4:-2] == ["1 already cancelled", "2 cancelled (was pause)"]
    assert recorded(page) == [2]


def test_nothing_is_held_while_the_question_is_open(page: Database, dialect: str) -> None:
    with Terminal(["cancel", "-u", "x*"], database=page) as terminal:
        terminal.expect("Cancel 8 orders? [y/N]")
        if dialect == "postgresql":
            open_there = text(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ordercli'"
                " AND datname = current_database() AND state LIKE 'idle in transaction%'"
            )
            with page.reading() as connection:
                assert connection.execute(open_there).scalar() == 0
        begun = time.monotonic()
        set_status(page, 1, "RUNNING")
        set_status(page, 9, "RUNNING")
        assert time.monotonic() - begun < 15
        terminal.send("n\r")
        assert terminal.exit_code() == 2


def test_max_comes_before_the_question(page: Database) -> None:
    with Terminal(["cancel", "-u", "x*", "--max", "7"], 120, database=page) as terminal:
        assert terminal.exit_code() == 2
        (line,) = terminal.screen()
        assert "8 orders would change, more than --max 7" in line
    assert recorded(page) == []


# A bar for what takes long.


def fill_pending(database: Database, number: int) -> None:
    """That many orders that can be paused."""
    now = times.now()
    with database.writing() as connection:
        connection.execute(
            insert(orders),
            [
                {"id": order_id, "owner": "many@cnes.fr", "label": f"order {order_id}",
                 "creation_date": now, "percent_complete": 0, "files_in_error": 0,
                 "status": "PENDING", "status_date": now, "waiting_for_user": False}
                for order_id in range(1, number + 1)
            ],
        )  # fmt: skip


def test_a_bar_for_changes_of_over_a_second(database: Database) -> None:
    batch = batch_size(database)
    number = 3 * batch
    fill_pending(database, number)
    with Terminal(["pause", "-u", "many*", "-q"], 100, database=database) as terminal:
        terminal.expect(f"Pause {number:,} orders? [y/N]")
        with database.writing() as connection:  # it has to wait
            connection.execute(update(orders).where(orders.c.id == 1).values(label="busy"))
            terminal.send("y\r")
            until_waited_for(database)
            time.sleep(1.1 if database.path is None else 2)
        assert terminal.exit_code() == 0
        assert f"{batch}/{number}".encode() in terminal.raw
        assert terminal.screen()[-2] == f"{number:,} orders were paused"  # the bar went away
        assert not any(f"/{number}" in line for line in terminal.screen())
    assert len(recorded(database)) == number


def test_no_bar_for_what_is_quick(page: Database) -> None:
    arguments = ["pause", "-u", "x*", "-s", "pending", "--yes", "-q"]
    with Terminal(arguments, 100, database=page) as terminal:
        assert terminal.exit_code() == 0
        assert b"\x1b" not in terminal.raw
        assert b"/7" not in terminal.raw


def test_ctrl_c_in_a_terminal_finishes_the_batch_at_hand(database: Database) -> None:
    batch = batch_size(database)
    fill_pending(database, 3 * batch)
    with Terminal(["pause", "-u", "many*"], 120, database=database) as terminal:
        terminal.expect(f"Pause {3 * batch:,} orders? [y/N]")
        with database.writing() as connection:  # the first batch has to wait
            connection.execute(update(orders).where(orders.c.id == 1).values(label="busy"))
            terminal.send("y\r")
            until_waited_for(database)
            time.sleep(0.1 if database.path is None else 1.5)
            terminal.send("\x03")
            time.sleep(0.05)  # until the terminal has made it a signal
            until_handled(terminal.process, signal.SIGINT)
        assert terminal.exit_code() == 130
        assert (
            f"ordercli: stopped: {batch:,} of {3 * batch:,} orders done, the others are unchanged;"
            " repeat the command for the rest"
        ) in " ".join(terminal.screen()).replace("  ", " ")
    assert recorded(database) == list(range(1, batch + 1))
    assert list(statuses(database).values()).count("PAUSED") == batch
