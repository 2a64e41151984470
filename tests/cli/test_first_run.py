"""The first run of a newcomer: no database has been made, and none is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.program import run_process
from harness.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path


def test_a_person_is_told_how_to_begin_and_a_script_gets_one_line(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "ORDERCLI_DATABASE": None}
    with Terminal(["list"], 250, env=home) as terminal:
        assert terminal.exit_code() == 1
        what, *steps = terminal.screen()
    assert what.startswith("ordercli: no database at ")
    assert [line.strip().partition(":")[0] for line in steps] == [
        "try it out", "look at another", "name it for good",
    ]  # fmt: skip
    assert "ordercli db init --sample 100" in steps[0]
    finished = run_process("list", env=home)
    assert (finished.exit_code, finished.stdout, finished.stderr.count(b"\n")) == (1, b"", 1)
    with Terminal(["list", "-d", str(tmp_path / "none.db")], 250, env=home) as terminal:
        assert terminal.exit_code() == 1
        assert len(terminal.screen()) == 1, "a database was named: nobody is new here"
