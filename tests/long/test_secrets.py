"""Every command with every malformed location, with and without ``--debug``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.canary import CANARY, MALFORMED, check_silence, every_command
from harness.program import run_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_a_password_is_never_shown(
    figure: Callable[[int, str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands = list(every_command())
    for words in commands:
        check_silence(words, *MALFORMED)
    for words, location in zip(commands, MALFORMED[::2], strict=False):
        result = run_process(*words, "--debug", "-d", location)
        assert result.exit_code in (1, 2) or words == ["profiles"]  # which shows it
        assert CANARY.encode() not in result.stdout + result.stderr
    assert not list(tmp_path.iterdir())
    figure(
        11,
        f"{len(MALFORMED)} malformed locations x {len(commands)} commands x with and without "
        "debugging: 0 hits of the password, 0 files made of it",
    )
