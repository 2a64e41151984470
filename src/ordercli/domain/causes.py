"""Causes of failures: which texts of the service mean the same, and how their cause is called.

The service's texts name the file, the moment, the address that they are about, so that hardly two
are equal. What is left once these are taken out is the cause. The databases take them out
themselves, by ``VARYING``, for millions of texts are more than one wants to be sent; so the rule is
one that their regular expressions share.
"""

from __future__ import annotations

import re
from itertools import takewhile

FAILED_STATES = ("ERROR", "PROCESSING_ERROR", "DOWNLOAD_ERROR")
"""The stored states of a file that could not be delivered, processed or downloaded."""

LONGEST = 500
"""Characters of a text that its cause is taken from: what follows is hardly ever written by hand.

Of these, the first line alone counts: below it stand the lines of the program that failed.
"""

PLACEHOLDER = "\x1a"
"""Stands for what varies where an encoding may lack the sign that people see."""

VARIES = "…"
"""What people see in its place; in a pattern it is a wildcard, as ``*``."""

NO_CAUSE = "(none)"
"""How people call, and name, the cause of files of which the service does not say why."""

_ENDS = r""" \t\n\r\v\f"'(),;=<>"""
VARYING = f"[^{_ENDS}]*[0-9/@][^{_ENDS}]*"
"""A word with a digit, a slash or an at sign: a number, an id, a path or an address."""

# Begins at the beginning of a word, without which each of its letters would be tried.
_VARYING = re.compile(f"(?<![^{_ENDS}]){VARYING}")


_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_MOST_KNOWN = 10_000


class Folding:
    """Folds many lines: those that only differ in their digits are looked at once."""

    def __init__(self) -> None:
        self._known: dict[bytes, str] = {}

    def __call__(self, line: str | None) -> str | None:
        """The line with a placeholder for each word that varies; equal for all of a cause."""
        if line is None:
            return None
        key = line.encode(errors="replace").translate(_DIGITS)
        result = self._known.get(key)
        if result is None:
            result = _VARYING.sub(PLACEHOLDER, line)
            if len(self._known) < _MOST_KNOWN:
                self._known[key] = result
        return result


def cause_of(first: str, last: str) -> str:
    """How the cause is called of which these are the first and the last line in order.

    All lines in between share what the two have in common at the beginning. Its words are the same
    in all of them, so they are shown; the others that vary are not.
    """
    if first == last:
        return first
    pairs = zip(first, last, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return _VARYING.sub(lambda word: word[0] if word.end() < shared else VARIES, first)


def pattern_of(cause: str) -> str:
    """The pattern, with ``*`` and ``?``, that matches all lines of a cause as it is called."""
    return cause.replace(VARIES, "*")
