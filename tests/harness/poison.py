"""One order among others that holds what no order should, in every way that a database allows."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from harness.fill import add_order
from harness.program import Clock, run
from ordercli.domain.columns import COLUMN_KEYS

if TYPE_CHECKING:
    from ordercli.store.database import Database

BAD = 7
"""The id of the order that is spoilt."""

_ANYWHERE = ("UPDATE t_order SET status = 'NEWER_THAN_US' WHERE id = 7",)
_SQLITE = (
    "UPDATE t_order SET owner = CAST(x'ff41' AS TEXT) WHERE id = 7",
    "UPDATE t_order SET label = x'ff00' WHERE id = 7",
    "UPDATE t_order SET message = CAST(x'c328' AS TEXT) WHERE id = 7",
    "UPDATE t_order SET status = CAST(x'c328' AS TEXT) WHERE id = 7",
    "UPDATE t_order SET status_date = 'then' WHERE id = 7",
    "UPDATE t_order SET status = x'ff' WHERE id = 7",
    "UPDATE t_order SET percent_complete = 'lots' WHERE id = 7",
    "UPDATE t_order SET percent_complete = x'ff' WHERE id = 7",
    "UPDATE t_order SET files_in_error = 12.5 WHERE id = 7",
    "UPDATE t_order SET files_in_error = -9e999 WHERE id = 7",
    "UPDATE t_order SET creation_date = 'soon' WHERE id = 7",
    "UPDATE t_order SET creation_date = x'ff00' WHERE id = 7",
    "UPDATE t_order SET creation_date = '10000-01-01 00:00:00' WHERE id = 7",
    "UPDATE t_order SET expiration_date = '2026-13-45 99:00:00' WHERE id = 7",
    "UPDATE t_order SET expiration_date = CAST(x'c328' AS TEXT) WHERE id = 7",
)
_POSTGRESQL = (
    "UPDATE t_order SET creation_date = 'infinity' WHERE id = 7",
    "UPDATE t_order SET expiration_date = '-infinity' WHERE id = 7",
    "UPDATE t_order SET creation_date = '0044-03-15 12:00 BC' WHERE id = 7",
    "UPDATE t_order SET status_date = '294276-12-31' WHERE id = 7",
)
POISONS = {"sqlite": _ANYWHERE + _SQLITE, "postgresql": _ANYWHERE + _POSTGRESQL}

_FORMATS = ("json", "jsonl", "csv", "tsv", "table", "github", "plain")
_DRAWN = 100
"""Orders that are looked at as a drawn table, the spoilt one among them: drawing takes longest."""


def fill(database: Database, number: int) -> None:
    """Add orders whose ids begin at 1, all of them sound."""
    with database.writing() as connection:
        for each in range(1, number + 1):
            add_order(connection, each, status="RUNNING", datasets=[("d", 1, 10 * each, 2)])


def check(database: Database, poison: str) -> int:
    """Spoil one order and look at all of them in every way; gives how many were shown right.

    The others are as they were, nothing fails, and one line names the order that is spoilt.
    """
    sound = _shown(database, "json")[0]
    line = f"ordercli: order {BAD} has a value that can't be right"
    # A status that is not known says so itself, whatever is stored.
    lines = 0 if "SET status = " in poison else 1
    with database.writing() as connection:
        connection.exec_driver_sql(poison)
    for style in _FORMATS:
        found, told = _shown(database, style)
        assert told.count("\n") == lines, (style, told)
        assert told.startswith(line if lines else ""), told
        assert sorted(found) == sorted(sound)[: _DRAWN if style == "table" else None], style
        if style in ("json", "jsonl"):
            right = [each for each in sound if found[each] == sound[each]]
            assert [each for each in sound if each not in right] == [BAD]
    for words in (["show", BAD], ["show", BAD, "-f", "json"]):
        result = run(*words, database=database)
        assert result.exit_code == 0, words
        is_told = result.stderr.startswith(line)
        assert is_told == ("NEWER" not in poison), words
        assert result.stderr.count("\n") == is_told
    summary = run("summary", database=database)
    assert summary.exit_code == 0
    assert len(list(csv.reader(io.StringIO(summary.stdout)))) == len(sound) + 1
    _check_changes(database)
    return len(right)


def _shown(database: Database, style: str) -> tuple[dict[int, str], str]:
    """Each order as it is shown, by id, and what is told besides."""
    words = ("list", "-f", style, "--columns", ",".join(COLUMN_KEYS), "--sort", "id")
    most = ("--limit", _DRAWN) if style == "table" else ("--all",)
    result = run(*words, *most, database=database, clock=Clock())
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    if style == "json":
        return {each["id"]: json.dumps(each) for each in json.loads(result.stdout)}, result.stderr
    if style == "jsonl":
        return {json.loads(line)["id"]: line for line in lines}, result.stderr
    first = [line.strip("| ").replace(",", " ").split() for line in lines]
    return {int(words[0]): "" for words in first if words and words[0].isdigit()}, result.stderr


def _check_changes(database: Database) -> None:
    for words in (["wait", 1, BAD, "--for", "running,pause,unknown"],
                  ["pause", 1, BAD, "-f", "json"], ["resume", 1, "-q"], ["history"],
                  ["cancel", BAD, "-n"], ["list", "-u", "*", "-s", "running", "-q"]):  # fmt: skip
        result = run(*words, database=database)
        assert result.exit_code in (0, 3), (words, result.stderr)
        assert "unexpected" not in result.stderr
    assert run("list", "-q", "-s", "running,pause", database=database).stdout
