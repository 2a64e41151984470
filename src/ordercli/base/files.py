"""Writing a file whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from ordercli.base.errors import FileError
from ordercli.base.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_IN_MEMORY = 1 << 24
_CANT_BE_SYNCED = (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP)


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


def read_first(stream: BinaryIO) -> BinaryIO:
    """The bytes of a stream, all of them read by now: whoever writes them may take his time.

    A file is given as it is; from a pipe, what memory should not hold goes into a temporary file.
    """
    if stream.seekable():
        return stream
    kept = tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY)  # noqa: SIM115 - its end closes it
    shutil.copyfileobj(stream, kept)
    kept.seek(0)
    return cast("BinaryIO", kept)


def make_private_directory(path: Path) -> None:
    """Make a directory, and those above it that are missing, for their owner alone.

    Raises OSError where one can't be made.
    """
    for each in reversed((path, *path.parents)):
        if not each.is_dir():
            each.mkdir(mode=0o700, exist_ok=True)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A stream for a file's new content; the file stays as it was unless all went well.

    Links are followed, the owner and the mode of an existing file are kept, devices and pipes are
    written in place. Raises FileError where the file can't be written.
    """
    in_place = False
    try:
        old = _found(path)
        if old and stat.S_ISDIR(old.st_mode):
            raise FileError(
                _("{path} is a directory").format(path=path), _("name a file inside it")
            )
        in_place = old is not None and not stat.S_ISREG(old.st_mode)
        with path.open("wb") if in_place else _replacement(path.resolve(), old) as stream:
            yield stream
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise FileError(
            _("can't write {name}: {reason}").format(name=path, reason=error.strerror),
            _("the output is not whole") if in_place else _("nothing was changed"),
        ) from None


def _found(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


@contextmanager
def _replacement(target: Path, old: os.stat_result | None) -> Iterator[IO[bytes]]:
    # Named before it is made, and apart from the target's name, which may be as long as names get.
    temporary = target.with_name(f".ordercli-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            _make_like(descriptor, old)
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_directory(target)


def _make_like(descriptor: int, old: os.stat_result | None) -> None:
    """Give a new file the owner, where that is allowed, and the mode of the old one."""
    if old is None:
        os.fchmod(descriptor, _default_mode())
        return
    with suppress(OSError):
        os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def shown_path(path: Path | str) -> str:
    """The path as people write it, with ``~`` for their home; a URL stays as it is."""
    try:
        home = Path.home()
    except RuntimeError:  # nobody says where it is
        return str(path)
    inside = len(home.parts) > 1 and home in Path(path).parents
    return f"~/{Path(path).relative_to(home)}" if inside else str(path)


def _default_mode() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_directory(target: Path) -> None:
    """Make the new name last through a power failure, where that can be asked for.

    Raises FileError where the disk fails at it: the file is new by then.
    """
    try:
        descriptor = os.open(target.parent, os.O_RDONLY)
    except OSError:  # one may write into a directory that one can't read
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _CANT_BE_SYNCED:
            return
        raise FileError(
            _("{path} is written, but may not outlast a power failure: {reason}").format(
                path=target, reason=error.strerror
            ),
            _("check the disk, then repeat"),
        ) from None
    finally:
        with suppress(OSError):
            os.close(descriptor)
