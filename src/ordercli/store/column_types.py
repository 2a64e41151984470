"""The types of columns that SQLite and PostgreSQL hold in different ways."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Dialect, Integer, Text
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from ordercli.base.values import stored_moment

LongInteger = BigInteger().with_variant(Integer, "sqlite")
"""64 bits; SQLite gives a primary key that is declared so its quick form."""


class Flag(Boolean):
    """A boolean, which SQLite holds as 1 or 0: all else that it may hold is not true."""

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """The conversion of a stored value to a Boolean; None where the driver gives one."""
        return None if dialect.supports_native_boolean else (lambda value: value == 1)


class UtcTimestamp(TypeDecorator[datetime]):
    """A ``timestamp`` without time zone that holds UTC; a text that sorts alike in SQLite.

    It takes aware datetimes. Reading goes through ``sql_functions.moment_text`` instead, so that
    one value out of range can't spoil a whole page.
    """

    impl = SqlDateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text in SQLite, ``timestamp`` elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else SqlDateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The value to store for an aware datetime."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return stored_moment(value)
        return value.astimezone(UTC).replace(tzinfo=None)


class AsStored(TypeDecorator[Any]):
    """A value that goes from the database through Python and back again as it is."""

    impl = NullType
    cache_ok = True
