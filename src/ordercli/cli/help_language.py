"""Typer's own words, and the help of all commands, in the reader's language."""

from __future__ import annotations

import re
from typing import Any

from ordercli.base.language import _, is_french, marked

_IN_HELP = (marked("Show this message and exit."), marked("[default: "), marked("[required]"))
_IN_ERRORS = (
    marked("missing argument {name}"),
    marked("missing option {name}"),
    marked("missing command"),
    marked("no such option: {name}"),
    marked("option {name} requires an argument"),
    marked("option {name} does not take a value"),
    marked("invalid value for {name}: {reason}"),
    marked("Input should be a valid integer, unable to parse string as an integer"),
    marked("Input should be a valid number, unable to parse string as a number"),
    marked("Input should be greater than or equal to {number}"),
)


def translate(command: Any) -> None:
    """Put the help and the metavars of a command, and of its parameters, into French if need be.

    The commands below it are put into French when they are made.
    """
    if not is_french():
        return
    for each in (command, *getattr(command, "params", ())):
        for name in HELP_ATTRIBUTES:
            words = getattr(each, name, None)
            if isinstance(words, str):
                setattr(each, name, _(words))


HELP_ATTRIBUTES = ("help", "metavar", "options_metavar", "subcommand_metavar")
"""Where commands and their parameters keep words for people."""


def parts_of(command: Any) -> list[Any]:
    """The parameters of a command and the commands below it."""
    return [*getattr(command, "params", ()), *getattr(command, "commands", {}).values()]


def help_words(text: str) -> str:
    """The help of an option with what Typer adds to it in the reader's language."""
    for words in _IN_HELP:
        text = text.replace(words, _(words))
    return text


def reworded(message: str) -> str:
    """A message of Typer's in the reader's language; one that is not known stays as it is."""
    if not is_french():
        return message
    for template in _IN_ERRORS:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*?)", re.escape(template))
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found:
            words = {key: reworded(value) for key, value in found.groupdict().items()}
            return _(template).format(**words)
    return message
