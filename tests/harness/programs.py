"""The programs that some tests need besides Python, and what is left out where one is missing.

``python3 tests/harness/programs.py`` prints the Debian packages of those that this machine lacks.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

PACKAGES = {
    "bash-completion": "bash-completion",
    "fish": "fish",
    "zsh": "zsh",
    "groff": "groff",
    "less": "less",
    "man": "man-db",
    "mandoc": "mandoc",
    "pgbouncer": "pgbouncer",
    "pgpool": "pgpool2",
    "promtool": "prometheus",
    "soffice": "libreoffice-calc-nogui",
    "sqlite3": "sqlite3",
    "strace": "strace",
}
"""The Debian package of each program, by the name that a test marked ``needs`` says."""

_FILES = {"bash-completion": "/usr/share/bash-completion/bash_completion"}
_SYSTEM = "/usr/sbin"
"""Where Debian puts servers, which is on no user's path."""


def is_there(program: str) -> bool:
    """Whether this machine has a program."""
    if program in _FILES:
        return Path(_FILES[program]).exists()
    return bool(shutil.which(program) or shutil.which(program, path=_SYSTEM))


def missing_packages() -> list[str]:
    """The Debian packages of the programs that this machine lacks."""
    return [package for program, package in PACKAGES.items() if not is_there(program)]


if __name__ == "__main__":
    sys.stdout.write(" ".join(missing_packages()))
