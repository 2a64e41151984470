"""Ids of orders as people type them, or as a pipe brings them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.values import LARGEST_INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ID = re.compile("-?[0-9]{1,20}")
_LONGEST_LINE = 1 << 16


def parse_id(text: str) -> int:
    """The id of an order; exact, never a prefix. Raises UsageError on anything else."""
    if _ID.fullmatch(text) and int(text) + 1 >= -LARGEST_INTEGER and int(text) <= LARGEST_INTEGER:
        return int(text)
    raise UsageError(
        _("'{text}' is not the id of an order").format(text=text),
        _("an id is a whole number, as in 12"),
    )


def parse_ids(words: Sequence[str], stdin: TextIO | None) -> tuple[int, ...]:
    """The ids on a command line; ``-`` alone reads them from ``stdin``.

    There, blanks and what follows a ``#`` are ignored. Raises UsageError on a word that is no id.
    """
    if list(words) != ["-"]:
        return tuple(parse_id(word) for word in words)
    if stdin is None:
        raise UsageError(_("standard input is closed"), _("give the ids on the command line"))
    return tuple(
        parse_id(word) for line in _lines(stdin) for word in line.partition("#")[0].split()
    )


def _lines(stdin: TextIO) -> Iterator[str]:
    lines = iter(lambda: stdin.buffer.readline(_LONGEST_LINE), b"")
    for number, line in enumerate(lines):
        if len(line) == _LONGEST_LINE:
            raise UsageError(_("standard input has no lines of ids"), _("give ids, one a line"))
        try:
            yield line.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError(_("standard input is not UTF-8"), _("give ids, one a line")) from None
