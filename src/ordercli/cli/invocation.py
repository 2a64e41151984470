"""What one run of the program is given from outside: its streams, its clock, its limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ordercli.base.limits import Limits
from ordercli.base.times import now
from ordercli.output.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class Invocation:
    """One run: every command gets it as a parameter, and hands on what is needed of it."""

    console: Console
    clock: Callable[[], datetime] = now
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def of_process(cls) -> Invocation:
        """The run that this process is: its own streams, the present moment, the usual limits."""
        return cls(Console.of_process())
