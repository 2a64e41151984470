"""The user's pager, for what is longer than the window."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordercli.output.console import Console


def page(text: str, console: Console) -> None:
    """Show text, already safe, in the user's pager (``PAGER``, else ``less``), as git does.

    Without a pager, or where ``PAGER`` is empty or ``cat``, it is written to stdout.
    """
    command = os.environ.get("PAGER", "less")
    if command.strip() in ("", "cat") or shutil.which(shlex.split(command)[0]) is None:
        console.show(text)
        return
    environment = {"LESS": "FRX", "LV": "-c", **os.environ}
    console.output.flush()
    with (
        subprocess.Popen(  # noqa: S602 - the user's own words, which a shell is to read
            command, shell=True, stdin=subprocess.PIPE, env=environment
        ) as pager,
        suppress(BrokenPipeError),
    ):
        pager.communicate(console.as_shown(text))
