"""The database that settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordercli.store.database import Database

if TYPE_CHECKING:
    from ordercli.base.limits import Limits
    from ordercli.base.settings import Settings


def database_of(settings: Settings, limits: Limits) -> Database:
    """The database of the settings, which keeps to these limits; raises UsageError on a bad URL."""
    return Database(
        settings.database,
        limits,
        schema=settings.schema,
        read_only=settings.read_only,
        profile=settings.profile,
    )
