"""What a command that reads several profiles says of those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ordercli.base.errors import ExitCode
from ordercli.base.language import _
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from ordercli.domain.selection import Selection
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


def tell_none(console: Console, reading: Reading, selection: Selection) -> None:
    """Tell that no order matches; of one database, also what would find some."""
    from ordercli.operations.no_match import why_no_order

    if reading.several:
        tell(console, _("no order matches"))
    else:
        tell(console, why_no_order(reading.databases[0], selection))
