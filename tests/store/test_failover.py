"""Several servers in one URL: changes go to the one that takes writes, reading to any."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from harness.failover import Pair, check_changing, check_reading, running_pair
from harness.program import run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Two servers of its own for a test that ends one of them."""
    with running_pair() as made:
        yield made


def test_of_several_servers_the_right_one_is_asked_and_the_next_one_after_a_failure(
    pair: Pair,
) -> None:
    standby_first = pair.url(pair.standby, pair.primary)
    check_reading(pair.url(pair.standby))
    check_reading(standby_first)
    told = check_refusal(pair.url(pair.standby))
    assert "name the server that takes writes" in told
    check_refusal(pair.url(pair.standby, pair.primary, options="?target_session_attrs=any"))
    check_changing(standby_first)
    pair.catch_up()
    pair.primary.crash()
    check_reading(standby_first)
    check_refusal(standby_first)
    pair.standby.promote()
    for location in (standby_first, pair.url(pair.primary, pair.standby)):
        check_changing(location)
        check_reading(location)


def test_a_standby_that_lags_behind_misleads_no_change(pair: Pair) -> None:
    with closing(psycopg.connect(pair.standby.url, autocommit=True)) as connection:
        connection.execute("SELECT pg_wal_replay_pause()")
        location = pair.url(pair.standby, pair.primary)
        check_changing(location)
        shown = run("list", "-q", "-s", "pending", database=location)
        assert shown.stdout.split() == ["1", "2", "3"]  # it is read as it was
        check_changing(location)
        connection.execute("SELECT pg_wal_replay_resume()")
    pair.catch_up()
    events = run("history", "--no-header", database=location).stdout.splitlines()
    assert len(events) == 4


def check_refusal(location: str) -> str:
    for words in (["pause", "2"], ["cancel", "2", "--yes"], ["db", "init"]):
        result = run(*words, database=location)
        assert (result.exit_code, result.stdout) == (1, ""), words
        assert "can't be written" in result.stderr, words
        assert result.stderr.count("\n") == 1
    return result.stderr
