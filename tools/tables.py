"""The tables that reading and changing take, made from the models; ``make tables`` renews them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ordercli.store import models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

TABLES = Path(models.__file__).with_name("tables.py")
_NAMES = {
    "t_order": "orders",
    "t_dataset_task": "dataset_tasks",
    "t_data_file": "data_files",
    "ordercli_event": "events",
}
_HEAD = '''\
"""The tables, for reading and changing; made from ``models`` by ``make tables``, not by hand."""

from sqlalchemy import (
    BigInteger, Column, Identity, Integer, MetaData, String, Table, Text
)

from ordercli.store.column_types import Flag, LongInteger, UtcTimestamp

_metadata = MetaData()
'''


def tables() -> str:
    """The source of ``store/tables.py``."""
    statements = "".join(
        f"\n{name} = {_table(models.TABLES[key])}\n" for key, name in _NAMES.items()
    )
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TABLES), "-"],
        input=_HEAD + statements,
        check=True,
        capture_output=True,
        text=True,
    )
    return formatted.stdout


def _table(table: Table) -> str:
    columns = "".join(f"    {_column(column)},\n" for column in table.columns)
    return f"Table(\n    {table.name!r},\n    _metadata,\n{columns})"


def _column(column: Any) -> str:
    words = [repr(column.name), _type(column.type), *_key(column)]
    return f"Column({', '.join(words)})"


def _type(kind: Any) -> str:
    name = type(kind).__name__
    if kind._variant_mapping:
        return "LongInteger"
    return name if name in ("UtcTimestamp", "Flag") else repr(kind).removesuffix("()")


def _key(column: Any) -> Iterator[str]:
    if column.identity is not None:
        yield "Identity()"
    if column.primary_key:
        yield "primary_key=True"
        if column.identity is None:
            yield "autoincrement=False"
    elif not column.nullable:
        yield "nullable=False"


if __name__ == "__main__":
    TABLES.write_text(tables(), encoding="utf-8")
