"""How SQLAlchemy speaks to our connections: it asks the server nothing of its own."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg


class Dialect(PGDialect_psycopg):
    """SQLAlchemy's dialect, which finds in the login what it would ask for at first.

    Each question would be one more wait for the server.
    """

    supports_statement_cache = True

    def _get_server_version_info(self, connection: Any) -> tuple[int, ...]:
        number = connection.connection.driver_connection.info.server_version
        return number // 10_000, number % 10_000

    def _get_default_schema_name(self, _: Any) -> str:
        return ""  # tables are found by the search path

    def get_default_isolation_level(self, _: Any) -> Any:
        """What is assumed: nothing here depends on it."""
        return "READ COMMITTED"

    def _set_backslash_escapes(self, connection: Any) -> None:
        info = connection.connection.driver_connection.info
        self._backslash_escapes = info.parameter_status("standard_conforming_strings") == "off"
