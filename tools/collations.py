"""The tests of PostgreSQL on databases that sort as people do: ``make test-collations``.

They run on Debian's server, once with ICU and once with the C library: the wheel's has neither.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harness.postgres_server import COLLATIONS, DebianServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ABOUT_POSTGRESQL = "(postgres or service or grants or concurrency) and not wheel"


@contextmanager
def _running(collation: str) -> Iterator[str]:
    server = DebianServer(collation)
    try:
        yield server.url
    finally:
        server.stop()


def main(options: Sequence[str]) -> int:
    """Run them with each collation, with more options for pytest; the first failure's exit code."""
    for collation in COLLATIONS:
        print(f"PostgreSQL that sorts by {collation}", flush=True)  # noqa: T201 - a script's output
        with _running(collation) as url:
            pytest = [sys.executable, "-m", "pytest", "-n", "2", "-k", _ABOUT_POSTGRESQL]
            finished = subprocess.run([*pytest, "--postgres-url", url, *options], check=False)
        if finished.returncode:
            return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
