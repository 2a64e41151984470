"""What the filters, the sort and the reports mean, in plain Python from the words of the docs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from re import IGNORECASE, fullmatch
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SHOWN = {
    "PENDING": "pending", "RUNNING": "running", "PAUSED": "pause", "DONE": "done",
    "DONE_WITH_WARNING": "warning", "FAILED": "failed", "ERROR": "failed", "EXPIRED": "expired",
    "DELETED": "removed", "REMOVED": "removed", "QUARANTINED": "unknown",
}  # fmt: skip
KEYS = (
    "id", "user", "label", "progress", "creation", "total_size", "errors_count", "status",
    "expiration", "objects_count", "files_count", "status_date",
)  # fmt: skip
ACTIVE = ("pending", "running", "pause", "waiting user")
GROUPS = {"active": ACTIVE, "ended": tuple({*SHOWN.values()} - {*ACTIVE})}
NUMBERS = {
    "--size": "total_size", "--files": "files_count", "--objects": "objects_count",
    "--errors": "errors_count", "--progress": "progress",
}  # fmt: skip
FORMULA = tuple("=+-@＝＋－＠\t\r\n\0")


@dataclass(frozen=True)
class Order:
    """An order as it is stored: why its files failed; its datasets' files, bytes and objects."""

    owner: str
    label: str
    status: str
    waiting: bool
    progress: int
    reasons: tuple[str | None, ...]
    created: datetime
    changed: datetime
    expires: datetime | None
    datasets: tuple[tuple[int | None, int | None, int | None], ...]

    @property
    def shown(self) -> str:
        return "waiting user" if self.waiting else SHOWN[self.status]

    def failed(self, words: Words) -> int:
        """How many of its files failed, for one of the causes if any are asked for."""
        causes = [pattern.replace("…", "*") for pattern in words["--cause"]]
        flags = IGNORECASE if words["-i"] else 0
        lines = [(reason or "").strip().partition("\n")[0].strip() for reason in self.reasons]
        return sum(
            any(fullmatch(translate(each), line, flags) if line else each == "(none)"
                for each in causes or ["*", "(none)"])
            for line in lines
        )  # fmt: skip


Orders = dict[int, Order]
Words = dict[str, list[str]]
"""What was given for each option; that of ``--waiting`` is the flag itself."""


def moment(when: datetime | None) -> str | None:
    return when.isoformat().replace("+00:00", "Z") if when else None


def row(order_id: int, order: Order) -> dict[str, Any]:
    """What a program reads of an order."""
    files, size, objects = (sum(each[n] or 0 for each in order.datasets) for n in range(3))
    values = (order_id, order.owner, order.label, order.progress, moment(order.created), size,
              len(order.reasons), order.shown, moment(order.expires), objects, files,
              moment(order.changed))  # fmt: skip
    return dict(zip(KEYS, values, strict=True))


def is_chosen(order: Order, words: Words) -> bool:
    """Whether the filters choose an order."""
    flags = IGNORECASE if words["-i"] else 0
    values = row(0, order)
    return (
        _among(words["-u"], lambda each: bool(fullmatch(translate(each), order.owner, flags)))
        and _among(
            words["--label"], lambda each: bool(fullmatch(translate(each), order.label, flags))
        )
        and _has_status(order, words["-s"], words["--waiting"])
        and all(order.created >= datetime.fromisoformat(each) for each in words["--since"])
        and all(order.created < datetime.fromisoformat(each) for each in words["--until"])
        and all(
            _is_within(values[key], each) for name, key in NUMBERS.items() for each in words[name]
        )
        and all(_lies_in(order.created, each) for each in words["--created"])
        and all(_lies_in(order.changed, each) for each in words["--changed"])
        and all(_lies_in(order.expires, each) for each in words["--expires"])
        and (order.failed(words) > 0 or not words["--cause"])
        and (bool(order.reasons) or not words["--with-errors"])
    )


def _has_status(order: Order, statuses: list[str], waiting: list[str]) -> bool:
    """Whether it has such a status: the stored one, where it is asked whether it waits as well."""
    if not waiting:
        return _among(statuses, lambda each: order.shown in GROUPS.get(each, [each]))
    asked = [] if waiting == ["--waiting"] and {*statuses} == {"waiting user"} else statuses
    stored = SHOWN[order.status]
    return order.waiting == (waiting == ["--waiting"]) and _among(
        asked, lambda each: stored in GROUPS.get(each, [each])
    )


def _among(asked: list[str], matches: Callable[[str], bool]) -> bool:
    """Whether one of those asked for matches, if there are any, and none after a ``!``."""
    wanted = [each for each in asked if each[0] != "!"]
    excluded = any(matches(each[1:]) for each in asked if each[0] == "!")
    return (not wanted or any(map(matches, wanted))) and not excluded


def _is_within(value: int, text: str) -> bool:
    lowest, dots, highest = text.partition("..")
    if not dots:
        return value == int(text)
    return (not lowest or value >= int(lowest)) and (not highest or value <= int(highest))


def _lies_in(value: datetime | None, text: str) -> bool:
    start, _, end = text.partition("..")
    return value is not None and not (
        (start and value < datetime.fromisoformat(start))
        or (end and value >= datetime.fromisoformat(end))
    )


def sorted_rows(rows: Iterable[dict[str, Any]], keys: list[str]) -> list[dict[str, Any]]:
    """By the first key, then by the next; empty values last, and at the end by id."""
    found = sorted(rows, key=lambda each: each["id"])
    for key in reversed(keys):
        name = key.removeprefix("-")
        full = [each for each in found if each[name] is not None]
        full.sort(key=lambda each: each[name], reverse=key[0] == "-")
        found = full + [each for each in found if each[name] is None]
    return found


def guarded(value: Any) -> str:
    """A value as a spreadsheet may read it."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    is_formula = value.startswith(FORMULA) or (value[:1] == "'" and value[1:].startswith(FORMULA))
    return "'" + value if is_formula else value
