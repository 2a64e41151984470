"""Files of SQLite are given back, whatever is wrong with them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ordercli.store.sqlite import connect


def test_a_damaged_file_is_closed(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    for _ in range(2):
        with pytest.raises(sqlite3.DatabaseError) as raised:
            connect(damaged, writing=True, patience=0.1)
        # The error holds the connection while it is looked at.
        assert str(raised.value)
        assert damaged not in [each.resolve() for each in Path("/proc/self/fd").iterdir()]
