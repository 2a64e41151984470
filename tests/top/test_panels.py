"""Panels of ``top``: files, statistics, keys; in the words and columns of the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.fill import add_file
from harness.page import Page, on_page

if TYPE_CHECKING:
    from ordercli.store.database import Database


def test_files_of_an_order_and_those_that_failed(page: Database) -> None:
    with page.writing() as connection:
        add_file(connection, 1, state="AVAILABLE", name="whole.nc", size=1500)
        add_file(
            connection, 1, name="lost\x1b.nc", state="DOWNLOAD_ERROR", reason="storage is full"
        )

    async def steps(shown: Page) -> None:
        await shown.expect("12 orders")
        await shown.press("f")
        await shown.expect("whole.nc", "1.50 kB", r"lost\x1b.nc", "storage is full", "2 files")
        await shown.press("f")
        await shown.until(lambda: "whole.nc" not in shown.shown())
        await shown.expect("DOWNLOAD_ERROR", "1 file", "f all")
        await shown.press("f")
        await shown.expect("whole.nc", "f only failed")
        await shown.press("escape", "j", "f")
        await shown.expect("order 2 has no files listed")
        await shown.press("f")
        await shown.expect("no file of order 2 failed")

    on_page(page, steps)


def test_statistics_of_what_is_shown_by_status_user_and_day(page: Database) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("12 orders")
        await shown.press("s")
        await shown.expect("Status", "Errors", "failed", "all 12", "s by user")
        await shown.press("s")
        await shown.expect("x1@cnes.fr 3", "other@cnes.fr 8", "s by day")
        await shown.press("s")
        await shown.expect("2026-03-01 12", "s by status")
        await shown.press("escape", "slash")
        await shown.type("-u 'x1*'")
        await shown.expect("3 orders")
        await shown.press("s")
        await shown.expect("-u 'x1*'", "all 3", "pending")

    on_page(page, steps)


@pytest.mark.parametrize("width", [80, 200])
def test_the_line_of_keys_fits_and_help_has_them_all(sqlite_page: Database, width: int) -> None:
    async def steps(shown: Page) -> None:
        await shown.expect("12 orders", "/ filter", "space mark", "f files", "? help q quit")
        assert ("c columns" in shown.shown()) == (width == 200)
        await shown.press("question_mark")
        await shown.expect("undo the last change", "the columns to show", "PgUp, PgDn")

    on_page(sqlite_page, steps, size=(width, 24))
