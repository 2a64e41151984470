"""``top`` shows the page, finds its way through it, and changes orders there."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, insert, text, update

from harness.fill import add_order
from harness.page import Page, on_page, request_for
from harness.program import run
from ordercli.base.limits import Limits
from ordercli.base.settings import Settings
from ordercli.store.tables import orders
from ordercli.top.reading import around, read_part

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.store.database import Database


_DRIVER = "postgresql+psycopg:"
_STATES = (
    "SELECT state FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def listed(database: Database, *arguments: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        run("list", "-f", "json", *arguments, database=database).stdout
    )
    return found


def test_an_order_beyond_all_reason_hides_no_other(sqlite_page: Database) -> None:
    """Columns make room for its numbers."""
    with sqlite_page.writing() as connection:
        add_order(connection, -(2**63), percent_complete=-(2**31), files_in_error=2**31 - 1)

    async def steps(shown: Page) -> None:
        await shown.expect("13 orders", "-9223372036854775808", "Id", "User", "Status", "12 hello")
        assert str(2**31 - 1) not in shown.shown()

    on_page(sqlite_page, steps, "--sort id", size=(80, 24))
    on_page(sqlite_page, steps, "--sort id --columns user,errors,status", size=(40, 24))


def test_the_page_is_filtered_sorted_and_read_in_full(page: Database, tmp_path: Path) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("12 orders", "x1@cnes.fr", "order 12", "► running", "? 1")
        await shown.press("slash")
        await shown.type("-s runnin")
        await shown.expect("no status 'runnin'; did you mean 'running'?")
        await shown.type("-u 'x1*' -s '!pause'")
        await shown.expect("2 orders", "-u 'x1*' -s '!pause'")
        assert "order 12" not in shown.shown()
        await shown.press("o")
        await shown.type("-id")
        await shown.until(lambda: shown.ids() == [2, 1])
        await shown.press("c")
        await shown.type("label,files")
        await shown.expect("Files")
        await shown.press("j", "enter")
        await shown.expect("Stored status", "PENDING", "No changes recorded")
        await shown.press("escape", "h")
        await shown.expect("no change is recorded")
        await shown.press("escape", "e")
        await shown.type(str(tmp_path / "orders.csv"))
        await shown.expect("is written")
        await shown.press("e")
        await shown.type(str(tmp_path / "orders.csv"))
        await shown.expect("is there already")
        await shown.press("escape", "question_mark")
        await shown.expect("undo the last change")
        await shown.press("escape", "q")

    assert on_page(page, steps) == 0
    written = (tmp_path / "orders.csv").read_text(encoding="utf-8")
    assert written == "id,label,files_count\n2,order 2,0\n1,order 1,0\n"


def test_no_key_that_was_meant_for_the_table_answers_a_question(page: Database) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("3 orders")
        await shown.press("p")
        await shown.expect("Pause 1 order? [y/N]")
        await shown.press("y", "enter", "y", "enter", "ctrl+n", "escape")
        await shown.expect("Pause 1 order? [y/N]")

    on_page(page, steps, "-u 'x1*'", limits=Limits(deaf_seconds=60))
    assert len(listed(page, "-s", "pause")) == 1


def test_orders_are_marked_changed_with_a_reason_and_put_back(page: Database) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("3 orders")
        await shown.press("space", "space", "p")
        await shown.expect("2 orders of 1 user", "Pause 2 orders? [y/N]")
        await shown.type("disk full")
        await shown.press("n", "enter")
        await shown.expect("not confirmed; nothing was changed")
        await shown.press("p")
        await shown.expect("Pause 2 orders?")
        await shown.type("disk full")
        await shown.press("y", "enter")
        await shown.expect("2 orders were paused; u undoes", "pause 3")
        assert shown.app.table.marks == {}
        await shown.press("u")
        await shown.expect("Put 2 orders back?")
        await shown.until(lambda: shown.focused == "reason")
        await shown.press("enter", "y", "enter")
        await shown.expect("2 orders were put back", "pause 1")
        await shown.press("q")

    assert on_page(page, steps, "-u 'x1*'") == 0
    history = json.loads(run("history", "-f", "json", database=page).stdout)
    assert [(each["action"], each["reason"]) for each in history] == [
        ("undo", None),
        ("undo", None),
        ("pause", "disk full"),
        ("pause", "disk full"),
    ]


def test_what_others_do_is_seen_and_the_cursor_stays(page: Database) -> None:
    async def steps(shown: Page) -> None:
        table = shown.app.table
        await shown.expect("12 orders")
        await shown.press("j", "j", "space")
        at_cursor, marked = table.current, tuple(table.marks)
        assert at_cursor is not None
        with page.writing() as connection:
            add_order(connection, 13, creation_date="2026-03-02T10:00:00Z", label="the newest")
            paused = update(orders).where(orders.c.id == 1).values(status="PAUSED")
            connection.execute(paused)
        await shown.until(lambda: table.changed == {1, 13})
        await shown.expect("13 orders", "the newest")
        assert table.current is not None
        assert table.current["id"] == at_cursor["id"]
        assert tuple(table.marks) == marked
        await shown.until(lambda: not table.changed)
        await shown.press("ctrl+c")

    assert on_page(page, steps) == 130


def test_nobody_changes_what_he_has_not_seen(page: Database) -> None:
    async def answer(shown: Page, key: str, *expected: str) -> None:
        await shown.press(key)
        await shown.expect(*expected)
        await shown.until(lambda: shown.focused == "reason")

    async def steps(shown: Page) -> None:
        await shown.expect("3 orders", "pause 1")
        await shown.press("G")
        await answer(shown, "r", "Resume 1 order? [y/N]")
        await shown.press("enter", "y", "enter")
        await shown.expect("1 order was resumed", "running 2")
        await shown.press("k")
        await answer(shown, "x", "Cancel 1 order? [y/N]")
        with page.writing() as connection:  # another person was quicker
            paused = update(orders).where(orders.c.id == 2).values(status="PAUSED")
            connection.execute(paused)
        await shown.press("enter", "y", "enter")
        await shown.expect("order 2", "look again")
        await shown.press("escape")
        await shown.expect("pause 1")

    on_page(page, steps, "-u 'x1*'")
    assert [row["status"] for row in listed(page, "-u", "x1*", "--sort", "id")] == [
        "pending",
        "pause",
        "running",
    ]


def test_it_waits_without_a_transaction(postgresql_database: Database) -> None:
    server = create_engine(postgresql_database.location.replace("postgresql:", _DRIVER))
    states: set[str] = set()

    async def steps(shown: Page) -> None:
        await shown.expect("no order matches")
        for _reading in range(4):
            await shown.read_anew()
            await asyncio.sleep(0.05)  # neither reading nor counting
            with server.connect() as connection:  # a transaction sees one state of the others
                states.update(connection.scalars(text(_STATES)))

    on_page(postgresql_database, steps)
    server.dispose()
    assert states <= {"idle", "active"}


def test_a_database_that_goes_away_is_tried_again(sqlite_database: Database) -> None:
    path = sqlite_database.path
    assert path is not None
    with sqlite_database.writing() as connection:
        add_order(connection, 1, label="\x1b]0;title\x07 \u202eevil")

    async def steps(shown: Page) -> None:
        await shown.expect("1 order", r"\x1b]0;title\x07 \u202eevil")
        away = path.rename(path.with_name("away.db"))
        await shown.expect("lost, trying again:", "evil")
        away.rename(path)
        await shown.expect("the database is back")

    on_page(sqlite_database, steps)


def test_a_long_list_is_read_in_parts(database: Database) -> None:
    number, day = 3000, datetime(2026, 3, 1, tzinfo=UTC)
    common = {"creation_date": day, "status_date": day, "percent_complete": 0, "owner": "x"}
    common |= {"files_in_error": 0, "status": "DONE", "waiting_for_user": False}

    def add(first: int, last: int, **values: object) -> None:
        rows = [{"id": each, "label": str(each)} for each in range(first, last)]
        with database.writing() as connection:
            connection.execute(insert(orders), [row | common | values for row in rows])

    add(1, number + 1)
    parts = []

    async def steps(shown: Page) -> None:
        table = shown.app.table

        def current() -> int:
            return -1 if table.current is None else int(str(table.current["id"]))

        async def at(wanted: int) -> None:
            await shown.until(lambda: current() == wanted, f"{wanted}")
            assert table.part is not None
            assert len(table.part.rows) <= 400
            parts.append(weakref.ref(table.part))

        async def move_to(wanted: int) -> None:
            table.action_move(wanted - current())
            await at(wanted)

        await shown.expect("3,000 orders")
        await shown.press("G")
        await at(number)
        for wanted in (number - 300, number - 600, number - 1200, 300):
            await move_to(wanted)
        await shown.press("pageup")
        await at(300 - table.shown + 1)
        add(number + 1, number + 701, creation_date=datetime(2026, 3, 2, tzinfo=UTC))
        await shown.expect("3,700 orders")
        await shown.read_anew()
        assert current() == 300 - table.shown + 1
        for wanted in (100, 20, 1):
            await move_to(wanted)
            await shown.read_anew()  # the next step is not so long that it were a jump
        await shown.press("k")
        await at(number + 700)
        await shown.press("g")
        await at(number + 1)
        gc.collect()
        assert sum(part() is not None for part in parts) <= 2  # what was scrolled through is let go

    on_page(database, steps, size=(80, 24))
    request = request_for(database)
    tall = read_part(request, around(request.view, 1_000, 300), None, None)
    assert tall.covers(1_000, 300, None)


def test_a_read_only_profile_changes_nothing(page: Database) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("12 orders", "archive")
        await shown.press("x")
        await shown.expect("the profile 'archive' is read-only")

    on_page(page, steps, settings=Settings(page.location, "archive", read_only=True))
