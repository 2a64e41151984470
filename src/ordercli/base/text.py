"""Text that strangers typed, made safe to show."""

from __future__ import annotations

import re
import unicodedata

from ordercli.base.errors import UsageError
from ordercli.base.language import _, is_french, plural

LONGEST_SHOWN = 1000
"""Characters of one text that a person is shown at most."""

COUNTED = {
    "order": ("{number} order", "{number} orders"),
    "other": ("{number} other", "{number} others"),
    "sample order": ("{number} sample order", "{number} sample orders"),
    "user": ("{number} user", "{number} users"),
    "change": ("{number} change", "{number} changes"),
    "group": ("{number} group", "{number} groups"),
    "profile": ("{number} profile", "{number} profiles"),
    "cause": ("{number} cause", "{number} causes"),
    "file": ("{number} file", "{number} files"),
}
"""What can be counted: one of it, and several."""

_MOST_COMBINING = 3
_NO_BREAK_SPACE = "\u00a0"  # not the narrow one, which older encodings and fonts lack
_KEPT = "\u200c"  # the joiner that Persian and Indic scripts are written with
_EVEN = str.maketrans(
    {
        "\ufe0f": None,
        "\u200d": None,
        **{chr(tone): None for tone in range(0x1F3FB, 0x1F400)},
        **{chr(0x1F1E6 + place): chr(ord("A") + place) for place in range(26)},
    }
)
"""What makes emoji that are wide in one terminal and narrow in another is left out or spelt out."""

_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_FORMATTING = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def printable(text: str, longest: int = LONGEST_SHOWN) -> str:
    r"""The text as one line that no terminal obeys.

    Control characters, bidirectional marks, line separators and lone surrogates become escapes
    such as ``\x1b``; more than a few combining marks in a row, and all past ``longest``
    characters, are left out. Emoji are simplified until every terminal gives them the same width.
    """
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    combining = 0
    for character in text.translate(_EVEN):
        category = unicodedata.category(character)
        combining = combining + 1 if category in ("Mn", "Me") else 0
        if combining > _MOST_COMBINING:
            continue
        hidden = category[0] == "C" or category in ("Zl", "Zp")
        shown.append(_escape(character) if hidden and character not in _KEPT else character)
    return "".join(shown)


def json_safe(document: str) -> str:
    """A JSON document with the characters that steer a terminal written as JSON escapes.

    The values that it holds stay the same: JSON's own encoder has escaped the rest already.
    """
    return _FORMATTING.sub(lambda found: f"\\u{ord(found[0]):04x}", document)


def encoded(text: str) -> bytes:
    """The text as UTF-8; a lone surrogate, which no file may hold, as a question mark."""
    return text.encode("utf-8", "replace")


def is_utf8(data: bytes) -> bool:
    """Whether these bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def require_text(text: str, what: str) -> str:
    """The text itself; raises UsageError where it is empty or not valid UTF-8."""
    if not text.strip():
        raise UsageError(
            _("{what} is empty").format(what=what), _("give a text, or leave the option out")
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            _("{what} is not valid UTF-8").format(what=what), _("check the terminal's encoding")
        ) from None
    return text


def counted(number: int, noun: str) -> str:
    """A count with its noun, one of ``COUNTED``, as in ``1 order`` and ``1,234 orders``."""
    return plural(*COUNTED[noun], number).format(number=grouped(number))


def counted_part(shown: int, in_all: int, noun: str) -> str:
    """How many of all are shown, as in ``50 of 1,234 orders``; all of them as ``counted``."""
    if in_all <= shown:
        return counted(shown, noun)
    return _("{number} of {groups}").format(number=grouped(shown), groups=counted(in_all, noun))


def grouped(number: int) -> str:
    """A number with its thousands set apart, as in ``1,234``."""
    return f"{number:,}".replace(",", _NO_BREAK_SPACE) if is_french() else f"{number:,}"


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
