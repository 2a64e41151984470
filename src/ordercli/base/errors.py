"""What can go wrong, in the words that a person reads, each with its exit code."""

from __future__ import annotations

from difflib import get_close_matches
from enum import IntEnum
from typing import TYPE_CHECKING, Self

from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from pathlib import Path


class ExitCode(IntEnum):
    """The exit codes that scripts rely on, each with the meaning that docs and manual give."""

    meaning: str

    def __new__(cls, number: int, meaning: str = "") -> Self:
        """A code with its meaning."""
        code = int.__new__(cls, number)
        code._value_ = number
        code.meaning = meaning
        return code

    DONE = 0, "all done"
    FAILED = 1, "the database, the service or a file failed"
    USAGE = (
        2,
        "the command line is wrong, or a confirmation was refused or impossible; nothing changed",
    )
    PARTIAL = (
        3,
        "some orders were refused, not found or turned back; the others are changed, "
        "stderr names each",
    )
    MATCHED = 4, "an order matches, and --exit-code was given"
    HUNG_UP = 129, "the terminal went away"
    INTERRUPTED = 130, "stopped by Ctrl-C"
    READER_GONE = 141, "the reader of the output went away"
    TERMINATED = 143, "stopped by SIGTERM"


class OrdercliError(Exception):
    """A failure to report in one line: what happened, and what to do about it."""

    exit_code = ExitCode.FAILED

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what, advice)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        if not self.advice:
            return self.what
        return _("{what}; {advice}").format(what=self.what, advice=self.advice)


def how_to_install(package: str) -> str:
    """The advice where a package is missing that only an extra brings."""
    return _("pip install {package}, or pipx inject ordercli {package}").format(package=package)


class UsageError(OrdercliError):
    """The command line or the configuration is wrong; nothing was done."""

    exit_code = ExitCode.USAGE


class DatabaseError(OrdercliError):
    """The database can't be reached, read or written as asked."""


class MissingDatabaseError(DatabaseError):
    """There is no such SQLite file."""

    def __init__(self, what: str, advice: str, path: Path) -> None:
        super().__init__(what, advice)
        self.path = path


class TransientError(DatabaseError):
    """The database did not do it this time: a lock, a deadlock, a lost connection."""


class ConnectionLostError(TransientError):
    """The server went away: what was being done may be done or not."""


class ServerSilentError(ConnectionLostError):
    """The server froze, or can't be reached: to try again at once would only wait again."""


class CommitInterruptedError(DatabaseError):
    """Somebody stopped the run in a commit: what was being done may be done or not."""

    exit_code = ExitCode.INTERRUPTED


class ServiceError(OrdercliError):
    """The live service can't be reached, or does not answer as it should."""


class LoginError(ServiceError):
    """The live service refuses the login, or the token that it once gave."""


class InterruptedRunError(OrdercliError):
    """Somebody stopped the run; what it had done stays done."""

    def __init__(self, what: str, advice: str, exit_code: int) -> None:
        super().__init__(what, advice)
        self.exit_code = ExitCode(exit_code)


class FileError(OrdercliError):
    """A file can't be read or written as asked."""


class PartialError(OrdercliError):
    """Some of the orders named were refused or not found."""

    exit_code = ExitCode.PARTIAL


def unknown_name(
    what: str,
    name: str,
    known: Iterable[str],
    aliases: Iterable[str] = (),
    never: Container[str] = (),
) -> UsageError:
    """An error for a name that is not known, with the nearest right one and the list.

    ``what`` says so. The nearest may be one of the aliases, which the list leaves out, and is none
    of those that are ``never`` suggested.
    """
    names = list(known)
    listing = _("known: {names}").format(names=", ".join(names))
    near = nearest(name, [each for each in (*names, *aliases) if each not in never])
    advice = _("did you mean '{name}'? {others}").format(name=near, others=listing)
    return UsageError(what, advice if near else listing)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, whatever the case; None when none is like it."""
    by_lower: dict[str, list[str]] = {}
    for candidate in known:
        by_lower.setdefault(candidate.lower(), []).append(candidate)
    matches = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.5)
    return get_close_matches(name, by_lower[matches[0]], n=1, cutoff=0)[0] if matches else None
