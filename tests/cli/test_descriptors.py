"""Every command with a stream that is closed, full, or whose reader goes away.

What matters is the exit code, what is on the other streams, and what became of the orders.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from harness.descriptors import CLOSED, FULL, NO_READER, UNTIL_FIRST, ended
from harness.fill import add_order
from harness.program import run
from harness.stored import recorded, set_status, statuses

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.store.database import Database

READING = (
    ("list",),
    ("list", "-f", "json"),
    ("list", "-f", "grid"),
    ("list", "-q"),
    ("show", "1"),
    ("show", "1", "-f", "json"),
    ("summary",),
    ("history",),
    ("wait", "3", "--for", "done"),
    ("db", "check"),
    ("pause", "1", "2", "-n"),
    ("--version",),
    ("--help",),
    ("list", "--help"),
    ("db", "--help"),
    ("--show-completion", "bash"),
    ("help",),
)  # fmt: skip
CHANGING = (
    ("pause", "1", "2"),
    ("pause", "1", "2", "-f", "json"),
    ("cancel", "1", "2", "--yes"),
    ("resume", "4", "-m", "again"),
)  # fmt: skip
SILENT = (("db", "init"), ("summary", "-o", "report.csv"), ("pause", "1", "2", "-q"))
"""These have nothing for stdout."""


@pytest.fixture
def page(sqlite_database: Database) -> Database:
    with sqlite_database.writing() as connection:
        for order_id, status in enumerate(("RUNNING", "PENDING", "DONE", "PAUSED"), 1):
            add_order(connection, order_id, status=status)
        add_order(connection, 5, status="RUNNING")
    run("pause", 5, database=sqlite_database)
    return sqlite_database


def timeless(output: bytes) -> bytes:
    """The output without the one column that depends on the moment."""
    return re.sub(rb'"in_status": \d+', b"", output)


def one_line(text: str) -> bool:
    return text.startswith("ordercli: ") and text.count("\n") == 1


@pytest.mark.parametrize("words", [*READING, *SILENT, *CHANGING], ids=" ".join)
def test_a_lost_stdin_or_stderr_loses_nothing_else(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = statuses(page)
    whole = ended(words, page, tmp_path)
    assert (whole.exit_code, whole.stderr if words not in SILENT else "") == (0, "")
    after = statuses(page)
    for stream, way in ((0, CLOSED), (2, CLOSED), (2, FULL), (2, NO_READER)):
        for order_id, status in before.items():
            set_status(page, order_id, status)
        found = ended(words, page, tmp_path, stream, way)
        assert found.exit_code == 0, (stream, way, found)
        assert timeless(found.stdout) == timeless(whole.stdout), (stream, way, found)
        assert statuses(page) == after


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_lost_stdout_is_told_and_changes_nothing(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = statuses(page), recorded(page)
    for way in (CLOSED, FULL):
        found = ended(words, page, tmp_path, 1, way)
        # A dry run that has begun also says how many of each there would be.
        counted = words[0] == "pause" and way == FULL
        lines = found.stderr.splitlines()
        assert (found.exit_code, len(lines)) == (1, 2 if counted else 1), (way, found)
        assert all(one_line(f"{line}\n") for line in lines)
    for way in (NO_READER, UNTIL_FIRST):
        found = ended(words, page, tmp_path, 1, way)
        # A few lines are written whole before their reader can leave.
        assert found.exit_code in ((141,) if way == NO_READER else (0, 141)), (way, found)
        assert found.stderr == "" or (words[0] == "pause" and one_line(found.stderr))
    assert (statuses(page), recorded(page)) == before


@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_a_lost_stdout_does_not_matter_to_what_writes_nothing(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    for way in (FULL, NO_READER):
        assert ended(words, page, tmp_path, 1, way).exit_code == 0, way
    if words[0] == "summary":
        assert ended(words, page, tmp_path, 1, CLOSED).exit_code == 0
        assert (tmp_path / "report.csv").read_text(encoding="utf-8").count("\n") == 6


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
def test_a_change_without_stdout_is_whole_or_refused(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = statuses(page)
    past = len(recorded(page))
    refused = ended(words, page, tmp_path, 1, CLOSED)
    assert (refused.exit_code, one_line(refused.stderr)) == (1, True)
    assert (statuses(page), len(recorded(page))) == (before, past)
    ids = [int(word) for word in words if word.isdigit()]
    for way, code in ((FULL, 1), (NO_READER, 141), (UNTIL_FIRST, None)):
        for order_id, status in before.items():
            set_status(page, order_id, status)
        past = len(recorded(page))
        found = ended(words, page, tmp_path, 1, way)
        assert found.exit_code in ((0, 141) if code is None else (code,)), (way, found)
        changed = [each[0] for each in recorded(page)[past:]]
        assert changed == ids, way
        now = statuses(page)
        assert {each for each in now if now[each] != before[each]} == set(ids), way


def test_a_report_beside_a_closed_stderr_is_whole(page: Database, tmp_path: Path) -> None:
    """What was meant for a person would else go into the first file that is opened."""
    for words in (("summary", "-o", "report.csv"), ("list", "-f", "json", "--columns", "id")):
        for stream in (0, 2):
            found = ended(words, page, tmp_path, stream, CLOSED)
            assert found.exit_code == 0
    assert len(json.loads(found.stdout)) == 5
    assert (tmp_path / "report.csv").read_text(encoding="utf-8").count("\n") == 6
