"""Options that several commands share, declared once.

A command takes a group of options as one parameter; ``with_option_groups`` spreads it out for
Typer. Help and static completion read this module, so it imports nothing slow.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from ordercli.base import settings
from ordercli.cli.invocation import Invocation
from ordercli.cli.option_groups import SPREAD, gather, parameters_of
from ordercli.cli.range_options import RANGE_OPTIONS
from ordercli.cli.selections import selections_in
from ordercli.domain.columns import COLUMN_KEYS
from ordercli.domain.filters import Filters
from ordercli.domain.selection import Selection
from ordercli.domain.status import STATUS_NAMES

if TYPE_CHECKING:
    from ordercli.base.limits import Limits
    from ordercli.domain.selection import Selection
    from ordercli.operations.reading import Reading
    from ordercli.store.database import Database

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
class ReadingOptions(DatabaseOptions):
    """Which database, or which profiles together."""

    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[,NAME]", help="Profile of the configuration file; a,b for several."
        ),
    ] = None

    def reading(self, limits: Limits) -> Reading:
        """The orders of the database that they name, or of several profiles together."""
        from ordercli.operations.reading import open_reading  # noqa: PLC0415 - slow to import

        return open_reading(self.database, self.profile, limits)


@dataclass(frozen=True)
class SelectionOptions:
    """Which orders."""

    user: Annotated[
        list[str] | None,
        typer.Option(
            "-u",
            "--user",
            metavar="USER",
            help="This user, * and ? are wildcards; !x excludes; may be repeated.",
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
        typer.Option(
            metavar="LABEL",
            help="This label, * and ? are wildcards; !x excludes; may be repeated.",
        ),
    ] = None
    ignore_case: Annotated[
        bool,
        typer.Option(
            "-i",
            "--ignore-case",
            help="Capital and small letters of -u, --label, --cause are alike.",
        ),
    ] = False
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
    cause: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAUSE",
            help="With a file that failed for this cause, * and ? are wildcards; may be repeated.",
        ),
    ] = None
    ranges: Mapping[str, str] = field(default_factory=dict, metadata={SPREAD: RANGE_OPTIONS})
    """The ranges that are given, by the names of their columns in ``RANGE_COLUMNS``."""

    @property
    def filters(self) -> Filters:
        """What was given of them."""
        return Filters(**{each.name: getattr(self, each.name) for each in fields(self)})

    @property
    def given(self) -> bool:
        """Whether any of them was given that chooses orders by itself."""
        return self.filters.given

    def selection(self, now: datetime) -> Selection:
        """The orders that the options choose, with times relative to ``now``.

        Raises UsageError on a value that is empty or means nothing.
        """
        return self.filters.selection(now)


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


def database_of(named: settings.Settings, limits: Limits) -> Database:
    """The database of the settings, which keeps to these limits."""
    from ordercli.store import opening  # noqa: PLC0415 - slow to import

    return opening.database_of(named, limits)


def with_option_groups(command: Callable[..., Any]) -> Callable[..., Any]:
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
            parameters += parameters_of(groups[name])
        elif name not in runs:
            parameters.append(parameter.replace(annotation=hints.get(name)))

    @wraps(command)
    def spread(context: typer.Context, **values: Any) -> Any:
        gathered = {name: gather(group, values) for name, group in groups.items()}
        run = replace(context.obj, selections=selections_in(context)) if runs else None
        return command(**values, **gathered, **dict.fromkeys(runs, run))

    if SelectionOptions in groups.values():  # saved selections are checked by these attributes
        spread.filters = [each.name for each in parameters_of(SelectionOptions)]  # type: ignore[attr-defined]
        spread.check_filter = check_filter  # type: ignore[attr-defined]
    parameters.append(
        inspect.Parameter("context", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    )
    ordered = sorted(parameters, key=lambda parameter: parameter.default is not parameter.empty)
    as_keywords = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in ordered]
    spread.__signature__ = inspect.Signature(as_keywords)  # type: ignore[attr-defined]  # Typer reads it
    spread.__annotations__ = {each.name: each.annotation for each in as_keywords}
    return spread


def check_filter(name: str, value: Any, now: datetime) -> None:
    """Raise UsageError where the filter of this parameter can't have this value."""
    names = [each.name for each in parameters_of(SelectionOptions)]
    gather(SelectionOptions, {**dict.fromkeys(names), name: value}).selection(now)
