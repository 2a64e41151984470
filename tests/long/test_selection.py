"""Thousands of patterns and names, on both databases, and what is changed by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.patterns import add_users, check_patterns, matches, names, patterns
from harness.program import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.store.database import Database

_CHANGES = 100


def test_pairs_of_patterns_and_names(
    figure: Callable[[int, str], None], database: Database, dialect: str
) -> None:
    users = names(250, 11)
    add_users(database, users)
    pairs = check_patterns(database, users, patterns(200, 12, users))
    changed = 0
    for pattern in patterns(_CHANGES, 13, users):
        meant = {n for n, user in enumerate(users, start=1) if matches(pattern, user)}
        result = run("pause", f"--user={pattern}", "--yes", "-q", database=database)
        assert result.exit_code == 0, pattern
        paused = run("list", "-q", "-s", "pause", database=database).stdout.split()
        assert set(map(int, paused)) == meant, pattern
        changed += len(meant)
        assert run("resume", "-s", "pause", "--yes", "-q", database=database).exit_code == 0
    figure(
        12,
        f"{pairs:,} pairs of pattern and name on {dialect}: 0 differ from the oracle; "
        f"{_CHANGES} changes by pattern: {changed} orders chosen, the same {changed} changed",
    )
