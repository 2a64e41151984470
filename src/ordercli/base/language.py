"""The language of what people read: French where the environment asks for it, else English.

Messages are written in English and looked up when they are shown. Names that programs read (keys,
options, commands, stored statuses) are never looked up.
"""

from __future__ import annotations

import os
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

CATALOGUE = Path(__file__).parents[1] / "locale" / "fr" / "LC_MESSAGES" / "ordercli.mo"
_VARIABLES = ("ORDERCLI_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


def is_french() -> bool:
    """Whether people are to read French: the first of the variables that is set decides."""
    named = next(filter(None, map(os.environ.get, _VARIABLES)), "")
    return named.startswith("fr")


def _(message: str) -> str:
    """The message in the reader's language."""
    return in_french(message) if message and is_french() else message


def plural(one: str, many: str, number: int) -> str:
    """The message for this number of things, in the reader's language."""
    if is_french():
        return _french().ngettext(one, many, number)
    return one if number == 1 else many


def marked(message: str) -> str:
    """The message as it is: it goes into the catalogue here, and is looked up where it is shown."""
    return message


def in_french(message: str) -> str:
    """The message in French, whatever the reader's language is."""
    found = _french().gettext(message)
    # Before Python 3.11.4 a message that has a plural is found only as one of the two.
    return _french().ngettext(message, message, 1) if found == message else found


@cache
def _french() -> GNUTranslations:
    with CATALOGUE.open("rb") as compiled:
        return GNUTranslations(compiled)
