"""Failover, again and again: a base backup, the end of the server, the promotion of its standby."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from harness.failover import READING, Pair, check_changing, check_reading, running_pair
from harness.postgres_server import WheelServer

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5


def test_the_next_command_works_after_each_failover(figure: Callable[[int, str], None]) -> None:
    seconds = []
    with running_pair() as pair, ExitStack() as stack:
        for number in range(ROUNDS):
            check_changing(pair.url(pair.standby, pair.primary))
            check_reading(pair.url(pair.standby))
            pair.catch_up()
            pair.primary.crash()
            pair.standby.promote()
            begun = time.monotonic()
            check_changing(pair.url(pair.primary, pair.standby))
            seconds.append(time.monotonic() - begun)
            check_reading(pair.url(pair.primary, pair.standby))
            if number < ROUNDS - 1:
                following = WheelServer(pair.standby)
                stack.callback(following.stop)
                pair = Pair(pair.standby, following, pair.database)  # noqa: PLW2901 - the next two
                pair.catch_up()
    figure(
        9,
        f"{ROUNDS} failovers, each from a base backup: the next change and the "
        f"{len(READING)} reading commands worked, the slowest change in {max(seconds):.1f} s; "
        f"{ROUNDS * len(READING)} commands read on a standby",
    )
