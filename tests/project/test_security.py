"""``docs/security.md`` has the table of the threats, as the long tests know them."""

from __future__ import annotations

from tools.security import SECURITY, THREATS, stated


def test_the_table_has_every_threat_and_what_is_done() -> None:
    assert stated(SECURITY.read_text(encoding="utf-8")) == THREATS, "run 'make security'"
