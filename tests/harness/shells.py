"""Real shells at a prompt with completion installed, and names that would do harm in one."""

from __future__ import annotations

import os
import sys
from itertools import count, cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.program import run
from harness.terminal import Terminal

if TYPE_CHECKING:
    from ordercli.store.database import Database

_BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")

in_each_shell = pytest.mark.parametrize(
    "shell",
    [
        pytest.param("bash", marks=pytest.mark.needs("bash-completion")),
        pytest.param("zsh", marks=pytest.mark.needs("zsh")),
        pytest.param("fish", marks=pytest.mark.needs("fish")),
    ],
)

# For each shell, the file that it reads at its start, and what a user has in it.
_STARTING = {
    "bash": (".bashrc", f"PS1='ready> '\nsource {_BASH_COMPLETION}\n"),
    "zsh": (
        ".zshrc",
        "PS1='ready> '\nfpath=(~/.local/share/zsh/site-functions $fpath)\n"
        "autoload -Uz compinit\ncompinit -u -D\n",
    ),
    "fish": (".config/fish/config.fish", "function fish_prompt; echo -n 'ready> '; end\n"),
}

# Every way known to make bash, zsh or fish run a word, or a program take it for an option.
_TRAPS = (
    "$({})", "`{}`", ";{};", "'; {} #", '"; {} #', "|{}|", "&{}&", "\n{}\n", "({})", "<({})",
    ">({})", "=({})", "*(e:'{}':)", "$(({}))", "${{x:=$({})}}", "$[$({})]", "{{$({}),b}}", "~$({})",
    "*", "?", "[a-z]", "~", "!!", "!{}", "^x^{}^", "-u", "--yes", "--database={}", "-",
    "\\`{}\\`", "\\$({})", "$'\\n{}\\n'", "\t{}", " {}", "\r{}\r", "\x03{}\r", "\x15{}\r",
    "\x1b[200~{}\r", "\x1b]0;{}\x07", "\x1bx{}", "{}\0", "\u2028{}", "\uff04({})", "#{}", "%{}%",
    "@{}", ":files", ":files\n{}", "a\t$({})", "a:$({})", "a=$({})", "a,$({})", "(a)b($({}))",
)  # fmt: skip


def hostile_names(command: str) -> list[str]:
    """A thousand user names, each of which would run the command if a shell ever read it."""
    traps = (
        f"{'u' * (number % 3 > 0 and trap[0] != '-')}{trap.format(f'{command}{number}')}{number}@y"
        for trap, number in zip(cycle(_TRAPS), count())
    )
    return list(islice(traps, 1000))


class ShellTerminal(Terminal):
    """A shell at its prompt."""

    _settled = 0

    def type(self, keys: str, shown: str) -> None:
        """Clear the screen and the line, type the keys, and wait until a line has the text."""
        self.send("\x15\x0c")
        self.send(keys)
        self.expect(shown)

    def settle(self) -> None:
        """Wait until all that was typed is done, and the prompt is back."""
        self._settled += 1
        self.send(f"\x15echo settled''{self._settled}\r")
        self.expect(f"settled{self._settled}", timeout=60)


def started(name: str, home: Path, database: Database) -> ShellTerminal:
    """A shell in its user's home, with completion installed as its user would; a context manager.

    Tests that take one are marked ``in_each_shell``.
    """
    home.mkdir()
    file, lines = _STARTING[name]
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(f"{lines}cd ~\n", encoding="utf-8")
    # A new user's fish would read all manual pages first, in the background, for a minute.
    (home / ".local/share/fish/generated_completions").mkdir(parents=True)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"HOME": str(home), "PATH": path, "HISTFILE": "/dev/null", "COLUMNS": None, "LINES": None}
    assert run("--install-completion", name, env=env).exit_code == 0
    terminal = ShellTerminal(["-i"], 100, 40, program=[name], database=database, env=env)
    terminal.expect("ready>")
    return terminal
