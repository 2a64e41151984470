"""The versions of the database drivers, which are not imported for it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from sqlite3 import sqlite_version

from ordercli.base.language import _


def driver_versions() -> str:
    """SQLite and the PostgreSQL driver with their versions, or that there is no such driver."""
    driver = _postgresql_driver() or _("no PostgreSQL driver")
    return f"SQLite {sqlite_version}, {driver}"


def _postgresql_driver() -> str | None:
    """The PostgreSQL driver with its version; None where it is not installed.

    The name of its folder of metadata tells: to read what is inside takes as long as all else.
    """
    found = find_spec("psycopg")
    if found is None or found.origin is None:
        return None
    named = Path(found.origin).parents[1].glob("psycopg-*.dist-info")
    return " ".join(["psycopg", *(each.stem.partition("-")[2] for each in named)])
