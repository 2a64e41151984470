"""The keys of the page: what each does, for the line below the table and for the help."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, NamedTuple

from textual.widgets import Static

from ordercli.base.language import _, marked
from ordercli.top.dialogs import safe

if TYPE_CHECKING:
    from rich.text import Text

_BETWEEN = "  "


class _Key(NamedTuple):
    """A key, or several: what the line has of it, if anything, and what the help says."""

    key: str
    short: str
    meaning: str


_KEYS = (
    _Key(
        "/", marked("/ filter"),
        marked("filter, in the words of the command line; Tab completes"),
    ),
    _Key(
        marked("space"), marked("space mark"),
        marked("mark: changes are of the marked orders, else of the one at the cursor"),
    ),
    _Key("p", marked("p pause"), marked("pause, after a question")),
    _Key("r", marked("r resume"), marked("resume, after a question")),
    _Key("x", marked("x cancel"), marked("cancel, after a question")),
    _Key(
        "f", marked("f files"),
        marked("files of the order at the cursor; f once more: those that failed"),
    ),
    _Key(
        "s", marked("s statistics"),
        marked("statistics of what is shown, by status; s once more: by user, by day"),
    ),
    _Key("u", marked("u undo"), marked("undo the last change, after a question")),
    _Key(marked("Enter"), marked("Enter in full"), marked("the order in full")),
    _Key("h", marked("h history"), marked("its history")),
    _Key("o", marked("o sort"), marked("the columns to sort by")),
    _Key("c", marked("c columns"), marked("the columns to show")),
    _Key("e", marked("e report"), marked("write the CSV of what is shown")),
    _Key("w", marked("w interval"), marked("seconds between two readings")),
    _Key("F5", "", marked("read now")),
    _Key(marked("arrows"), "", marked("move; PgUp, PgDn, Home and End go further")),
)  # fmt: skip
_LAST = (_Key("?", marked("? help"), ""), _Key("q", marked("q quit"), marked("quit")))


class KeysLine(Static):
    """The keys that people need most, as many as the window has room for."""

    def render(self) -> Text:
        """The line, whose end is always how to get help and how to leave."""
        last = _BETWEEN.join(_(each.short) for each in _LAST)
        line = ""
        for key in _KEYS:
            longer = f"{line}{_(key.short)}{_BETWEEN}" if key.short else line
            if len(longer) + len(last) > self.size.width:
                break
            line = longer
        return safe(line + last)


def help_text(width: int) -> str:
    """Every key and what it does, in lines of so many cells at most."""
    told = [(_(each.key), _(each.meaning)) for each in (*_KEYS, *_LAST) if each.meaning]
    first = max(len(key) for key, _meaning in told) + len(_BETWEEN)
    return "\n".join(
        fill(key.ljust(first) + meaning, width, subsequent_indent=" " * first)
        for key, meaning in told
    )
