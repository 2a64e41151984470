"""A hundred odd paths, links among them, as databases, reports and files to load."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.odd_paths import NAMES, check_name, prepare
from harness.program import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_odd_paths_and_modes(
    figure: Callable[[int, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked = 0
    for number, name in enumerate(NAMES):
        directory = tmp_path / str(number)
        directory.mkdir()
        monkeypatch.chdir(directory)
        prepare(directory)
        worked += check_name(name)
    figure(
        15,
        f"{len(NAMES)} odd paths as database, report and file to load: {worked} work, "
        f"{len(NAMES) - worked} are refused in one line",
    )


def test_every_umask(
    figure: Callable[[int, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = os.umask(0)
    try:
        for mask in range(0o100):
            os.umask(mask)
            assert run("db", "init", "-d", f"{mask}/below/orders.db").exit_code == 0
    finally:
        os.umask(before)
    made = [each.stat().st_mode & 0o777 for each in tmp_path.rglob("*")]
    assert sorted(made) == [0o600] * 0o100 + [0o700] * 2 * 0o100
    figure(15, f"{0o100} umasks: {2 * 0o100} directories made are 0700, {0o100} files 0600")
