"""The file that a report goes into, which its ending tells the kind of."""

from __future__ import annotations

import gzip
from contextlib import closing
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from ordercli.base.errors import UsageError
from ordercli.base.files import whole_file
from ordercli.base.language import _
from ordercli.base.text import counted
from ordercli.output.messages import note
from ordercli.output.progress import followed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ordercli.operations.report import Report
    from ordercli.output.console import Console
    from ordercli.store.report_records import Block

    class Writable(Protocol):
        """What takes bytes: a file, or one that packs them."""

        def write(self, data: bytes, /) -> int:
            """Write all of them, and give their number."""


_OTHERS = (
    ".7z", ".br", ".bz2", ".db", ".doc", ".docx", ".gz", ".htm", ".html", ".json", ".jsonl", ".lz4",
    ".md", ".ndjson", ".ods", ".parquet", ".pdf", ".sqlite", ".tar", ".tgz", ".toml", ".xls",
    ".xlsb", ".xlsm", ".xml", ".xz", ".yaml", ".yml", ".zip", ".zst",
)  # fmt: skip
"""Endings that promise what a report is not."""


class FileKind(Enum):
    """What a report is written as."""

    CSV = auto()
    PACKED_CSV = auto()
    WORKBOOK = auto()


def kind_of(path: Path) -> FileKind:
    """The kind that the ending of a file means; raises UsageError where it means another."""
    name = path.name.lower()
    if name.endswith(".csv.gz"):
        return FileKind.PACKED_CSV
    if name.endswith(".xlsx"):
        return FileKind.WORKBOOK
    ending = path.suffix.lower()
    if ending in _OTHERS:
        raise UsageError(
            _("a report is no {ending} file").format(ending=ending),
            _("let the name end in .csv, .csv.gz or .xlsx; nothing was written"),
        )
    return FileKind.CSV


def write_report(report: Report, console: Console) -> None:
    """Write a report to stdout, with a progress bar for whoever waits for it at a terminal."""
    with closing(report.blocks()) as blocks:
        console.write_blocks(followed(console, blocks, _("Orders"), report.count))


def write_report_file(report: Report, path: Path, console: Console) -> None:
    """Write a report into a file, whole or not at all, and tell a person at a terminal what it is.

    Raises FileError where the file can't be written, or hold the report.
    """
    kind = kind_of(path)
    with whole_file(path) as stream:
        if kind is FileKind.WORKBOOK:
            from ordercli.output.workbook import write_workbook  # noqa: PLC0415 - an extra

            columns = report.query.columns
            number = write_workbook(stream, report.rows(), columns, header=report.header)
        elif kind is FileKind.PACKED_CSV:
            # Without a name and a time of writing: the same orders give the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed:
                number = _write_blocks(report, packed, console)
        else:
            number = _write_blocks(report, stream, console)
    if console.stderr is not None and console.stderr.isatty():
        note(console, _("{name}: {message}").format(name=path, message=counted(number, "order")))


def _write_blocks(report: Report, stream: Writable, console: Console) -> int:
    """Write the blocks of a report, and give the number of its orders."""
    number = 0

    def counting() -> Iterator[Block]:
        nonlocal number
        for block in blocks:
            yield block
            number += block.number

    with closing(report.blocks()) as blocks:
        for records in followed(console, counting(), _("Orders"), report.count):
            stream.write(records)
    return number
