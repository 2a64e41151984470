"""What can be asked of failed files, and the columns of the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.errors import unknown_name
from ordercli.base.language import _, marked
from ordercli.base.values import Kind
from ordercli.domain.columns import Field, named_field, sort_words

if TYPE_CHECKING:
    from ordercli.domain.selection import Selection

_CAUSE = Field("cause", "Cause", Kind.TEXT)
_USER = Field("user", "User", Kind.TEXT)
_ORDER = Field("order_id", "Order", Kind.NUMBER)
_SUMS = (
    Field("files", "Files", Kind.NUMBER),
    Field("bytes", "Size", Kind.BYTES),
    Field("last_seen", "Last seen", Kind.MOMENT),
)
_ORDERS = Field("orders", "Orders", Kind.NUMBER)
EXAMPLE = Field("example", "Example", Kind.TEXT)
"""Why one of the files failed: its text from the first to the last line, for programs."""

REASON = Field("reason", "Why", Kind.TEXT)
FILE_FIELDS = (
    Field("id", "Id", Kind.NUMBER),
    Field("name", "Name", Kind.TEXT),
    Field("size", "Size", Kind.BYTES),
    Field("data_type", "Type", Kind.TEXT),
    Field("state", "State", Kind.TEXT),
    REASON,
)
FILE_FIELDS_FOR_PROGRAMS = (
    *FILE_FIELDS[:3],
    Field("mime_type", "MIME type", Kind.TEXT),
    FILE_FIELDS[3],
    Field("data_objects_ip_id", "URN", Kind.TEXT),
    *FILE_FIELDS[4:],
)
"""The columns of an order's files; those for programs beyond what people see."""

BY_FILE = "file"
FAILURE_GROUPS = {
    "cause": (_CAUSE, _ORDERS, *_SUMS),
    "user": (_USER, _ORDERS, *_SUMS),
    "order": (_ORDER, _USER, *_SUMS, EXAMPLE),
    BY_FILE: (_ORDER, _USER, *FILE_FIELDS),
}
"""What failed files are grouped by, and the columns of that."""


@dataclass(frozen=True)
class FailureQuery:
    """Which failed files: those of the orders chosen, grouped ``by`` one of ``FAILURE_GROUPS``.

    ``sort`` has keys of its columns, each with whether it descends; ``limit`` None means all.
    ``whole`` asks for the whole texts of the service, not for their first lines.
    """

    selection: Selection
    by: str
    sort: tuple[tuple[str, bool], ...]
    limit: int | None = None
    whole: bool = False


@dataclass(frozen=True)
class FileQuery:
    """Which files of an order: all, or those that ``failed``; ``limit`` and ``whole`` as above."""

    order_id: int
    failed: bool = False
    limit: int | None = None
    whole: bool = False

    @property
    def nothing(self) -> str:
        """What is said where there is no such file."""
        none = (
            _("no file of order {id} failed")
            if self.failed
            else _("order {id} has no files listed")
        )
        return none.format(id=self.order_id)


def fields_of(by: str, *, people: bool) -> tuple[Field, ...]:
    """The columns of a group; programs get an example of each cause besides."""
    fields = FAILURE_GROUPS[by]
    return fields if people or by == BY_FILE or EXAMPLE in fields else (*fields, EXAMPLE)


def grouping(name: str) -> str:
    """The group of this name, in any case; raises UsageError where there is none."""
    if name.lower() not in FAILURE_GROUPS:
        raise unknown_name(_("no group '{name}'").format(name=name), name, FAILURE_GROUPS)
    return name.lower()


def sort_keys(text: str | None, by: str) -> tuple[tuple[str, bool], ...]:
    """The keys to sort by: ``key`` or ``-key``, by commas; by default most files first.

    Raises UsageError on a name that is none of the group's columns.
    """
    fields = {field.key: field for field in FAILURE_GROUPS[by]}
    default = "order_id,id" if by == BY_FILE else "-files"
    words = sort_words(default if text is None else text)
    otherwise = marked("no sort key '{name}'")
    return tuple(
        (named_field(name, fields, tuple(fields), otherwise).key, descending)
        for name, descending in words
    )
