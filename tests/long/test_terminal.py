"""Ten thousand hostile texts on a terminal: none steers it, wherever it is shown."""

from __future__ import annotations

import re
import time
from random import Random
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from harness.fill import add_many
from harness.program import Clock, run
from harness.terminal import written_to_terminal
from ordercli.base.moments import parse_moment
from ordercli.store import schema
from ordercli.store.database import Database
from ordercli.store.tables import dataset_tasks, events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NUMBER = 10_000
SEED = 20171008
_PARTS = (
    "\x1b[31m", "\x1b[2J", "\x1b[H", "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\", "\x1b[6n",
    "\x1bc", "\x1bP1$r\x1b\\", "\x1b[?1049h", "\x1b[200~", "\x9b31m", "\x9d0;x\x9c", "\x90", "\x85",
    "\x07", "\x08", "\x0b", "\x0c", "\x0e", "\x0f", "\x7f", "\r", "\n", "\t", "\x1a", "\x04",
    "\u202e", "\u202d", "\u2066", "\u2069", "\u200f", "\u200b", "\u2028", "\u2029", "\ufeff",
    "[red]", "[/]", "[link=http://x]", ":smile:", "[bold", "\U0001f600", "\u200d\U0001f469",
    "a\u0300\u0301\u0302\u0303\u0304\u0305", "\u0e33", "\uffff", "\U000e0001", "{x}", "%s", "word",
)  # fmt: skip

# A whole escape sequence, any other control character, and what turns the direction of a text.
_STEERING = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b."
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    "|[\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def hostile_texts() -> list[str]:
    chance = Random(SEED)
    return [
        "".join(chance.choices(_PARTS, k=chance.randint(1, 6))) + str(number)
        for number in range(NUMBER)
    ]


def filled(path: Path, texts: list[str]) -> Database:
    """Each text is the user of an order, its label, a reason, and a dataset of the last one."""
    made = Database(str(path))
    schema.initialise(made)
    moment = parse_moment("2026-03-01", Clock().now)
    happened = {"action": "pause", "from_status": "RUNNING", "to_status": "PAUSED"}
    with made.writing() as connection:
        add_many(connection, NUMBER, "RUNNING", owners=texts, labels=texts)
        connection.execute(
            insert(dataset_tasks),
            [{"id": id_, "order_id": NUMBER, "dataset_label": each, "files_count": 1,
              "files_size": 1, "objects_count": 1} for id_, each in enumerate(texts, 1)],
        )  # fmt: skip
        connection.execute(
            insert(events),
            [{**happened, "order_id": id_, "event_date": moment, "actor": each, "reason": each,
              "operation": "one"} for id_, each in enumerate(texts, 1)],
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return filled(tmp_path_factory.mktemp("hostile") / "orders.db", hostile_texts())


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> Database:
    texts = [f"plain{number}" for number in range(NUMBER)]
    return filled(tmp_path_factory.mktemp("harmless") / "orders.db", texts)


def steering(written: bytes) -> set[str]:
    """Everything in it that a terminal obeys."""
    return set(_STEERING.findall(written.decode("utf-8", "replace"))) - {"\r"}


CASES: dict[str, list[object]] = {
    "list": ["list", "--all", "--no-pager"],
    "list as text": ["list", "--all", "--no-pager", "-f", "grid"],
    "list as CSV": ["list", "--all", "-f", "csv"],
    "list as JSON": ["list", "--all", "-f", "json"],
    "summary": ["summary", "--raw"],
    "show": ["show", NUMBER],
    "pager": ["list", "--all"],
    "history": ["history", "--all"],
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES)
def test_only_what_harmless_texts_write(
    hostile: Database, harmless: Database, case: str, figure: Callable[[int, str], None]
) -> None:
    env = {"PAGER": "tr -d q | tr q -d"}  # a pipe that gives all it gets
    mine, twins = (
        written_to_terminal(CASES[case], database=database, env=env)
        for database in (hostile, harmless)
    )
    assert b"plain" in twins
    assert b"word" in mine
    allowed = steering(twins)
    assert steering(mine) <= allowed
    figure(
        4,
        f"{case}: {NUMBER:,} texts, {len(steering(mine))} kinds of escape sequences,"
        f" {len(steering(mine) - allowed)} that harmless texts do not write",
    )


def test_prompts_and_errors(
    hostile: Database, harmless: Database, figure: Callable[[int, str], None]
) -> None:
    """A prompt shows five orders; an error names the nearest user, and what was typed."""
    chance = Random(SEED)
    texts = hostile_texts()
    runs = 0
    seen: set[str] = set()
    allowed: set[str] = set()
    for _ in range(6):
        ids = [str(each) for each in chance.sample(range(1, NUMBER), 5)]
        typed = chance.choice(texts)
        for words, keys in (
            (["cancel", *ids], "n\r"),
            (["list", "-u", typed[:-1] + "x"], ""),
            (["list", "-f", typed], ""),
        ):
            seen |= steering(written_to_terminal(words, keys, database=hostile))
            runs += 1
        allowed |= steering(written_to_terminal(["cancel", *ids], "n\r", database=harmless))
    assert seen <= allowed
    figure(4, f"{runs} prompts and errors: {len(seen - allowed)} escape sequences from data")


def test_a_label_of_a_megabyte(tmp_path: Path, figure: Callable[[int, str], None]) -> None:
    slowest = 0.0
    for place, part in enumerate(("x", "\x1b[31m", "\u0300", "\n", "\U0001f600")):
        database = Database(str(tmp_path / f"{place}.db"))
        schema.initialise(database)
        with database.writing() as connection:
            add_many(connection, 1, labels=[part * (1_000_000 // len(part))])
        run("list", "-f", "simple", "--utc", database=database)  # imports
        begun = time.process_time()  # other tests run meanwhile
        result = run("list", "-f", "simple", "--columns", "id,label", database=database)
        slowest = max(slowest, time.process_time() - begun)
        assert (result.exit_code, result.stderr) == (0, "")
        lines = result.stdout.splitlines()
        assert len(lines) <= 4, lines
        assert max(map(len, lines)) < 7000
    assert slowest < 0.2
    figure(4, f"a label of a megabyte: one line, {slowest:.2f} s of processor time")
