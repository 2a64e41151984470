"""A thousand hostile users, TAB and Enter in real shells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from harness.fill import add_many
from harness.shells import hostile_names, in_each_shell, started
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ordercli.store.database import Database

GROUPS = 24
"""So many are made of the traps in turn that few of them are there at once."""


def replace_users(database: Database, names: list[str]) -> None:
    with database.writing() as connection:
        connection.execute(delete(orders))
        add_many(connection, len(names), owners=names)


@pytest.mark.timeout(600)
@in_each_shell
def test_tab_and_enter(
    shell: str, sqlite_database: Database, tmp_path: Path, figure: Callable[[int, str], None]
) -> None:
    """Few are there at once, so that TAB has nothing else to offer; then all are."""
    names = hostile_names("touch pwned")
    assert len(set(names)) == 1000
    groups = [names[first::GROUPS] for first in range(GROUPS)]
    pressed = 0
    with started(shell, tmp_path / "home", sqlite_database) as terminal:
        for group in [*groups, names]:
            replace_users(sqlite_database, group)
            for typed in ("list -q -u ", "list -q -u u", "pause -n --user="):
                terminal.send(f"\x15ordercli {typed}\t\t\r")
                pressed += 1
            terminal.settle()
        replace_users(sqlite_database, ["uplain@x.org"])
        terminal.type("ordercli list -q -u up\t", "ordercli list -q -u uplain@x.org")
    effects = list(tmp_path.rglob("pwned*"))
    assert not effects
    assert b"touch" not in terminal.raw
    figure(
        1,
        f"{shell}: 1,000 hostile users in {len(groups)} groups and together, {pressed} times TAB"
        f" and Enter: {len(effects)} side effects",
    )
