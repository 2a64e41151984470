"""What the options that choose orders mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ordercli.base.errors import UsageError
from ordercli.base.language import _
from ordercli.base.moments import MomentRange, parse_duration, parse_moment
from ordercli.base.text import require_text
from ordercli.domain.columns import RANGE_COLUMNS
from ordercli.domain.ranges import ColumnRange, NumberRange, parse_range
from ordercli.domain.selection import Selection
from ordercli.domain.status import WITHOUT_FILES, chosen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ordercli.cli.options import SelectionOptions


def selection_of(options: SelectionOptions, now: datetime) -> Selection:
    """The orders that the options choose, with times relative to ``now``.

    Raises UsageError on a value that is empty or means nothing.
    """
    users, excluded_users = _patterns(options.user, "--user")
    labels, excluded_labels = _patterns(options.label, "--label")
    statuses = chosen(options.status or ())
    return Selection(
        users=users,
        excluded_users=excluded_users,
        statuses=statuses if options.expires_within is None else statuses - WITHOUT_FILES,
        labels=labels,
        excluded_labels=excluded_labels,
        causes=tuple(require_text(cause, "--cause") for cause in options.cause or ()),
        ignore_case=options.ignore_case,
        waiting=options.waiting,
        ranges=tuple(_ranges(options, now)),
    )


def _ranges(options: SelectionOptions, now: datetime) -> Iterator[ColumnRange]:
    """The ranges that the options mean, those with flags of their own included."""
    for name, text in options.ranges.items():
        yield parse_range(RANGE_COLUMNS[name], text, now)
    if options.since is not None or options.until is not None:
        since = None if options.since is None else parse_moment(options.since, now)
        until = None if options.until is None else parse_moment(options.until, now)
        yield ColumnRange(RANGE_COLUMNS["created"], MomentRange(since, until))
    if options.expires_within is not None:
        end = _later(now, parse_duration(options.expires_within))
        yield ColumnRange(RANGE_COLUMNS["expires"], MomentRange(now, end))
    if options.with_errors:
        yield ColumnRange(RANGE_COLUMNS["errors"], NumberRange(1))


def _patterns(words: list[str] | None, option: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The patterns that are included, and those that are excluded by a leading ``!``."""
    excluded = [word for word in words or () if word.startswith("!")]
    included = [word for word in words or () if not word.startswith("!")]
    return (
        tuple(require_text(word, option) for word in included),
        tuple(require_text(word[1:], option) for word in excluded),
    )


def _later(now: datetime, duration: Any) -> datetime:
    try:
        result: datetime = now + duration
    except OverflowError:
        raise UsageError(_("--expires-within is too long"), _("give a shorter time")) from None
    return result
