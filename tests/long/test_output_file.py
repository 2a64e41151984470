"""A report is struck at every one of its system calls."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_many
from harness.struck import OLD, strike, struck_export

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ordercli.store.database import Database


@pytest.mark.needs("strace")
@pytest.mark.parametrize("blow", ["error=EIO", "error=ENOMEM", "signal=SIGKILL", "signal=SIGTERM"])
def test_struck_everywhere(
    sqlite_database: Database, tmp_path: Path, blow: str, figure: Callable[[int, str], None]
) -> None:
    with sqlite_database.writing() as connection:
        add_many(connection, 5000)
    left: Counter[str] = Counter()
    with struck_export(sqlite_database, tmp_path) as export:
        for call in export.calls:
            strike(export, call, blow)
            left["old" if export.target.read_text() == OLD else "new"] += 1
    assert left.total() >= 200
    assert min(left["old"], left["new"]) > 0
    figure(
        6,
        f"{blow} at each of {left.total()} system calls: {left['old']} times the old file,"
        f" {left['new']} times the new one, 0 thirds",
    )
