"""The fields of one record of a file, checked as they are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ordercli.base.errors import FileError, UsageError
from ordercli.base.language import _, marked
from ordercli.domain.status import UNKNOWN, WAITING_USER, named

if TYPE_CHECKING:
    from collections.abc import Iterable

CORRECT = marked("correct the file and load it again, nothing was loaded")
_ISO_8601 = marked("must be a date and time in ISO 8601, as in 2024-03-07T14:06:10Z")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Fields:
    """The fields of one record, checked as they are read; errors name the field.

    Texts are required. What else is missing is None, false or an empty list; moments are UTC.
    """

    def __init__(self, values: Any, place: str, required: Iterable[str]) -> None:
        if not isinstance(values, dict):
            raise FileError(_("{place}: not a JSON object").format(place=place), _(CORRECT))
        self.place = place
        self._values = values
        for name in required:
            if values.get(name) is None:
                raise self._wrong(name, _("is missing"))

    def text(self, name: str, column: Any) -> str:
        """A text, not longer than the column."""
        value: str = self._of_kind(name, str, _("must be a text"))
        if not value:
            raise self._wrong(name, _("is empty"))
        longest = column.type.length
        if len(value) > longest:
            raise self._wrong(name, _("is longer than {n} characters").format(n=longest))
        if found := _UNSTORABLE.search(value):
            nul = _("holds a NUL character")
            half = _("holds a lone surrogate (half a character)")
            raise self._wrong(name, nul if found[0] == "\0" else half)
        return value

    def number(self, name: str, allowed: range) -> int | None:
        """A whole number in the range."""
        value: int | None = self._of_kind(name, int, _("must be a whole number"))
        if value is not None and value not in allowed:
            lowest, highest = allowed.start, allowed.stop - 1
            reason = _("must be from {lowest} to {highest}")
            raise self._wrong(name, reason.format(lowest=lowest, highest=highest))
        return value

    def moment(self, name: str) -> datetime | None:
        """A moment in ISO 8601, UTC unless it has an offset."""
        value = self._of_kind(name, str, _(_ISO_8601))
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            raise self._wrong(name, _(_ISO_8601)) from None

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._of_kind(name, bool, _("must be true or false")))

    def items(self, name: str) -> list[Any]:
        """A list."""
        return self._of_kind(name, list, _("must be a list")) or []

    def displayed_status(self, name: str) -> tuple[str, bool]:
        """A displayed status, as the two fields that are stored."""
        try:
            status = named(self._values[name])
        except UsageError as error:
            what = _("{name}: {message}").format(name=self.place, message=error.what)
            raise FileError(what, error.advice) from None
        if status is WAITING_USER:
            return "RUNNING", True
        return ("UNKNOWN" if status is UNKNOWN else status.stored[0]), False

    def _of_kind(self, name: str, kind: type, reason: str) -> Any:
        value = self._values.get(name)
        if value is None or type(value) is kind:  # exactly: to Python a bool is an int as well
            return value
        raise self._wrong(name, reason)

    def _wrong(self, name: str, reason: str) -> FileError:
        what = _("{place}: {name} {reason}").format(place=self.place, name=name, reason=reason)
        return FileError(what, _(CORRECT))
