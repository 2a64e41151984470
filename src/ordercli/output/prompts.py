"""Questions to a person, on stderr and answered on standard input; and secrets."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ordercli.base.language import _, marked
from ordercli.base.text import printable
from ordercli.output.messages import folded, note

if TYPE_CHECKING:
    from ordercli.output.console import Console


CHOICE = marked("[y/N]")
"""What may be answered to a question."""


def typed_words(words: str) -> str:
    """The line that asks a person to type these very words."""
    return _("Type '{words}' to go on:").format(words=words)


def can_ask(console: Console) -> bool:
    """Whether there is a person to ask: a terminal to read from and one to show the question."""
    return all(stream is not None and stream.isatty() for stream in (console.stdin, console.stderr))


def answered_yes(console: Console, question: str) -> bool:
    """Ask a person; anything but yes, an end of input too, means no."""
    return means_yes(_answer(console, f"{printable(question)} {_(CHOICE)}"))


def means_yes(answer: str) -> bool:
    """Whether the answer to a question means yes."""
    return answer.lower() in ("y", "yes", *_("y yes").split())


def answered_with(console: Console, question: str, words: str) -> bool:
    """Ask a person for these very words; anything else means no."""
    return _answer(console, f"{printable(question)} {typed_words(words)}") == words


def asked_secretly(console: Console, question: str) -> str | None:
    """What a person types at the terminal, where it does not show; None where there is none.

    Standard input may be taken: the terminal itself is asked. Raises EOFError on Ctrl-D and
    UnicodeDecodeError on bytes that are no text.
    """
    from getpass import getpass  # noqa: PLC0415 - only for a password

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return None
    return getpass(f"{printable(question)} ", stream=console.stderr)


def _answer(console: Console, question: str) -> str:
    if console.stdin is None or console.stderr is None:
        return ""
    *above, last = folded(question, console.question_width) or [""]
    for line in above:
        note(console, line)
    console.stderr.write(f"{last} ")
    console.stderr.flush()
    return console.stdin.readline().strip()
