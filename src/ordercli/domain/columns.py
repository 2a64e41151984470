"""The column registry: every column that can be shown, sorted by and exported.

A new column is one more entry in ``COLUMNS`` and nothing elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _, marked
from ordercli.base.values import Kind

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause


class Source(Protocol):
    """What a column's expression is made from: see ``query``."""

    order: FromClause

    def moment(self, name: str) -> ColumnElement[Any]:
        """The machine value of a timestamp of ``t_order``."""

    def displayed_status(self) -> ColumnElement[Any]:
        """The displayed status."""

    def total(self, name: str) -> ColumnElement[Any]:
        """The sum of a number of ``t_dataset_task`` over an order's rows, 0 for none."""


Expression = Callable[[Source], "ColumnElement[Any]"]


@dataclass(frozen=True)
class Field:
    """A column of anything that is listed: its key for programs, its title and kind for people."""

    key: str
    title: str
    kind: Kind


@dataclass(frozen=True)
class Column(Field):
    """One column of orders: its names, its SQL, and how its values are sorted.

    ``total`` names the number of ``t_dataset_task`` that it sums up. ``sort`` is the stored
    expression to sort by where that differs from the value (it can use an index).
    """

    help: str
    expression: Expression
    sort: Expression | None = None
    total: str | None = None
    nullable: bool = False
    aliases: tuple[str, ...] = ()


def _stored(key: str, title: str, kind: Kind, text: str, name: str, *aliases: str) -> Column:
    return Column(key, title, kind, text, lambda source: source.order.c[name], aliases=aliases)


def _moment(
    key: str, title: str, text: str, name: str, *aliases: str, nullable: bool = False
) -> Column:
    return Column(
        key, title, Kind.MOMENT, text, lambda source: source.moment(name),
        sort=lambda source: source.order.c[name], nullable=nullable, aliases=aliases,
    )  # fmt: skip


def _total(key: str, title: str, kind: Kind, text: str, name: str, *aliases: str) -> Column:
    return Column(
        key, title, kind, text, lambda source: source.total(name), total=name, aliases=aliases
    )


COLUMNS = (
    _stored("id", "Id", Kind.NUMBER, "number of the order", "id", "identifier"),
    _stored("user", "User", Kind.TEXT, "e-mail address of the user who placed it", "owner"),
    _stored("label", "Label", Kind.TEXT, "title that the user gave it", "label"),
    _stored("progress", "Progress", Kind.PERCENT, "delivered, in percent", "percent_complete"),
    _moment("creation", "Creation", "when it was created", "creation_date", "created"),
    _total("total_size", "Total size", Kind.BYTES, "bytes in all its files", "files_size", "size"),
    _stored(
        "errors_count", "Errors count", Kind.NUMBER, "errors that occurred", "files_in_error",
        "errors",
    ),
    Column(
        "status", "Status", Kind.STATUS, "where it stands",
        lambda source: source.displayed_status(),
    ),
    _moment(
        "expiration", "Expiration", "until when its files can be downloaded", "expiration_date",
        "expires", nullable=True,
    ),
    _total(
        "objects_count", "Objects count", Kind.NUMBER, "objects delivered", "objects_count",
        "objects",
    ),
    _total("files_count", "Files count", Kind.NUMBER, "files in all", "files_count", "files"),
    _moment("status_date", "Status date", "when its status last changed", "status_date"),
)  # fmt: skip
"""Every column, in the order in which they are listed to people."""

STORED_STATUS = _stored("stored_status", "Stored status", Kind.TEXT, "status as stored", "status")
"""Not for choosing: what ``status`` is derived from, for one order in full and for the service."""

COLUMN_KEYS = tuple(column.key for column in COLUMNS)
SUMMARY_DEFAULT = COLUMNS[:10]
LIST_DEFAULT = COLUMNS[:8]

_BY_NAME = {
    name.lower(): column
    for column in COLUMNS
    for name in (column.key, column.title.replace(" ", "_"), *column.aliases)
}


@dataclass(frozen=True)
class SortKey:
    """A column to sort by, and in which direction."""

    column: Column
    descending: bool = False


def column_named(name: str, otherwise: str = marked("no column '{name}'")) -> Column:
    """The column that a key, title or alias means; raises UsageError where none is meant."""
    plain = name.strip().lower().replace("-", "_").replace(" ", "_")
    if plain not in _BY_NAME:
        named = name.strip()
        raise unknown_name(_(otherwise).format(name=named), named, COLUMN_KEYS, _BY_NAME)
    return _BY_NAME[plain]


def chosen_columns(text: str | None, default: Sequence[Column]) -> tuple[Column, ...]:
    """The columns that ``--columns`` chooses.

    Names give exactly these, in this order; ``+name`` adds to the default and ``-name`` takes
    away. Raises UsageError on an unknown name, on both ways at once, and when none is left.
    """
    if text is None:
        return tuple(default)
    words = [word.strip() for word in text.split(",")]
    signed = [word.startswith(("+", "-")) for word in words]
    if any(signed) and not all(signed):
        raise UsageError(
            _("--columns '{text}' mixes exact columns with additions").format(text=text),
            _("write a,b for exactly these, or +a,-b to change the default"),
        )
    chosen = list(default) if any(signed) else []
    for word in words:
        column = column_named(word.removeprefix("+").removeprefix("-"))
        if word.startswith("-"):
            chosen = [other for other in chosen if other is not column]
        elif column not in chosen:
            chosen.append(column)
    if not chosen:
        raise UsageError(_("--columns leaves no column"), _("keep at least one"))
    return tuple(chosen)


def chosen_sort(text: str) -> tuple[SortKey, ...]:
    """The sort keys that ``--sort`` chooses: ``key`` or ``-key``, separated by commas."""
    words = [word.strip() for word in text.split(",")]
    return tuple(
        SortKey(
            column_named(word.removeprefix("-"), marked("no sort key '{name}'")),
            word.startswith("-"),
        )
        for word in words
    )
