"""What may be offered in the lines of ``top``: the words of a filter, values of its options."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from ordercli.cli.completion.answer import HELP_OPTION, offers, typed_words
from ordercli.top.request import Offer

if TYPE_CHECKING:
    from ordercli.base.settings import Settings

_WORD = re.compile(r"""(?:'[^']*'?|"(?:\\.|[^"\\])*"?|\\.?|[^\s'"\\])+""")
"""A word of a line, with its quotes, of which the last may still be open."""


def line_offers(command: Any, settings: Settings, option: str | None, line: str) -> list[Offer]:
    """What TAB would offer for the end of the line, each with the line that it makes.

    The line has options of the command, or it is the value of one ``option``. ``settings`` say in
    which database users are looked up. Raises whatever the configuration or the database raises.
    """
    if option is not None:
        found = offers(command, [option, line], settings)
        return [Offer(each.value, each.meaning, each.value) for each in found]
    words = typed_words(line)
    begun = [each.start() for each in _WORD.finditer(line) if each.end() == len(line)]
    head = line[: begun[0]] if begun else line
    return [
        Offer(each.value, each.meaning, head + _written(each.value))
        for each in offers(command, words, settings)
        if each.value != HELP_OPTION
    ]


def _written(word: str) -> str:
    """The word as one types it; an option is followed by something else."""
    quoted = shlex.quote(word)
    return f"{quoted} " if word.startswith("--") and "=" not in word else quoted
