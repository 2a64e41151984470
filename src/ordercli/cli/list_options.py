"""Options of what is listed: in which format, how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.values import LARGEST_INTEGER
from ordercli.output.formats import TABLE, Layout, format_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ordercli.cli.invocation import Invocation
    from ordercli.domain.columns import Field
    from ordercli.output.console import Console

_TERMINAL_LIMIT = 50

FormatOption = Annotated[
    str | None,
    typer.Option(
        "-f", "--format", metavar="FORMAT",
        help="table, json, jsonl, csv, tsv, plain, simple, github, grid, html, ...",
    ),
]  # fmt: skip
NoPagerOption = Annotated[bool, typer.Option("--no-pager", help="Never use a pager.")]
HeaderOption = Annotated[bool, typer.Option("--no-header", help="Leave the titles out.")]
UtcOption = Annotated[bool, typer.Option("--utc", help="Show times in UTC, not local time.")]
OwnSortOption = Annotated[
    str | None,
    typer.Option("--sort", metavar="KEY[,KEY]", help="Any column, -KEY for descending."),
]
"""The sort of what is sorted by its own rule unless asked otherwise."""


@dataclass(frozen=True)
class LimitOptions:
    """How much is listed."""

    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=0, metavar="N", help="At most N; 50 on a terminal, else no limit."
        ),
    ] = None
    everything: Annotated[bool, typer.Option("--all", help="No limit.")] = False

    def most(self, console: Console) -> int | None:
        """How many rows at most, None for all; raises UsageError where that can't be told."""
        if self.everything and self.limit is not None:
            raise UsageError(_("--all and --limit exclude each other"), _("give one of them"))
        if self.limit is not None and self.limit > LARGEST_INTEGER:
            raise UsageError(_("--limit is too large"), _("--all means no limit"))
        unlimited = self.limit is not None or self.everything or not console.terminal
        return self.limit if unlimited else _TERMINAL_LIMIT


@dataclass(frozen=True)
class LayoutOptions:
    """How a list is laid out."""

    style: FormatOption = None
    no_header: HeaderOption = False
    utc: UtcOption = False
    no_pager: NoPagerOption = False

    def layout(self, run: Invocation, fields: Sequence[Field], style: str | None = None) -> Layout:
        """The layout of these columns, as of now; in a format of its own where ``style`` is one."""
        return Layout(
            style or chosen_format(self.style, run.console), tuple(fields), run.clock(),
            header=not self.no_header, utc=self.utc, paged=not self.no_pager,
        )  # fmt: skip


def chosen_format(name: str | None, console: Console) -> str:
    """The format of a list: the one named, else a table on a terminal and TSV elsewhere.

    Raises UsageError where there is none of this name.
    """
    if name is not None:
        return format_named(name)
    return TABLE if console.terminal else "tsv"
