"""The column registry: every column that can be shown, sorted by and exported.

A new column is one more entry in ``COLUMNS`` and nothing elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ordercli.base.errors import UsageError, unknown_name
from ordercli.base.language import _, marked
from ordercli.base.values import Kind

_RANGED = (Kind.NUMBER, Kind.PERCENT, Kind.BYTES, Kind.MOMENT)


@dataclass(frozen=True)
class Field:
    """A column of any list: its key for programs, its title and its kind for people.

    ``short`` is its title in a narrow window, where that is another one.
    """

    key: str
    title: str
    kind: Kind
    short: str = field(default="", kw_only=True)


_Field = TypeVar("_Field", bound=Field)


@dataclass(frozen=True)
class Column(Field):
    """One column of orders: its names, and what it is made from.

    ``stored`` names the field of ``t_order`` that it shows in the way of its kind, a duration being
    the time since then, or ``total`` the number of ``t_dataset_task`` that it sums up, or ``event``
    the field of the last ``ordercli_event``. With ``ahead`` its moments lie in the future. One with
    none of these says which database it was read from.
    """

    help: str
    stored: str = ""
    total: str = ""
    event: str = ""
    nullable: bool = False
    aliases: tuple[str, ...] = ()
    ahead: bool = False

    @property
    def range_name(self) -> str | None:
        """The name of the option that chooses orders by a range of it; None where there is none.

        Every stored number and moment has one, but for the id, which is no quantity. A duration has
        none: the moment at which it began has.
        """
        if self.kind not in _RANGED or self.key == "id" or not (self.stored or self.total):
            return None
        return self.aliases[0] if self.aliases else self.key.replace("_", "-")


PROFILE = Column(
    "profile", "Profile", Kind.TEXT, "profile of the configuration file that it was read from",
    nullable=True,
)  # fmt: skip
COLUMNS = (
    Column("id", "Id", Kind.NUMBER, "number of the order", "id", aliases=("identifier",)),
    Column("user", "User", Kind.TEXT, "e-mail address of the user who placed it", "owner"),
    Column("label", "Label", Kind.TEXT, "title that the user gave it", "label"),
    Column(
        "progress", "Progress", Kind.PERCENT, "delivered, in percent", "percent_complete",
        short="%",
    ),
    Column(
        "creation", "Creation", Kind.MOMENT, "when it was created", "creation_date",
        aliases=("created",), short=marked("Created"),
    ),
    Column(
        "total_size", "Total size", Kind.BYTES, "bytes in all its files", total="files_size",
        aliases=("size",), short=marked("Size"),
    ),
    Column(
        "errors_count", "Errors count", Kind.NUMBER, "errors that occurred", "files_in_error",
        aliases=("errors",), short=marked("Err"),
    ),
    Column("status", "Status", Kind.STATUS, "where it stands", "status"),
    Column(
        "expiration", "Expiration", Kind.MOMENT, "until when its files can be downloaded",
        "expiration_date", nullable=True, aliases=("expires",), ahead=True,
        short=marked("Expires"),
    ),
    Column(
        "objects_count", "Objects count", Kind.NUMBER, "objects delivered", total="objects_count",
        aliases=("objects",), short=marked("Objects"),
    ),
    Column(
        "files_count", "Files count", Kind.NUMBER, "files in all", total="files_count",
        aliases=("files",), short=marked("Files"),
    ),
    Column(
        "status_date", "Status date", Kind.MOMENT, "when its status last changed", "status_date",
        aliases=("changed",), short=marked("Changed"),
    ),
    Column(
        "in_status", "In status", Kind.DURATION, "how long ago its status changed, in seconds",
        "status_date",
    ),
    Column(
        "message", "Message", Kind.TEXT, "what went wrong, in the service's own words", "message",
        nullable=True,
    ),
    Column(
        "reason", "Reason", Kind.TEXT, "why it last changed, as our history has it",
        event="reason", nullable=True,
    ),
    PROFILE,
)  # fmt: skip
"""Every column, in the order in which they are listed to people."""

STORED_STATUS = Column("stored_status", "Stored status", Kind.TEXT, "status as stored", "status")
"""Not for choosing: what ``status`` is derived from, for one order in full and for the service."""

COLUMN_KEYS = tuple(column.key for column in COLUMNS)
RANGE_COLUMNS = {column.range_name: column for column in COLUMNS if column.range_name}
"""The columns that orders can be chosen by a range of, by the names of their options."""

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
    return named_field(name, _BY_NAME, COLUMN_KEYS, otherwise)


def named_field(
    name: str,
    by_name: Mapping[str, _Field],
    known: Sequence[str],
    otherwise: str = marked("no column '{name}'"),
) -> _Field:
    """The column that a name in any case means; raises UsageError, with those known, for none.

    For a title in the reader's own language it suggests the key.
    """
    plain = _plain(name)
    if plain not in by_name:
        named = name.strip()
        keys = {_plain(_(title)): each.key for each in by_name.values()
                for title in (each.title, each.short) if title}  # fmt: skip
        what = _(otherwise).format(name=named)
        raise unknown_name(what, keys.get(plain, named), known, by_name)
    return by_name[plain]


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


def chosen_columns(text: str | None, default: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of orders that ``--columns`` chooses: see ``chosen_fields``."""
    return chosen_fields(text, default, column_named)


def chosen_fields(
    text: str | None, default: Sequence[_Field], named: Callable[[str], _Field]
) -> tuple[_Field, ...]:
    """The columns that ``--columns`` chooses, of those that ``named`` knows.

    Names give exactly these, in this order; ``+name`` adds to the default and ``-name`` takes
    away, and so does each name behind it that has no sign. Raises UsageError on an unknown name,
    on both ways at once, and when none is left.
    """
    if text is None:
        return tuple(default)
    words = [word.strip() for word in text.split(",")]
    sign = words[0][:1] if words[0].startswith(("+", "-")) else ""
    if not sign and any(word.startswith(("+", "-")) for word in words):
        raise UsageError(
            _("--columns '{text}' mixes exact columns with additions").format(text=text),
            _("write a,b for exactly these, or +a,-b to change the default"),
        )
    chosen = list(default) if sign else []
    for word in words:
        sign = word[:1] if word.startswith(("+", "-")) else sign
        column = named(word.removeprefix("+").removeprefix("-"))
        if sign == "-":
            chosen = [other for other in chosen if other is not column]
        elif column not in chosen:
            chosen.append(column)
    if not chosen:
        raise UsageError(_("--columns leaves no column"), _("keep at least one"))
    return tuple(chosen)


def chosen_sort(text: str) -> tuple[SortKey, ...]:
    """The sort keys that ``--sort`` chooses: ``key`` or ``-key``, separated by commas."""
    return tuple(
        SortKey(column_named(name, marked("no sort key '{name}'")), descending)
        for name, descending in sort_words(text)
    )


def sort_words(text: str) -> Iterator[tuple[str, bool]]:
    """The names in ``--sort``, which commas separate, each with whether a ``-`` is before it."""
    for word in text.split(","):
        yield word.strip().removeprefix("-"), word.strip().startswith("-")
