"""Running the program: inside this process, or as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ordercli.base.limits import Limits
from ordercli.base.times import now
from ordercli.cli.invocation import Invocation
from ordercli.output.console import Console
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 10, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment that it shows."""
        return self.now

    def set(self, moment: str) -> None:
        """Set it to a moment in ISO 8601, UTC unless it has an offset."""
        read = datetime.fromisoformat(moment)
        self.now = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)

    def advance(self, **duration: float) -> None:
        """Move it on by a duration in the words of ``timedelta``."""
        self.now += timedelta(**duration)


clock_of_runs: Callable[[], datetime] = now
"""The clock that ``run`` hands in; the fixture ``clock`` puts a still one here."""

limits_of_runs = Limits()
"""The limits that ``run`` hands in; the fixture ``impatient`` puts shorter ones here."""


@dataclass(frozen=True)
class Result:
    """How a run inside this process ended."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class ProcessResult:
    """How a process ended; minus the signal's number where a signal ended it."""

    exit_code: int
    stdout: bytes
    stderr: bytes


def run(
    *arguments: object,
    database: Database | str | None = None,
    stdin: str | bytes | None = None,
    env: Mapping[str, str | None] | None = None,
    clock: Callable[[], datetime] | None = None,
    limits: Limits | None = None,
) -> Result:
    """Run the program in this process, off any terminal.

    ``database`` goes into its environment; None in ``env`` takes a variable away. Clock and limits
    are those of the fixtures, if a test has them, unless they are given. An exception that would be
    a traceback for its user is raised.
    """
    from typer.testing import CliRunner

    from ordercli.cli.app import app

    variables = _variables(database, env)
    with CliRunner().isolation(input=stdin, env=variables) as (stdout, stderr, _both):
        given = Invocation(Console.of_process(), clock or clock_of_runs, limits or limits_of_runs)
        words = [str(argument) for argument in arguments]
        try:
            app(words, prog_name="ordercli", obj=given)
            exit_code = 0
        except SystemExit as ended:
            exit_code = int(ended.code or 0)
        sys.stdout.flush()
        sys.stderr.flush()
        return Result(exit_code, stdout.getvalue().decode(), stderr.getvalue().decode())


def run_process(
    *arguments: object,
    database: Database | str | None = None,
    stdin: bytes = b"",
    env: Mapping[str, str | None] | None = None,
    timeout: float = 60,
) -> ProcessResult:
    """Run the program in a process of its own, off any terminal."""
    finished = subprocess.run(
        command(*arguments),
        check=False,
        capture_output=True,
        input=stdin,
        env=environment(database, env),
        timeout=timeout,
    )
    return ProcessResult(finished.returncode, finished.stdout, finished.stderr)


def command(*arguments: object) -> list[str]:
    """The program with its arguments, for ``subprocess``."""
    return [sys.executable, "-m", "ordercli", *(str(argument) for argument in arguments)]


def environment(
    database: Database | str | None = None, env: Mapping[str, str | None] | None = None
) -> dict[str, str]:
    """A whole environment for a process: this one's with the changes."""
    changed = {**os.environ, **_variables(database, env)}
    return {name: value for name, value in changed.items() if value is not None}


def _variables(
    database: Database | str | None, env: Mapping[str, str | None] | None
) -> dict[str, str | None]:
    variables: dict[str, str | None] = {}
    if database is not None:
        location = database.location if isinstance(database, Database) else database
        variables["ORDERCLI_DATABASE"] = location
    return {**variables, **(env or {})}
