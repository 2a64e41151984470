"""The streams of a run, and what is known of its terminal: the one place that writes to stdout.

Data from the database never reaches a terminal raw.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, TextIO

from ordercli.base.errors import FileError
from ordercli.base.language import _
from ordercli.base.text import encoded, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOCK = 1 << 16
_USUAL_LINES = 24
_LINE_ENDS = re.compile(r"[^\n\t]+")


@dataclass(frozen=True)
class Console:
    """Where input comes from, where output goes, and how it may look there; None is closed.

    ``width`` None means: as wide as it has to be. All but the streams tell of stdout.
    """

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    terminal: bool
    width: int | None
    colour: bool
    unicode: bool

    @classmethod
    def of_process(cls) -> Console:
        """The console of this process, by its streams and environment."""
        terminal = sys.stdout is not None and sys.stdout.isatty()
        encoding = "" if sys.stdout is None else sys.stdout.encoding or ""
        return cls(
            sys.stdin,
            sys.stdout,
            sys.stderr,
            terminal,
            _window_width() if terminal else None,
            _wants_colour(terminal),
            encoding.lower().replace("-", "").startswith("utf"),
        )

    @property
    def output(self) -> TextIO:
        """Standard output; raises FileError where it is closed: silence must not mean success."""
        if self.stdout is None:
            raise FileError(_("stdout is closed"), _("give the output somewhere to go"))
        return self.stdout

    def check_output(self) -> None:
        """Raise FileError where stdout is closed: to be called before anything is changed."""
        self.output.flush()

    def write(self, pieces: Iterable[str]) -> None:
        """Write data to stdout as UTF-8; on a terminal, what would steer it is escaped."""
        self.output.flush()
        for block in _blocks(pieces):
            safe = _LINE_ENDS.sub(_escaped, block) if self.terminal else block
            _write_whole(self.output.buffer, encoded(safe))

    def write_blocks(self, blocks: Iterable[bytes]) -> None:
        """Write data in UTF-8, in blocks of whole lines, as above."""
        if self.terminal:
            self.write(block.decode() for block in blocks)
            return
        self.output.flush()
        for block in blocks:
            _write_whole(self.output.buffer, block)

    def show(self, text: str) -> None:
        """Write text made for people, already safe, to stdout in the encoding that it has."""
        self.output.flush()
        _write_whole(self.output.buffer, self.as_shown(text))

    def as_shown(self, text: str) -> bytes:
        """The text in the encoding of stdout; what it lacks is escaped."""
        return text.encode(self.output.encoding or "utf-8", "backslashreplace")

    @property
    def has_person(self) -> bool:
        """Whether a person reads what is told on stderr."""
        return self.stderr is not None and self.stderr.isatty()

    @property
    def hung_up(self) -> bool:
        """Whether the terminal that was there is gone; the kernel does not always signal it."""
        return self.terminal and not self.output.isatty()

    @property
    def question_width(self) -> int | None:
        """The width of the window in which a person is asked; None where it is not known."""
        if self.terminal or self.stderr is None:
            return self.width
        try:
            return os.get_terminal_size(self.stderr.fileno()).columns
        except (OSError, ValueError):
            return None

    @property
    def redrawable(self) -> bool:
        """Whether a whole screen can be drawn again and again."""
        return self.terminal and os.environ.get("TERM", "dumb") != "dumb"

    def as_wide_as_now(self) -> Console:
        """The same console with the present width of its window, which may have changed."""
        return replace(self, width=_window_width() if self.terminal else None)

    @property
    def height(self) -> int:
        """The lines of the window; off a terminal, those of a usual one."""
        return shutil.get_terminal_size().lines if self.terminal else _USUAL_LINES

    def is_too_long(self, text: str) -> bool:
        """Whether the text has more lines than the window."""
        return text.count("\n") >= shutil.get_terminal_size().lines


def _window_width() -> int:
    return shutil.get_terminal_size().columns


def _write_whole(stream: BinaryIO, data: bytes) -> None:
    """Write all of the data: an unbuffered stream may take it in parts."""
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]
    stream.flush()


def _blocks(pieces: Iterable[str]) -> Iterator[str]:
    gathered: list[str] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(gathered)
            gathered, size = [], 0
    yield "".join(gathered)


def _escaped(line: re.Match[str]) -> str:
    return printable(line[0], len(line[0]))


def _wants_colour(terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    if forced:
        return forced != "0"
    return terminal and os.environ.get("TERM") != "dumb"
