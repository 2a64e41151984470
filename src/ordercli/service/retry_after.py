"""Waiting as the service asks, with ``Retry-After``, before it is asked again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ordercli.base.language import plural
from ordercli.service.answers import TOO_MANY, UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.service.transport import Response

MOST_WAITS = 3
"""Times that one request waits."""

_LONGEST_SECONDS = 60.0
_BLINK_SECONDS = 0.1


def never() -> bool:
    """Nobody asks to stop."""
    return False


def has_waited(
    response: Response, tell: Callable[[str], None], stopped: Callable[[], object] = never
) -> bool:
    """Wait if the answer asks for it, and tell so in a line for people.

    False where it does not ask, asks for more than a minute, or ``stopped`` says so.
    """
    seconds = response.retry_after
    if response.status not in (TOO_MANY, UNAVAILABLE) or seconds is None:
        return False
    if seconds > _LONGEST_SECONDS:
        return False
    whole = max(1, round(seconds))
    asks = plural(
        "the service asks to wait {number} second",
        "the service asks to wait {number} seconds",
        whole,
    )
    tell(asks.format(number=whole))
    end = time.monotonic() + seconds
    while not stopped() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _BLINK_SECONDS))
    return not stopped()
