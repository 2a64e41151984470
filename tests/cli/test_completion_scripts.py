"""The scripts of completion: the same everywhere, and put where each shell looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.program import run
from ordercli.cli.completion.scripts import SHELLS, script

_TOP = Path(__file__).parents[2]


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_for_distributors_are_the_same(shell: str) -> None:
    name = {"bash": "ordercli.bash", "zsh": "_ordercli", "fish": "ordercli.fish"}[shell]
    packaged = (_TOP / "src" / "ordercli" / "completions" / name).read_text(encoding="utf-8")
    assert packaged == script(shell) == run("--show-completion", shell).stdout


def test_installing_says_where_and_touches_nothing_else(tmp_path: Path) -> None:
    places = {
        "bash": "data/bash-completion/completions/ordercli",
        "zsh": "data/zsh/site-functions/_ordercli",
        "fish": "config/fish/completions/ordercli.fish",
    }
    env = {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    for shell, place in places.items():
        done = run("--install-completion", shell, env=env)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr.startswith(f"ordercli: wrote {tmp_path / place}; ")
        assert (tmp_path / place).read_text(encoding="utf-8") == script(shell)
        assert run("--install-completion", shell, env=env).exit_code == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    assert f"fpath=('{tmp_path}/data/zsh/site-functions' $fpath)" in run(
        "--install-completion", "zsh", env=env
    ).stderr  # fmt: skip


def test_a_shell_that_is_not_named_is_the_users(tmp_path: Path) -> None:
    relative = {"HOME": str(tmp_path), "SHELL": "/usr/bin/fish", "XDG_CONFIG_HOME": "relative"}
    assert run("--install-completion", env=relative).exit_code == 0
    assert (tmp_path / ".config/fish/completions/ordercli.fish").exists()
    assert run("--show-completion", env=relative).stdout == script("fish")
    for env in ({"SHELL": "/bin/ksh"}, {"SHELL": None}):
        failed = run("--show-completion", env=env)
        assert failed.exit_code == 2
        assert failed.stderr == (
            "ordercli: can't tell which shell you use; name it: bash, zsh, fish\n"
        )


def test_an_unknown_shell_and_a_place_that_is_not_writable(tmp_path: Path) -> None:
    failed = run("--show-completion", "fsh")
    assert failed.exit_code == 2
    assert failed.stderr.startswith("ordercli: no shell 'fsh'; did you mean 'fish'?")
    (tmp_path / "file").touch()
    failed = run("--install-completion", "bash", env={"XDG_DATA_HOME": str(tmp_path / "file")})
    assert failed.exit_code == 1
    assert failed.stderr.startswith("ordercli: can't make ")
