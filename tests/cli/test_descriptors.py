"""Every command with a stream that is closed, full, or whose reader goes away.

What matters is the exit code, what is on the other streams, and what became of the orders.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from harness.commands import without_row
from harness.descriptors import CLOSED, FULL, NO_READER, UNTIL_FIRST, ended
from harness.fill import add_file, add_many, add_order
from harness.program import run
from harness.stored import recorded, statuses
from ordercli.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

LAST = "the last operation"
READING = (
    ("list",),
    ("list", "-f", "json"),
    ("list", "-f", "grid"),
    ("list", "-q", "@night"),
    ("list", "--profile", "here,there"),
    ("show", "1"),
    ("show", "1", "-f", "json", "--files"),
    ("summary",),
    ("stats",),
    ("stats", "--by", "user,day", "-f", "json"),
    ("errors",),
    ("errors", "--by", "file", "-f", "jsonl"),
    ("metrics", "--by", "user"),
    ("history",),
    ("history", "--user", "*", "--columns", "id,operation", "-f", "tsv"),
    ("wait", "3", "--for", "done"),
    ("wait", "-s", "done,pause", "--any"),
    ("profiles",),
    ("db", "check"),
    ("pause", "1", "2", "-n"),
    ("undo", LAST, "-n"),
    ("--version",),
    ("db", "--help"),
    ("--show-completion", "bash"),
    ("help",),
)  # fmt: skip
CHANGING = {
    ("pause", "1", "2"): [1, 2],
    ("pause", "1", "2", "-f", "json"): [1, 2],
    ("cancel", "1", "2", "--yes"): [1, 2],
    ("resume", "4", "-m", "again"): [4],
    ("undo", LAST, "--yes"): [5],
}
"""With the orders that each changes."""
SILENT = (
    ("db", "init"),
    ("summary", "-o", "report.csv"),
    ("metrics", "-o", "report.csv"),
    ("pause", "1", "2", "-q"),
)
"""These have nothing for stdout."""
ELSEWHERE = (
    ("top",), ("db", "load"), ("db", "grants"), ("restart",), ("retry",), ("remove",),
)  # fmt: skip
"""What needs a terminal, another database or a service: ``test_descriptors_elsewhere.py``."""
PAGE = (
    (1, "RUNNING"), (2, "PENDING"), (3, "DONE"), (4, "PAUSED"), (5, "RUNNING"),
)  # fmt: skip


@pytest.fixture
def page(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Five orders, of which the last has just been paused; two profiles and a selection."""
    with sqlite_database.writing() as connection:
        for order_id, status in PAGE:
            add_order(connection, order_id, status=status, datasets=[("d", 1, 2, 3)])
        add_file(connection, 1, "Error 500\nat order")
    run("pause", 5, database=sqlite_database)
    configuration = tmp_path / "config.toml"
    location = sqlite_database.location
    configuration.write_text(
        f'[profiles.here]\ndatabase = "{location}"\n[profiles.there]\ndatabase = "{location}"\n'
        '[selections.night]\nstatus = "running"\n'
    )
    monkeypatch.setenv("ORDERCLI_CONFIG", str(configuration))
    return sqlite_database


def of_run(words: tuple[str, ...], page: Database) -> tuple[str, ...]:
    """The words with the operation in its place."""
    listed = ("history", "--columns", "operation", "-f", "tsv", "--no-header")
    return tuple(
        run(*listed, database=page).stdout.split()[-1] if word == LAST else word for word in words
    )


def copied(page: Database, name: object) -> Database:
    """Another database that is the same."""
    return Database(str(shutil.copyfile(page.location, f"{page.location}.{name}")))


def timeless(output: bytes) -> bytes:
    """The output without the numbers and the path that are never the same twice."""
    output = re.sub(rb"orders\.db\.\w+", b"orders.db", output)
    return re.sub(rb'("in_status": |_seconds\{.*\} )[\d.]+', b"", output)


def one_line(text: str) -> bool:
    return text.startswith("ordercli: ") and text.count("\n") == 1


def test_the_matrix_has_every_command() -> None:
    assert without_row([*READING, *CHANGING, *SILENT, *ELSEWHERE]) == set()


@pytest.mark.parametrize("words", [*READING, *SILENT, *CHANGING], ids=" ".join)
def test_a_lost_stdin_or_stderr_loses_nothing_else(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    line = of_run(words, page)
    database = copied(page, "whole")
    whole = ended(line, database, tmp_path)
    assert whole.exit_code == 0
    assert whole.stderr == "" or words in SILENT or line[-1] == "-n"
    after = statuses(database)
    for stream, way in ((0, CLOSED), (2, CLOSED), (2, FULL), (2, NO_READER)):
        database = copied(page, "lost")
        found = ended(line, database, tmp_path, stream, way)
        assert found.exit_code == 0, (stream, way, found)
        assert timeless(found.stdout) == timeless(whole.stdout), (stream, way, found)
        assert statuses(database) == after


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_lost_stdout_is_told_and_changes_nothing(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = statuses(page), recorded(page)
    line = of_run(words, page)
    for way in (CLOSED, FULL):
        found = ended(line, page, tmp_path, 1, way)
        # A dry run that has begun also says how many of each there would be.
        told = [each for each in found.stderr.splitlines() if each.startswith("ordercli: ")]
        counted = "-n" in words and way == FULL
        assert (found.exit_code, len(told)) == (1, 2 if counted else 1), (way, found)
        assert "Traceback" not in found.stderr
    found = ended(line, page, tmp_path, 1, NO_READER)
    assert (found.exit_code, found.stderr.count("ordercli: ")) == (141, "-n" in words), found
    assert (statuses(page), recorded(page)) == before


def test_a_reader_that_leaves_later(page: Database, tmp_path: Path) -> None:
    """It is noticed, for what is written is more than a pipe holds."""
    with page.writing() as connection:
        add_many(connection, 2500, first=10, owners=[f"u{n:099}" for n in range(2500)])
        for number in range(700):
            add_file(connection, 10, f"Error {'x' * 100}", name=f"{number}")
    run("pause", "-u", "u*", "-q", "--yes", database=page)
    for words in (
        ("list",), ("list", "-f", "json"), ("summary",), ("stats", "--by", "user", "-f", "csv"),
        ("history",), ("errors", "--by", "file"), ("metrics", "--by", "user"),
        ("show", "10", "--files"), ("cancel", "-u", "u*", "-n"),
    ):  # fmt: skip
        found = ended(words, page, tmp_path, 1, UNTIL_FIRST)
        assert (found.exit_code, found.stderr.count("\n")) == (141, "-n" in words), (words, found)


@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_a_lost_stdout_does_not_matter_to_what_writes_nothing(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    for way in (FULL, NO_READER):
        assert ended(words, page, tmp_path, 1, way).exit_code == 0, way
    if "report.csv" in words:
        assert ended(words, page, tmp_path, 1, CLOSED).exit_code == 0
        assert (tmp_path / "report.csv").read_text(encoding="utf-8").count("\n") >= 6


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
def test_a_change_without_stdout_is_whole_or_refused(
    page: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    before = statuses(page), recorded(page)
    line = of_run(words, page)
    refused = ended(line, page, tmp_path, 1, CLOSED)
    assert (refused.exit_code, one_line(refused.stderr)) == (1, True)
    assert (statuses(page), recorded(page)) == before
    for way, code in ((FULL, 1), (NO_READER, 141)):
        database = copied(page, code)
        found = ended(line, database, tmp_path, 1, way)
        assert found.exit_code == code, (way, found)
        assert [each[0] for each in recorded(database)[1:]] == CHANGING[words], way
        now = statuses(database)
        assert [each for each in now if now[each] != before[0][each]] == CHANGING[words], way


def test_an_exit_code_of_its_own_yields_to_a_lost_stdout(page: Database, tmp_path: Path) -> None:
    for words in (["list", "--exit-code"], ["list", "--exit-code", "-q"]):
        for stream, way, code in ((0, CLOSED, 4), (2, FULL, 4), (1, FULL, 1), (1, NO_READER, 141)):
            assert ended(words, page, tmp_path, stream, way).exit_code == code, (words, way)


def test_a_report_beside_a_closed_stderr_is_whole(page: Database, tmp_path: Path) -> None:
    """What was meant for a person would else go into the first file that is opened."""
    for words in (("summary", "-o", "report.csv"), ("list", "-f", "json", "--columns", "id")):
        for stream in (0, 2):
            found = ended(words, page, tmp_path, stream, CLOSED)
            assert found.exit_code == 0
    assert len(json.loads(found.stdout)) == 5
    assert (tmp_path / "report.csv").read_text(encoding="utf-8").count("\n") == 6
