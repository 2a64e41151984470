"""The file that a report goes into, which its ending tells the kind of."""

from __future__ import annotations

import zlib
from contextlib import closing
from enum import Enum, auto
from pathlib import PurePath
from typing import TYPE_CHECKING

from ordercli.base.errors import UsageError
from ordercli.base.files import whole_file
from ordercli.base.language import _
from ordercli.base.text import counted
from ordercli.output.messages import note
from ordercli.output.progress import followed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ordercli.operations.report import Report
    from ordercli.output.console import Console
    from ordercli.store.report_records import Block

_TABS = (".tsv", ".tab")
_PACKED = (".csv.gz", ".tsv.gz", ".tab.gz")
_OTHERS = (
    ".7z", ".arrow", ".avro", ".br", ".bz2", ".db", ".doc", ".docx", ".feather", ".fods", ".gz",
    ".htm", ".html", ".json", ".jsonl", ".lz4", ".lzma", ".md", ".ndjson", ".numbers", ".odt",
    ".ods", ".orc", ".parquet", ".pdf", ".rar", ".rst", ".rtf", ".sql", ".sqlite", ".sqlite3",
    ".tar", ".tex", ".tgz", ".toml", ".xls", ".xlsb", ".xlsm", ".xml", ".xz", ".yaml", ".yml",
    ".zip", ".zst",
)  # fmt: skip
"""Endings that promise what a report is not."""

_GZIP = 31
"""The ``wbits`` with which zlib writes what ``gunzip`` reads; the file has no date and no name."""


class FileKind(Enum):
    """What a report is written as."""

    CSV = auto()
    PACKED_CSV = auto()
    WORKBOOK = auto()


def kind_of(path: Path, delimiter: str) -> FileKind:
    """The kind that the ending of a file means; raises UsageError where it means another.

    ``delimiter`` is what stands between the fields of CSV.
    """
    name = path.name.lower()
    if name.endswith(".xlsx"):
        return FileKind.WORKBOOK
    kind = FileKind.PACKED_CSV if name.endswith(_PACKED) else FileKind.CSV
    if kind is FileKind.PACKED_CSV:
        name = name.removesuffix(".gz")
    ending = PurePath(name).suffix
    if ending in _OTHERS:
        raise UsageError(
            _("a report is no {ending} file").format(ending=ending),
            _("let the name end in .csv, .csv.gz or .xlsx; nothing was written"),
        )
    if ending in _TABS and delimiter != "\t":
        raise UsageError(
            _("a {ending} file has tabs between its fields").format(ending=ending),
            _("add --delimiter tab, or let the name end in .csv; nothing was written"),
        )
    return kind


def write_report(report: Report, console: Console) -> int:
    """Write a report to stdout, with a progress bar for whoever waits for it at a terminal.

    Gives the number of its orders.
    """
    return _write_blocks(report, console.write_blocks, console)


def write_report_file(report: Report, path: Path, kind: FileKind, console: Console) -> int:
    """Write a report into a file, whole or not at all, and tell a person at a terminal what it is.

    Gives the number of its orders. Raises FileError where the file can't be written, or hold them.
    """
    with whole_file(path) as stream:
        if kind is FileKind.WORKBOOK:
            from ordercli.output.workbook import write_workbook  # noqa: PLC0415 - an extra

            columns = report.query.columns
            number = write_workbook(stream, report.rows(), columns, header=report.header)
        else:
            pack = _packed if kind is FileKind.PACKED_CSV else iter
            number = _write_blocks(report, lambda blocks: stream.writelines(pack(blocks)), console)
    if console.has_person:
        note(console, _("{name}: {message}").format(name=path, message=counted(number, "order")))
    return number


def _write_blocks(
    report: Report, write: Callable[[Iterator[bytes]], None], console: Console
) -> int:
    """Write the blocks of a report, and give the number of its orders."""
    number = 0

    def counting() -> Iterator[Block]:
        nonlocal number
        for block in blocks:
            yield block
            number += block.number

    with closing(report.blocks()) as blocks:
        write(followed(console, counting(), _("Orders"), report.count))
    return number


def _packed(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks as a gzip file: its end, which says that it is whole, comes after the last one."""
    packer = zlib.compressobj(wbits=_GZIP)
    for block in blocks:
        yield packer.compress(block)
    yield packer.flush()
