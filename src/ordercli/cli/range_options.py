"""An option for each column that orders can be chosen by a range of, made from the registry."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ordercli.base.values import Kind
from ordercli.domain.columns import RANGE_COLUMNS, Column

_EXAMPLES = {
    Kind.NUMBER: "1.., ..9 or 2..5",
    Kind.PERCENT: "90.., ..99 or 100",
    Kind.BYTES: "10G.., ..500k or 1MiB..2GiB",
    Kind.MOMENT: "2024-03, 7d.. or yesterday..today",
}
_EXAMPLE_AHEAD = "tomorrow, ..2d or saturday..monday"


def _help(column: Column) -> str:
    example = _EXAMPLE_AHEAD if column.ahead else _EXAMPLES[column.kind]
    return f"{column.help[0].upper()}{column.help[1:]}: {example}."


RANGE_OPTIONS: dict[str, Any] = {
    name: Annotated[str | None, typer.Option(f"--{name}", metavar="RANGE", help=_help(column))]
    for name, column in RANGE_COLUMNS.items()
}
"""The options by the names of their columns in ``RANGE_COLUMNS``."""
