"""The lines of ``top`` offer what TAB does on the command line, and hold up no key."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.widgets import Input

from harness.page import Page, on_page, request_for, show
from ordercli.top.request import Offer

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from ordercli.store.database import Database


def test_the_end_of_a_line_is_completed(
    page: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "config.toml"
    configuration.write_text('[selections.night]\nstatus = "failed"\n', encoding="utf-8")
    monkeypatch.setenv("ORDERCLI_CONFIG", str(configuration))
    request = request_for(page)
    complete = request.complete
    for option, line, lines in (
        (None, "-u 'x1*' --us", ["-u 'x1*' --user "]),
        (None, "-u x", ["-u x1@cnes.fr"]),
        (None, "-u '!x", ["-u '!x1@cnes.fr'"]),
        (None, "-u 'x1*' -s '!pen", ["-u 'x1*' -s '!pending'"]),
        (None, "--status=done,pau", ["--status=done,pause"]),
        (None, "@ni", ["@night"]),
        (None, "--columns +cre", ["--columns +creation"]),
        (None, "--help", []),
        (None, "-u x ", []),
        ("--sort", "status,-tot", ["status,-total_size"]),
    ):
        assert [each.line for each in complete(option, line)] == lines
    night = request.read_view("@night -u 'x1*'", None, "-creation")
    assert (night.line, night.words) == ("@night -u 'x1*'", "-u 'x1*' -s failed")


def test_tab_takes_an_offer_and_arrows_choose(sqlite_page: Database) -> None:
    async def steps(shown: Page) -> None:
        def line() -> str:
            assert isinstance(shown.app.focused, Input)
            return shown.app.focused.value

        await shown.expect("12 orders")
        await shown.press("slash", *"--lab")
        await shown.expect("--label", "This label, * and ? are wildcards")
        await shown.press("tab")
        assert line() == "--label "
        shown.app.focused.value = "-s p"  # type: ignore[union-attr]
        await shown.expect("pending waits to be processed", "paused by")
        await shown.press("down", "tab")
        assert line() == "-s pause"
        await shown.press("x", "enter")
        await shown.expect("no status 'pausex'; did you mean 'pause'?")
        await shown.press("backspace")
        await shown.until(lambda: "did you mean" not in shown.shown())
        await shown.press("enter")
        await shown.expect("-s pause", "no order matches")
        await shown.press("o", "ctrl+u", *"-la")
        await shown.expect("-label")
        await shown.press("right", "enter")
        await shown.until(lambda: shown.app.view.sort_text == "-label")

    on_page(sqlite_page, steps)


def test_a_slow_database_holds_up_no_key(sqlite_page: Database) -> None:
    def slow(_option: str | None, _line: str) -> list[Offer]:
        time.sleep(0.5)
        return [Offer("never", "", "never")]

    async def steps(shown: Page) -> None:
        await shown.expect("12 orders")
        await shown.press("slash", "-", "u")
        began = time.monotonic()
        await shown.press("escape")
        await shown.until(lambda: shown.app.focused is shown.app.table)
        assert time.monotonic() - began < 0.4

    show(replace(request_for(sqlite_page), complete=slow), steps)
