"""An operation is taken back: each order as it was, once, and none that was changed since."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, text, update

from harness.contention import fill, states
from harness.fill import add_order
from harness.program import Clock, command, environment, run
from harness.stored import recorded, rows, set_status, statuses
from harness.terminal import Terminal
from ordercli.base.errors import TransientError
from ordercli.base.limits import Limits
from ordercli.store.database import Database
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from harness.program import Result
    from harness.site import Site

PROCESSES = 8
BULK = 1_200
"""Orders of more than two transactions."""
FEWER = 600

NEWEST = pytest.mark.parametrize("service_database", ["newest"], indirect=True)
QUICK = Limits(retry_pauses_seconds=(0.02, 0.05), settling_seconds=0.1,
               jobs_pauses_seconds=(0.02, 0.1))  # fmt: skip


def operations(database: Database) -> list[str]:
    """The operations of the history, oldest first."""
    with database.reading() as connection:
        named = connection.execute(select(events.c.operation).order_by(events.c.id)).scalars()
        return list(dict.fromkeys(named))


def undo(database: Database, *words: object, nth: int = -1, **options: Any) -> Result:
    """Take an operation back: the last one, or the ``nth``."""
    return run("undo", operations(database)[nth][:8], "-y", *words, database=database, **options)


def as_stored(database: Database) -> dict[int, tuple[str, bool]]:
    return {key: (row["status"], row["waiting_for_user"]) for key, row in rows(database).items()}


def outcomes(result: Result) -> dict[int, str]:
    return {each["id"]: each["outcome"] for each in json.loads(result.stdout)}


def test_every_action_is_taken_back_and_so_is_that(page: Database, clock: Clock) -> None:
    before = as_stored(page)
    for words in (["pause", "1", "2", "12"], ["resume", "3"], ["cancel", *"123456789", "12"]):
        assert run(*words, "-y", database=page).exit_code == 0
        after, changes = as_stored(page), len(recorded(page))
        clock.advance(minutes=1)
        forth = json.loads(undo(page, "-f", "json", "-m", "wrong").stdout)
        assert as_stored(page) == before
        assert {each["action"] for each in forth} == {"undo"}
        shown = {each["id"]: each["to"] for each in forth}
        listed = json.loads(run("list", "-f", "json", "--all", database=page).stdout)
        assert shown == {each["id"]: each["status"] for each in listed if each["id"] in shown}
        dates = {rows(page)[each]["status_date"][:16] for each in shown}
        assert dates == {f"{clock.now:%Y-%m-%d %H:%M}"}
        again = undo(page, "-f", "json")
        assert set(outcomes(again)) == set(shown)
        assert as_stored(page) == after
        back = recorded(page)[changes : changes + len(shown)]
        assert {(each[1], each[6]) for each in back} == {("undo", "wrong")}
        assert undo(page).exit_code == 0
        assert as_stored(page) == before


def test_who_waited_waits_again_and_twice_does_no_harm(page: Database) -> None:
    run("pause", 1, 2, 12, "-m", "disk full", database=page)
    look = run("undo", operations(page)[0], "-n", database=page)
    assert look.stdout == (
        "1 would be pending again\n2 would be running again\n12 would be waiting user again\n"
    )
    assert look.stderr.startswith(f"operation {operations(page)[0][:8]}: pause by ")
    assert look.stderr.endswith(", disk full\n")
    assert statuses(page)[12] == "PAUSED"
    assert undo(page).stdout == "1 is pending again\n2 is running again\n12 is waiting user again\n"
    again = undo(page, nth=0)
    assert (again.exit_code, again.stderr) == (0, "")
    assert again.stdout == "1 already put back\n2 already put back\n12 already put back\n"
    assert Counter(each[0] for each in recorded(page)) == {1: 2, 2: 2, 12: 2}


def test_what_was_changed_since_is_left_and_named(database: Database) -> None:
    with database.writing() as connection:
        for _ in range(6):
            add_order(connection, status="RUNNING")
    run("pause", *range(1, 7), database=database)
    set_status(database, 1, "DONE")
    run("resume", 2, 3, database=database)
    run("pause", 3, database=database)  # paused as then, but by another
    with database.writing() as connection:
        connection.execute(update(orders).where(orders.c.id == 4).values(waiting_for_user=True))
        connection.execute(text("DELETE FROM t_order WHERE id = 5"))
    result = undo(database, nth=0)
    assert (result.exit_code, result.stdout) == (3, "2 already put back\n6 is running again\n")
    assert result.stderr == (
        "ordercli: order 1: it was changed since, it is done now\n"
        "ordercli: order 3: it was changed since, it is pause now\n"
        "ordercli: order 4: it was changed since, it is waiting user now\n"
        "ordercli: no order 5\n"
    )
    assert [each[0] for each in recorded(database) if each[1] == "undo"] == [6]


def test_the_questions_and_limits_of_a_change(page: Database) -> None:
    run("pause", 1, 2, database=page)
    [operation] = operations(page)
    before = rows(page)
    for words, told in (
        ([operation], "undo needs a confirmation for 2 orders"),
        ([operation, "-y", "--max", "1"], "2 orders would change, more than --max 1"),
        (["0" * 8, "-y"], "no operation 00000000; 'ordercli history' shows those there are"),
        ([operation[:7], "-y"], "is too short for an operation"),
        (["undo-that", "-y"], "'undo-that' is not an operation"),
    ):
        result = run("undo", *words, database=page)
        assert (result.exit_code in (2, 3), result.stdout) == (True, ""), words
        assert told in result.stderr
        assert result.stderr.count("\n") == 1 + ("confirmation" in told)
    with page.writing() as connection:
        one = {
            "order_id": 3,
            "action": "pause",
            "from_status": "RUNNING",
            "to_status": "PAUSED",
            "event_date": Clock().now,
            "actor": "x",
            "operation": operation[:30] + "0" * 6,
        }
        connection.execute(insert(events), [one])  # fmt: skip
    result = run("undo", operation[:8], "-y", database=page)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"several operations begin with {operation[:8]}; give more of it" in result.stderr
    assert rows(page) == before
    assert run("undo", operation, "-y", "-q", database=page).stdout == ""
    assert statuses(page)[1] == "PENDING"


def test_a_terminal_names_what_takes_a_change_back(page: Database) -> None:
    with Terminal(["pause", "-u", "x1*", "-y"], database=page) as terminal:
        assert terminal.exit_code() == 0
        [operation] = operations(page)
        assert terminal.screen()[-1] == f"undo with: ordercli undo {operation[:8]}"
    with Terminal(["undo", operation[:8]], columns=100, database=page) as terminal:
        terminal.expect("Put 2 orders back? [y/N]")
        terminal.send("y\n")
        assert terminal.exit_code() == 0
        shown = terminal.screen()
    assert shown[0].startswith(f"operation {operation[:8]}: pause by ")
    assert shown[-1] == f"undo with: ordercli undo {operations(page)[-1][:8]}"
    assert statuses(page)[2] == "RUNNING"


def test_a_history_without_who_waited(page: Database) -> None:
    with page.writing() as connection:
        for column in ("from_waiting", "to_waiting"):
            connection.execute(text(f"ALTER TABLE ordercli_event DROP COLUMN {column}"))
    run("pause", 2, 12, database=page)
    look = undo(page, "-n")
    told = "ordercli: the history does not tell whether these orders waited for their users\n"
    assert look.stderr.endswith(told)
    assert undo(page).stdout == "2 is running again\n12 is running again\n"


def test_where_there_is_no_history(page: Database) -> None:
    with page.writing() as connection:
        connection.execute(text("DROP TABLE ordercli_event"))
    result = run("undo", "3f2a9c1e", "-y", database=page)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "keeps no history that can be read" in result.stderr


def test_many_orders_each_as_it_was(database: Database) -> None:
    fill(database, BULK)
    with database.writing() as connection:
        running = update(orders).where(orders.c.id % 3 == 0)
        connection.execute(running.values(status="RUNNING"))
        waiting = update(orders).where(orders.c.id % 9 == 0)
        connection.execute(waiting.values(waiting_for_user=True))
    before = as_stored(database)
    run("pause", "-u", "*", "-y", "-q", database=database)
    assert set(as_stored(database).values()) == {("PAUSED", False)}
    assert undo(database, "-q").exit_code == 0
    assert as_stored(database) == before
    assert {number for _status, number in states(database).values()} == {2}


def test_eight_processes_take_the_same_operation_back(database: Database) -> None:
    fill(database, FEWER, "RUNNING")
    run("pause", "-u", "*", "-y", "-q", database=database)
    words = command("undo", operations(database)[0], "-y", "-f", "json")
    processes = [
        subprocess.Popen(words, env=environment(database), stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]  # fmt: skip
    changed: Counter[int] = Counter()
    for process in processes:
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (0, "")
        ended = json.loads(stdout)
        assert {each["outcome"] for each in ended} <= {"changed", "already"}
        changed.update(each["id"] for each in ended if each["outcome"] == "changed")
    assert changed == Counter(range(1, FEWER + 1))
    assert set(states(database).values()) == {("RUNNING", 2)}


def test_a_service_finishes_orders_that_are_paused_again(database: Database) -> None:
    fill(database, BULK, "PAUSED")
    run("resume", "-u", "*", "-y", "-q", database=database)
    finished: set[int] = set()
    ended = threading.Event()

    def finish() -> None:
        """What the service does, a few orders at a time, from the last one on."""
        last = BULK
        while not ended.is_set() and last > 0:
            some = orders.c.id.between(last - 9, last) & (orders.c.status == "RUNNING")
            done = update(orders).where(some).values(status="DONE").returning(orders.c.id)
            with suppress(TransientError), database.writing() as connection:
                finished.update(connection.execute(done).scalars().all())
                last -= 30

    service = threading.Thread(target=finish)
    service.start()
    while not finished and service.is_alive():
        ended.wait(0.01)
    try:
        result = undo(Database(database.location), "-f", "json")
    finally:
        ended.set()
        service.join()
    told = outcomes(result)
    found = states(database)
    assert finished
    for order_id, (status, number) in found.items():
        if told[order_id] == "changed":
            assert (status, number) == ("PAUSED", 2)
        else:
            assert (told[order_id], status, number) == ("refused", "DONE", 1)
    assert {each for each in found if found[each][0] == "DONE"} == finished


def fill_site(site: Site) -> None:
    with site.database.writing() as connection:
        for number, status in enumerate(("RUNNING", "PENDING", "PAUSED", "DONE"), start=1):
            add_order(connection, number, status=status, waiting_for_user=number == 1)


@pytest.mark.parametrize("service_version", ["1.5", "1.15", "2.x"])
@NEWEST
def test_a_service_resumes_what_was_paused_and_pauses_what_was_resumed(site: Site) -> None:
    fill_site(site)
    site.run("pause", 1, 2)
    site.run("resume", 3)
    paused, resumed = operations(site.database)
    set_status(site.database, 2, "DONE")
    result = site.run_within(QUICK, "undo", paused[:8], "-y", "-m", "wrong")
    assert (result.exit_code, result.stdout) == (3, "1 is waiting user again\n")
    assert result.stderr == "ordercli: order 2: it was changed since, it is done now\n"
    back = site.run_within(QUICK, "undo", resumed[:8], "-y", "-f", "json")
    assert outcomes(back) == {3: "changed"}
    assert site.statuses() == {1: "RUNNING", 2: "DONE", 3: "PAUSED", 4: "DONE"}
    assert [each[:4] + each[5:] for each in site.history()[-2:]] == [
        (1, "undo", "PAUSED", "RUNNING", "wrong"), (3, "undo", "RUNNING", "PAUSED", None),
    ]  # fmt: skip
    again = site.run_within(QUICK, "undo", paused[:8], "-y", "-q")
    assert (again.exit_code, again.stdout) == (3, "")
    undone = operations(site.database)[2]
    assert outcomes(site.run_within(QUICK, "undo", undone, "-y", "-f", "json")) == {1: "changed"}
    assert site.status(1) == "PAUSED"


@NEWEST
def test_what_a_service_can_not_take_back(site: Site) -> None:
    fill_site(site)
    site.run_within(QUICK, "cancel", 3, 4, "-y")
    site.run_within(QUICK, "remove", 4, "-y")
    cancelled, removed = operations(site.database)
    for operation, action in ((cancelled, "cancel"), (removed, "remove")):
        result = site.run("undo", operation[:8], "-y")
        assert (result.exit_code, result.stdout) == (3, "")
        what = f"{action} {operation} can't be taken back through the service"
        assert result.stderr == f"ordercli: {what}; nothing was changed\n"
    result = site.run_within(QUICK, "undo", cancelled[:8], "-y", "--direct")
    assert (result.exit_code, result.stdout) == (3, "3 is pause again\n")
    assert result.stderr == "ordercli: no order 4\n"
    assert site.status(3) == "PAUSED"
    result = site.run("undo", removed[:8], "-y", "--direct")
    assert "can't be taken back; nothing was changed" in result.stderr


@NEWEST
def test_without_a_service_only_directly(site: Site) -> None:
    fill_site(site)
    site.run("pause", 1)
    refused = undo(site.database)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--direct writes the status here all the same" in refused.stderr
    assert undo(site.database, "--direct", limits=QUICK).stdout == "1 is waiting user again\n"
