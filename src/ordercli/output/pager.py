"""The user's pager, for what is longer than the window."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from typing import IO, TYPE_CHECKING, cast

from ordercli.base.errors import UsageError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ordercli.output.console import Console


def page(parts: Iterable[str], console: Console) -> None:
    """Show text, already safe, in the user's pager (``PAGER``, else ``less``), as git does.

    Its parts are made as the pager takes them, and no further than it does.

    Without a pager, or where ``PAGER`` is empty or ``cat``, it is written to stdout.
    """
    command = os.environ.get("PAGER", "less")
    if command.strip() in ("", "cat") or shutil.which(_first_word(command)) is None:
        for part in parts:
            console.show(part)
        return
    environment = {"LESS": "FRX", "LV": "-c", **os.environ}
    if console.unicode:  # a server may lack its user's locale: less would show bytes
        environment.setdefault("LESSCHARSET", "utf-8")
    console.output.flush()
    # At Ctrl-C the pager decides, as with git: a handler, unlike SIG_IGN, is not inherited by it.
    before = signal.signal(signal.SIGINT, lambda *_unused: None)
    try:
        _feed(command, environment, map(console.as_shown, parts))
    finally:
        signal.signal(signal.SIGINT, before)


def _first_word(command: str) -> str:
    try:
        return shlex.split(command)[0]
    except ValueError:
        raise UsageError(
            _("PAGER is no command that a shell can read: {command}").format(command=command),
            _("correct it, or use --no-pager"),
        ) from None


def _feed(command: str, environment: Mapping[str, str], parts: Iterable[bytes]) -> None:
    with (
        suppress(BrokenPipeError),
        subprocess.Popen(  # noqa: S602 - the user's own words, which a shell is to read
            command, shell=True, stdin=subprocess.PIPE, env=environment
        ) as pager,
    ):
        cast("IO[bytes]", pager.stdin).writelines(parts)
