"""The streams: the one place that writes to stdout and stderr, and what is known of the terminal.

Data from the database never reaches a terminal raw, and an error is one line.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import traceback
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TextIO

from ordercli.base.errors import FileError
from ordercli.base.language import _
from ordercli.base.text import encoded, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ordercli.domain.anomalies import Faults

_LONGEST_MESSAGE = 2000
_BLOCK = 1 << 16
_PASSWORD = re.compile(r"(:/{1,2}[^\s:/@]*:)\S*@")
_LINE_ENDS = re.compile(r"[^\n\t]+")


@dataclass(frozen=True)
class Console:
    """Where output goes, and how it may look there. ``width`` None means: as wide as it has to be.

    ``colour`` and ``unicode`` tell of stdout.
    """

    stdout: TextIO
    stderr: TextIO
    terminal: bool
    width: int | None
    colour: bool
    unicode: bool

    @classmethod
    def of_process(cls) -> Console:
        """The console of this process, by its streams and environment.

        Raises FileError where stdout is closed: silence must not pass for success.
        """
        if sys.stdout is None:
            raise FileError(_("stdout is closed"), _("give the output somewhere to go"))
        terminal = sys.stdout.isatty()
        return cls(
            sys.stdout,
            sys.stderr,
            terminal,
            shutil.get_terminal_size().columns if terminal else None,
            _wants_colour(terminal),
            (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf"),
        )

    def write(self, pieces: Iterable[str]) -> None:
        """Write data to stdout as UTF-8; on a terminal, what would steer it is escaped."""
        self.stdout.flush()
        for block in _blocks(pieces):
            safe = _LINE_ENDS.sub(_escaped, block) if self.terminal else block
            _write_whole(self.stdout.buffer, encoded(safe))

    def write_blocks(self, blocks: Iterable[bytes]) -> None:
        """Write data in UTF-8, in blocks of whole lines, as above."""
        if self.terminal:
            self.write(block.decode() for block in blocks)
            return
        self.stdout.flush()
        for block in blocks:
            _write_whole(self.stdout.buffer, block)

    def show(self, text: str) -> None:
        """Write text made for people, already safe, to stdout in the encoding that it has."""
        encoding = self.stdout.encoding or "utf-8"
        self.stdout.flush()
        _write_whole(self.stdout.buffer, text.encode(encoding, "backslashreplace"))

    @property
    def redrawable(self) -> bool:
        """Whether a whole screen can be drawn again and again."""
        return self.terminal and os.environ.get("TERM", "dumb") != "dumb"

    def is_too_long(self, text: str) -> bool:
        """Whether the text has more lines than the window."""
        return text.count("\n") >= shutil.get_terminal_size().lines


def page(text: str, console: Console) -> None:
    """Show text, already safe, in the user's pager (``PAGER``, else ``less``), as git does.

    Without a pager, or where ``PAGER`` is empty or ``cat``, it is written to stdout.
    """
    command = os.environ.get("PAGER", "less")
    if command.strip() in ("", "cat") or shutil.which(shlex.split(command)[0]) is None:
        console.show(text)
        return
    environment = {"LESS": "FRX", "LV": "-c", **os.environ}
    console.stdout.flush()
    with (
        subprocess.Popen(  # noqa: S602 - the user's own words, which a shell is to read
            command, shell=True, stdin=subprocess.PIPE, env=environment
        ) as pager,
        suppress(BrokenPipeError),
    ):
        pager.communicate(text.encode(console.stdout.encoding or "utf-8", "backslashreplace"))


@contextmanager
def progress(what: str, total: Callable[[], int | None]) -> Iterator[Callable[[int], None]]:
    """A function to call with the number of things done since the last call.

    A bar shows on a terminal's stderr once it takes over a second; ``total`` is only asked then.
    """
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    from ordercli.output.progress import shown_progress  # noqa: PLC0415 - Rich is slow to import

    with shown_progress(what, total) as advance:
        yield advance


def followed(
    blocks: Iterable[tuple[bytes, int]], what: str, total: Callable[[], int | None]
) -> Iterator[bytes]:
    """The blocks as they come, each with a number of things done, with ``progress``."""
    with progress(what, total) as advance:
        for block, number in blocks:
            yield block
            advance(number)


def can_ask() -> bool:
    """Whether there is a person to ask: a terminal to read from and one to show the question."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def answered_yes(question: str) -> bool:
    """Ask on stderr and read the answer; anything but yes, an end of input too, means no."""
    choice = _("[y/N]")
    sys.stderr.write(f"{printable(question)} {choice} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", *_("y yes").split())


def answered_with(question: str, words: str) -> bool:
    """Ask on stderr for these very words; anything else means no."""
    wanted = _("Type '{words}' to go on:").format(words=words)
    sys.stderr.write(f"{printable(question)} {wanted} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == words


def asked_secretly(question: str) -> str | None:
    """What a person types at the terminal, where it does not show; None where there is none.

    Standard input may be taken: the terminal itself is asked.
    """
    from getpass import getpass  # noqa: PLC0415 - only for a password

    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return None
    return getpass(f"{printable(question)} ", stream=sys.stderr)


def note(message: str) -> None:
    """Write one line for people to stderr, which may be closed."""
    if sys.stderr is not None:
        line = printable(_shortened(message), _LONGEST_MESSAGE)
        encoding = sys.stderr.encoding or "utf-8"
        print(line.encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)  # noqa: T201 - the one place


def _shortened(message: str) -> str:
    """The message, cut in its middle where it is too long: its end says what to do."""
    half = _LONGEST_MESSAGE // 2 - 1
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:half]}…{message[-half:]}"


def tell(message: str) -> None:
    """Write one line for people to stderr, after the program's name.

    The password of a URL that it repeats, typed where it does not belong, is left out.
    """
    note(_PASSWORD.sub(r"\1***@", f"ordercli: {message}"))


def warn(faults: Faults) -> None:
    """Tell in one line what was found wrong with the orders shown, if anything was."""
    if warning := faults.warning():
        tell(warning)


def report_error(error: Exception, *, cause: BaseException, debug: bool) -> None:
    """Write an error to stderr: one line, after where its cause was raised if ``debug``.

    The places are named without the messages of the errors behind it: these may hold a password.
    """
    behind: BaseException | None = cause if debug else None
    while behind is not None:
        for frame in traceback.extract_tb(behind.__traceback__):
            note(f"  {frame.filename}:{frame.lineno} in {frame.name}")
        note(f"{type(behind).__module__}.{type(behind).__qualname__}")
        behind = behind.__cause__ or behind.__context__
    tell(str(error))


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
