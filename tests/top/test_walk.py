"""The page is the same without a terminal and in a real one, small and large."""

from __future__ import annotations

import shutil
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING
from uuid import NAMESPACE_OID, uuid5

import pytest

from harness.copied_program import NOW, launcher
from harness.page import Page, request_for, show
from harness.terminal import Terminal
from harness.walk import ENGLISH, fill_for_walk, walk_in_terminal, walk_on_page
from ordercli.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=["80x24", "200x60"])
def test_a_walk_shows_the_same_in_a_terminal(
    sqlite_database: Database,
    tmp_path: Path,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with sqlite_database.writing() as connection:
        fill_for_walk(connection)
    places = [tmp_path / "without", tmp_path / "within"]
    for place in places:
        place.mkdir()
        shutil.copy(sqlite_database.location, place / "orders.db")
    monkeypatch.setenv("ORDERCLI_ACTOR", "night-shift@ops")
    screens: dict[str, list[str]] = {}

    async def steps(shown: Page) -> None:
        screens.update(await walk_on_page(shown, ENGLISH))

    moment, numbers = datetime.fromisoformat(NOW), count(1)
    database = Database("orders.db")
    monkeypatch.chdir(places[0])
    request = request_for(
        database, seconds=0.2, utc=False, width=size[0], clock=lambda: moment,
        new_operation=lambda: str(uuid5(NAMESPACE_OID, str(next(numbers)))),
    )  # fmt: skip
    show(request, steps, size)
    monkeypatch.chdir(places[1])
    program = tmp_path / "ordercli"
    program.write_text(launcher(), encoding="utf-8")
    program.chmod(0o755)
    words = ["top", "--interval", "0.5"]
    with Terminal(words, *size, program=[str(program)], database=database) as terminal:
        walk_in_terminal(terminal, ENGLISH, lambda step: terminal.screen() == screens[step.name])
        terminal.send("\x1b")
        terminal.until(lambda: terminal.screen() == screens["page again"])
        terminal.send("q")
        assert terminal.exit_code() == 0
