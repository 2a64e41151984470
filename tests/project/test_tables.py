"""The tables that reading and changing take are the models', which are slow to import."""

from __future__ import annotations

from tools.tables import TABLES, tables


def test_the_tables_are_what_the_models_say_now() -> None:
    assert tables() == TABLES.read_text(encoding="utf-8"), "run 'make tables'"
