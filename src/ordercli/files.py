"""Writing a file whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from ordercli.errors import FileError
from ordercli.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def input_stream(name: str) -> Iterator[BinaryIO]:
    """The bytes of a file, or of standard input for ``-``.

    Raises FileError where it can't be opened or read.
    """
    try:
        if name != "-":
            with Path(name).open("rb") as stream:
                yield stream
        elif sys.stdin is None:
            raise FileError(_("standard input is closed"), _("name a file"))
        else:
            yield sys.stdin.buffer
    except OSError as error:
        raise FileError(
            _("can't read {name}: {reason}").format(name=name, reason=error.strerror),
            _("name another file"),
        ) from None


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content becomes the file's when all went well, and else leaves it as it was.

    Links are followed, the mode of an existing file is kept, devices and pipes are written in
    place. Raises FileError where the file can't be written.
    """
    try:
        mode = path.stat().st_mode if path.exists() else None
        if mode is not None and stat.S_ISDIR(mode):
            raise FileError(
                _("{path} is a directory").format(path=path), _("name a file inside it")
            )
        in_place = mode is not None and not stat.S_ISREG(mode)
        with path.open("wb") if in_place else _replacement(path.resolve(), mode) as stream:
            yield stream
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise FileError(
            _("can't write {name}: {reason}").format(name=path, reason=error.strerror),
            _("nothing was changed"),
        ) from None


@contextmanager
def _replacement(target: Path, mode: int | None) -> Iterator[IO[bytes]]:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(descriptor, stat.S_IMODE(mode) if mode is not None else _default_mode())
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        with suppress(FileNotFoundError):
            temporary.unlink()
        raise
    _sync_directory(target.parent)


def _default_mode() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_directory(directory: Path) -> None:
    """Make the new name last through a power failure."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
