"""What a person is told on stderr: one line each, which no terminal obeys."""

from __future__ import annotations

import re
import traceback
from contextlib import suppress
from textwrap import wrap
from typing import TYPE_CHECKING

from ordercli.base.language import _
from ordercli.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ordercli.domain.anomalies import Anomalies
    from ordercli.output.console import Console

_LONGEST_MESSAGE = 2000
_PASSWORD = re.compile(r"(:/{1,2}[^\s:/@]*:)\S*@")


def folded(line: str, width: int | None, indent: str = "") -> list[str]:
    """The line, indented and broken between words where the window is narrower; None is no window.

    What follows stands further in, and no word is broken.
    """
    if width is None:
        return [indent + line]
    return wrap(
        printable(line, _LONGEST_MESSAGE), width, initial_indent=indent,
        subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def note(console: Console, message: str) -> None:
    """Write one line for people to stderr, which may be closed, full or without a reader.

    None of these may end a change in its middle.
    """
    if console.stderr is None:
        return
    with suppress(OSError, ValueError):
        line = printable(_shortened(message), _LONGEST_MESSAGE)
        encoding = console.stderr.encoding or "utf-8"
        print(line.encode(encoding, "backslashreplace").decode(encoding), file=console.stderr)


def tell(console: Console, message: str) -> None:
    """Write one line for people to stderr, after the program's name.

    The password of a URL that it repeats, typed where it does not belong, is left out.
    """
    note(console, _PASSWORD.sub(r"\1***@", f"ordercli: {message}"))


def warn(console: Console, anomalies: Anomalies) -> None:
    """Tell in one line what was found wrong with the orders shown, if anything was."""
    if warning := anomalies.warning():
        tell(console, warning)


def pass_on(console: Console, warnings: Iterable[str]) -> None:
    """Tell what the database's server warns of, a line each."""
    for line in warning_lines(warnings):
        tell(console, line)


def warning_lines(warnings: Iterable[str]) -> list[str]:
    """What the database's server warns of, as people are told of it."""
    return [_("the server warns: {warning}").format(warning=each) for each in warnings]


def report_error(console: Console, error: Exception, *, cause: BaseException, debug: bool) -> None:
    """Write an error to stderr: one line, after where its cause was raised if ``debug``.

    The places are named without the messages of the errors behind it: these may hold a password.
    """
    behind: BaseException | None = cause if debug else None
    while behind is not None:
        for frame in traceback.extract_tb(behind.__traceback__):
            note(console, f"  {frame.filename}:{frame.lineno} in {frame.name}")
        note(console, f"{type(behind).__module__}.{type(behind).__qualname__}")
        behind = behind.__cause__ or behind.__context__
    tell(console, str(error))


def _shortened(message: str) -> str:
    """The message, cut in its middle where it is too long: its end says what to do."""
    half = _LONGEST_MESSAGE // 2 - 1
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:half]}…{message[-half:]}"
