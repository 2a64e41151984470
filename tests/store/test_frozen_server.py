"""A server that freezes is told from one that is busy, and told about in time."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from harness.cable import Cable, CommitOf, RequestNumber
from harness.fill import add_order
from harness.program import run
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ordercli.store.database import Database

_ADVICE = "check the address and that the server runs, then repeat"
_SILENT = f"the PostgreSQL database does not answer: nothing came for 0.6 s; {_ADVICE}"


SOON = 10
"""Seconds: many times the limits here, for a busy machine, and less than a program waits for."""

_LIMITS = Limits(
    silent_seconds=0.3,
    sign_of_life_seconds=0.3,
    connect_seconds=2,  # the driver's shortest
)


@pytest.fixture
def page(postgresql_database: Database) -> Database:
    """Three orders that can be paused."""
    with postgresql_database.writing() as connection:
        for order_id in (1, 2, 3):
            add_order(connection, order_id)
    return postgresql_database


@pytest.mark.parametrize(
    ("command", "request_number"),
    [("list", 1), ("summary", 1), ("summary", 2), ("history", 1), ("history", 2), ("pause 1", 1),
     ("pause 1", 2)],
)  # fmt: skip
def test_reading(page: Database, command: str, request_number: int) -> None:
    frozen = RequestNumber(request_number)
    with Cable(page, frozen, delivered=False, frozen=True, reading=True) as cable:
        begun = time.monotonic()
        result = run(*command.split(), database=cable.location, limits=_LIMITS)
    assert cable.was_cut
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"ordercli: {_SILENT}\n"
    assert time.monotonic() - begun < SOON


@pytest.mark.parametrize("delivered", [False, True])
def test_a_change_is_unknown_and_not_tried_again(page: Database, delivered: bool) -> None:
    with Cable(page, CommitOf(1), delivered=delivered, frozen=True) as cable:
        result = run("pause", 1, 2, 3, database=cable.location, limits=_LIMITS)
    assert cable.was_cut
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "ordercli: the PostgreSQL database does not answer: nothing came for 0.6 s:"
        " 0 of 3 orders done, orders 1 to 3 are unknown; repeat the command, which is safe\n"
    )
    assert run("pause", 1, 2, 3, database=page, limits=_LIMITS).exit_code == 0


def test_connecting(page: Database) -> None:
    with Cable(page, RequestNumber(1), delivered=False, frozen=True, reading=True) as cable:
        run("list", database=cable.location, limits=_LIMITS)
        begun = time.monotonic()
        result = run("list", database=cable.location, limits=_LIMITS)
    assert time.monotonic() - begun < SOON
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "ordercli: the PostgreSQL database does not answer: connection timeout expired;"
        f" {_ADVICE}\n"
    )


@pytest.fixture
def held(page: Database) -> Iterator[Callable[[float], None]]:
    """A function that holds the table for so many seconds, so that nobody can read it."""
    threads: list[threading.Thread] = []

    def hold(seconds: float) -> None:
        taken = threading.Event()

        def work() -> None:
            with page.writing() as connection:
                connection.execute(text("LOCK TABLE t_order"))
                taken.set()
                time.sleep(seconds)

        threads.append(threading.Thread(target=work))
        threads[-1].start()
        taken.wait()

    yield hold
    for each in threads:
        each.join()


def test_a_busy_server_is_waited_for(page: Database, held: Callable[[float], None]) -> None:
    """Its query takes four times as long as a server may be silent; it answers others."""
    begun = time.monotonic()
    held(1.2)
    limits = replace(_LIMITS, sign_of_life_seconds=20)
    result = run("list", "-q", database=page, limits=limits)
    assert time.monotonic() - begun > 1.2
    assert (result.exit_code, result.stdout.split()) == (0, ["1", "2", "3"])
