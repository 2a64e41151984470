"""Options that several commands share, declared once.

A command takes a group of options as one parameter; ``with_option_groups`` spreads it out for
Typer. Help and static completion read this module, so it imports nothing slow.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, TextIO, get_type_hints

import typer

from ordercli.base import settings
from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.moments import parse_duration, parse_moment
from ordercli.base.text import require_text
from ordercli.base.values import LARGEST_INTEGER
from ordercli.cli.invocation import Invocation
from ordercli.domain.columns import COLUMN_KEYS
from ordercli.domain.selection import Selection
from ordercli.domain.status import STATUS_NAMES, chosen
from ordercli.output.formats import TABLE, format_named

if TYPE_CHECKING:
    from ordercli.base.limits import Limits
    from ordercli.output.console import Console
    from ordercli.store.database import Database

_ID = re.compile("-?[0-9]{1,20}")
_LONGEST_LINE = 1 << 16
_TERMINAL_LIMIT = 50
_LONGEST_WATCH = 86_400


@dataclass(frozen=True)
class DatabaseOptions:
    """Which database."""

    database: Annotated[
        str | None,
        typer.Option(
            "-d", "--database", metavar="URL-or-PATH", help="Database to use; a path means SQLite."
        ),
    ] = None
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="Profile of the configuration file.")
    ] = None
    debug: Annotated[
        bool, typer.Option("--debug", help="On an error, show where it was raised.")
    ] = False

    def named(self) -> settings.Settings:
        """What the options, the environment and the configuration name."""
        return settings.load_settings(self.database, self.profile)

    def open(self, limits: Limits) -> Database:
        """The database that they name, which keeps to these limits."""
        return database_of(self.named(), limits)

    def named_for_change(self) -> settings.Settings:
        """As ``named``; raises DatabaseError where no command may change anything there."""
        found = self.named()
        settings.require_changeable(found)
        return found


@dataclass(frozen=True)
class SelectionOptions:
    """Which orders."""

    user: Annotated[
        list[str] | None,
        typer.Option(
            "-u",
            "--user",
            metavar="USER",
            help="This user, * and ? are wildcards; may be repeated.",
        ),
    ] = None
    status: Annotated[
        list[str] | None,
        typer.Option(
            "-s",
            "--status",
            metavar="STATUS",
            help=f"{', '.join(STATUS_NAMES)}, active, ended; a,b for several, !a for all others.",
        ),
    ] = None
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="LABEL", help="This label, * and ? are wildcards; may be repeated."),
    ] = None
    waiting: Annotated[
        bool | None,
        typer.Option(
            "--waiting/--no-waiting",
            help="Waits for its user, or not; --status is the stored one then.",
        ),
    ] = None
    since: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help="Created at or after: a date, a date and time, 7d, today."
        ),
    ] = None
    until: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Created before, as --since.")
    ] = None
    expires_within: Annotated[
        str | None, typer.Option(metavar="TIME", help="Files expire within this time: 1h, 3d.")
    ] = None
    with_errors: Annotated[bool, typer.Option("--with-errors", help="With at least one error.")] = (
        False
    )

    @property
    def given(self) -> bool:
        """Whether any of them was given."""
        return any(getattr(self, each.name) not in (each.default, []) for each in fields(self))

    def selection(self, now: datetime) -> Selection:
        """The orders that the options choose, with times relative to ``now``.

        Raises UsageError on a value that is empty or means nothing.
        """
        within = parse_duration(self.expires_within) if self.expires_within is not None else None
        return Selection(
            users=tuple(require_text(user, "--user") for user in self.user or ()),
            statuses=chosen(self.status or ()),
            labels=tuple(require_text(label, "--label") for label in self.label or ()),
            waiting=self.waiting,
            since=None if self.since is None else parse_moment(self.since, now),
            until=None if self.until is None else parse_moment(self.until, now),
            expires_after=None if within is None else now,
            expires_until=None if within is None else _later(now, within),
            with_errors=self.with_errors,
        )


ColumnsOption = Annotated[
    str | None,
    typer.Option(
        "--columns",
        metavar="a,b",
        help=f"Exactly these ({', '.join(COLUMN_KEYS)}); +a adds, -a takes away.",
    ),
]
SortOption = Annotated[
    str, typer.Option("--sort", metavar="KEY[,KEY]", help="Any column, -KEY for descending.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "-f", "--format", metavar="FORMAT",
        help="table, json, jsonl, csv, tsv, plain, simple, github, grid, html, ...",
    ),
]  # fmt: skip
LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=0, metavar="N", help="At most N; 50 on a terminal, else no limit."),
]
EverythingOption = Annotated[bool, typer.Option("--all", help="No limit.")]
WatchOption = Annotated[
    float | None,
    typer.Option(
        "--watch",
        min=0.1,
        max=_LONGEST_WATCH,
        metavar="SECONDS",
        help="Draw it again, until Ctrl-C.",
    ),
]
NoPagerOption = Annotated[bool, typer.Option("--no-pager", help="Never use a pager.")]
HeaderOption = Annotated[bool, typer.Option("--no-header", help="Leave the titles out.")]
UtcOption = Annotated[bool, typer.Option("--utc", help="Show times in UTC, not local time.")]


def chosen_format(name: str | None, console: Console) -> str:
    """The format of a list: the one named, else a table on a terminal and TSV elsewhere."""
    if name is not None:
        return format_named(name)
    return TABLE if console.terminal else "tsv"


def chosen_limit(limit: int | None, console: Console, *, everything: bool) -> int | None:
    """How many rows of a list at most; None stands for all."""
    if everything and limit is not None:
        raise UsageError(_("--all and --limit exclude each other"), _("give one of them"))
    if limit is not None and limit > LARGEST_INTEGER:
        raise UsageError(_("--limit is too large"), _("--all means no limit"))
    return limit if limit is not None or everything or not console.terminal else _TERMINAL_LIMIT


def database_of(named: settings.Settings, limits: Limits) -> Database:
    """The database of the settings, which keeps to these limits."""
    from ordercli.store.database import Database  # noqa: PLC0415 - slow to import

    return Database(named.database, limits, schema=named.schema, read_only=named.read_only)


def parse_id(text: str) -> int:
    """The id of an order; exact, never a prefix. Raises UsageError on anything else."""
    if _ID.fullmatch(text) and int(text) + 1 >= -LARGEST_INTEGER and int(text) <= LARGEST_INTEGER:
        return int(text)
    raise UsageError(
        _("'{text}' is not the id of an order").format(text=text),
        _("an id is a whole number, as in 12"),
    )


def parse_ids(words: Sequence[str], stdin: TextIO | None) -> tuple[int, ...]:
    """The ids on a command line; ``-`` alone reads them from ``stdin``.

    There, blanks and what follows a ``#`` are ignored. Raises UsageError on a word that is no id.
    """
    if list(words) != ["-"]:
        return tuple(parse_id(word) for word in words)
    if stdin is None:
        raise UsageError(_("standard input is closed"), _("give the ids on the command line"))
    return tuple(
        parse_id(word) for line in _lines(stdin) for word in line.partition("#")[0].split()
    )


def _lines(stdin: TextIO) -> Iterator[str]:
    lines = iter(lambda: stdin.buffer.readline(_LONGEST_LINE), b"")
    for number, line in enumerate(lines):
        if len(line) == _LONGEST_LINE:
            raise UsageError(_("standard input has no lines of ids"), _("give ids, one a line"))
        try:
            yield line.decode("utf-8" if number else "utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError(_("standard input is not UTF-8"), _("give ids, one a line")) from None


def with_option_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the fields of each option group among its own parameters.

    A parameter of type ``Invocation`` gets the run that Typer's context carries.
    """
    hints = get_type_hints(command, include_extras=True)
    runs = [name for name, hint in hints.items() if hint is Invocation]
    groups: dict[str, Any] = {
        name: hint for name, hint in hints.items() if is_dataclass(hint) and name not in runs
    }
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += _spread(groups[name])
        elif name not in runs:
            parameters.append(parameter.replace(annotation=hints.get(name)))

    @wraps(command)
    def spread(context: typer.Context, **values: Any) -> None:
        gathered = {
            name: group(**{each.name: values.pop(each.name) for each in fields(group)})
            for name, group in groups.items()
        }
        command(**values, **gathered, **dict.fromkeys(runs, context.obj))

    parameters.append(
        inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    )
    ordered = sorted(parameters, key=lambda parameter: parameter.default is not parameter.empty)
    as_keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in ordered]
    spread.__signature__ = inspect.Signature(as_keywords)  # type: ignore[attr-defined]  # Typer reads it
    spread.__annotations__ = {each.name: each.annotation for each in as_keywords}
    return spread


def _spread(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=each.default,
            annotation=hints[each.name],
        )
        for each in fields(group)
    ]


def _later(now: datetime, duration: Any) -> datetime:
    try:
        result: datetime = now + duration
    except OverflowError:
        raise UsageError(_("--expires-within is too long"), _("give a shorter time")) from None
    return result
