"""The process that ``ordercli`` and ``python -m ordercli`` are."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

_STDERR = 2
_OBJECTS_BEFORE_GARBAGE = 500_000
"""Objects that are made before Python looks for garbage; its own default is 700."""


def main() -> None:
    """Run the program, and end the process with its exit code."""
    _fill_closed_descriptors()
    # What a command imports lives until its end: to look through it for garbage hundreds of times
    # would take a tenth of its start, and to take it apart at the end as much again.
    gc.set_threshold(_OBJECTS_BEFORE_GARBAGE)
    from ordercli.cli.app import main as run  # noqa: PLC0415 - its imports come after the threshold

    try:
        run()
    except SystemExit as ended:
        _end_at_once(ended.code)
        raise


def _fill_closed_descriptors() -> None:
    """Open /dev/null on those of the descriptors 0 to 2 that are closed.

    The next file that is opened would get their number, and what is meant for a person with it.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _end_at_once(code: object) -> None:
    """End without taking apart what the system takes back as a whole, once all is written.

    It returns where that can't be done, for the interpreter to say why in its own way.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        return
    with suppress(OSError, ValueError):  # what could not be told changes no exit code
        if sys.stderr is not None:
            sys.stderr.flush()
    if code is None or isinstance(code, int):
        os._exit(code or 0)


if __name__ == "__main__":
    main()
