"""What a command that reads several profiles says of those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ordercli.base.errors import ExitCode
from ordercli.base.language import _
from ordercli.output.messages import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.domain.selection import Selection
    from ordercli.operations.reading import Reading
    from ordercli.output.console import Console
    from ordercli.store.database import Database


def tell_problems(console: Console, reading: Reading) -> None:
    """Tell what was wrong with the orders that were read, and which profiles gave none."""
    for line in (*reading.warnings(), *reading.problems()):
        tell(console, line)


def require_all_read(reading: Reading) -> None:
    """Raise Exit where a profile failed: what was shown is not all there is."""
    if reading.failures:
        raise typer.Exit(ExitCode.FAILED)


def tell_none(
    console: Console, databases: Sequence[Database], selection: Selection, *, answered: bool = False
) -> None:
    """Tell that no order matches; of one database, also what would find some.

    Where what was written has ``answered`` already, a person alone is told that there is none, not
    cron, which would send it by mail.
    """
    from ordercli.operations.no_match import advice

    found = advice(databases[0], selection) if len(databases) == 1 else []
    if found or not answered or console.has_person:
        tell(console, _("; ").join([_("no order matches"), *found]))
