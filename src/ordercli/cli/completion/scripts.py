"""The completion scripts of the shells: where they are, and where a user's shell looks for them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ordercli.base.errors import FileError, UsageError, unknown_name
from ordercli.base.language import _, marked

if TYPE_CHECKING:
    from collections.abc import Sequence

OPTIONS = ("--install-completion", "--show-completion")


class _Shell(NamedTuple):
    """A shell: its script's name here, where it goes in a home of XDG's, and what is left to do."""

    script: str
    variable: str
    otherwise: str
    target: str
    advice: str


_SHELLS = {
    "bash": _Shell(
        "ordercli.bash", "XDG_DATA_HOME", ".local/share", "bash-completion/completions/ordercli",
        marked(
            "new shells with bash-completion have it; without, add to ~/.bashrc: source '{path}'"
        ),
    ),
    "zsh": _Shell(
        "_ordercli", "XDG_DATA_HOME", ".local/share", "zsh/site-functions/_ordercli",
        marked(
            "unless it is there, add to ~/.zshrc, before compinit: fpath=('{path.parent}' $fpath)"
        ),
    ),
    "fish": _Shell(
        "ordercli.fish", "XDG_CONFIG_HOME", ".config", "fish/completions/ordercli.fish",
        marked("new shells have it"),
    ),
}  # fmt: skip
SHELLS = tuple(_SHELLS)


def with_shell(words: Sequence[str]) -> list[str]:
    """The words of a command line, with the user's shell after a last word that waits for one.

    Raises UsageError where that is no shell we know.
    """
    if not words or words[-1] not in OPTIONS:
        return list(words)
    name = Path(os.environ.get("SHELL", "")).name
    if name not in _SHELLS:
        raise UsageError(
            _("can't tell which shell you use"),
            _("name it: {names}").format(names=", ".join(SHELLS)),
        )
    return [*words, name]


def script(name: str) -> str:
    """The script for the shell of this name; raises UsageError where there is none."""
    from importlib.resources import files  # noqa: PLC0415 - slow to import, and only for this

    return (files("ordercli") / "completions" / _shell(name).script).read_text(encoding="utf-8")


def install(name: str) -> str:
    """Write the script to where the user's shell looks for it, and tell where and what is left.

    Raises UsageError on an unknown shell, and FileError where it can't be written.
    """
    from ordercli.base.files import (  # noqa: PLC0415 - most runs install nothing
        make_private_directory,
        whole_file,
    )

    shell = _shell(name)
    home = Path(os.environ.get(shell.variable, ""))
    path = (home if home.is_absolute() else Path.home() / shell.otherwise) / shell.target
    try:
        make_private_directory(path.parent)
    except OSError as error:
        raise FileError(
            _("can't make {name}: {reason}").format(name=path.parent, reason=error.strerror),
            _("check its rights"),
        ) from None
    with whole_file(path) as stream:
        stream.write(script(name).encode())
    advice = _(shell.advice).format(path=path)
    return _("wrote {path}; {advice}").format(path=path, advice=advice)


def _shell(name: str) -> _Shell:
    if name.lower() not in _SHELLS:
        raise unknown_name(_("no shell '{name}'").format(name=name), name, SHELLS)
    return _SHELLS[name.lower()]
