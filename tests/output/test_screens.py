"""What people see at four widths, in both languages: ``tests/output/screens`` is to be read."""

from __future__ import annotations

from rich.cells import cell_len

from tools.screens import SCREENS, screens

_UNFOLDED = ("result", "wait", "mistakes")
"""These have messages of one line, whatever the width."""


def test_every_screen_is_what_the_program_shows_now_and_fits_its_width() -> None:
    shown = screens()
    kept = {each.name: each.read_text(encoding="utf-8") for each in SCREENS.iterdir()}
    assert shown == kept, "run 'make screens' and look at them"
    for name, text in shown.items():
        screen, _language, width = name.removesuffix(".txt").split("-")
        if screen not in _UNFOLDED:
            assert max(map(cell_len, text.splitlines())) <= int(width), name
        if screen == "list":
            assert len(text.splitlines()) == 1 + 2 + 14 + 1, f"{name}: a line an order"
