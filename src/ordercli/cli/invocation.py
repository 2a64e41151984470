"""What one run of the program is given from outside: its streams, clock, limits and name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ordercli.base.limits import Limits
from ordercli.base.times import now
from ordercli.output.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def unique_operation() -> str:
    """A name for a run that no other has."""
    from uuid import uuid4  # noqa: PLC0415 - only what changes orders needs it

    return str(uuid4())


@dataclass(frozen=True)
class Invocation:
    """One run: every command gets it as a parameter, and hands on what is needed of it.

    ``new_operation`` names the run in the history. ``selections`` says what each saved selection of
    the command line stands for.
    """

    console: Console
    clock: Callable[[], datetime] = now
    limits: Limits = field(default_factory=Limits)
    new_operation: Callable[[], str] = unique_operation
    selections: tuple[str, ...] = ()

    @classmethod
    def of_process(cls) -> Invocation:
        """The run that this process is: its own streams, the present moment, the usual limits."""
        return cls(Console.of_process())
