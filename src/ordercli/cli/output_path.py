"""The file that ``--output`` names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.text import require_text

if TYPE_CHECKING:
    from ordercli.store.database import Database


def output_path(output: str | None) -> Path | None:
    """The file to write; None for stdout."""
    return None if output in (None, "-") else Path(require_text(output or "", "--output"))


def require_other_file(path: Path | None, database: Database) -> None:
    """Raise UsageError where a file would be written onto the database that it is made of."""
    if path is None or database.path is None:
        return
    try:
        real = database.path.resolve()
        beside = [real.with_name(real.name + ending) for ending in ("-journal", "-wal", "-shm")]
        same = path.resolve() in beside or path.samefile(real)
    except (OSError, RuntimeError):  # one of them is no file, which whoever opens it tells
        return
    if same:
        raise UsageError(
            _("the output {path} is the database itself").format(path=path),
            _("name another file; nothing was written"),
        )
