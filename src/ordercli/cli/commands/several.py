"""What a command that reads several profiles says of those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ordercli.base.errors import ExitCode
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from ordercli.operations.reading import Reading
    from ordercli.output.console import Console


def tell_problems(console: Console, reading: Reading) -> None:
    """Tell what was wrong with the orders that were read, and which profiles gave none."""
    for line in (*reading.warnings(), *reading.problems()):
        tell(console, line)


def require_all_read(reading: Reading) -> None:
    """Raise Exit where a profile failed: what was shown is not all there is."""
    if reading.failures:
        raise typer.Exit(ExitCode.FAILED)
