"""Behind a pooler of connections all works, and nothing is left on one that others get next."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg
import pytest

from harness.fill import add_many, add_order
from harness.pooler import pooled, through_pgpool
from harness.program import run
from ordercli.base.limits import Limits
from ordercli.store import completion_lookup, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from ordercli.store.database import Database

pytestmark = pytest.mark.needs("pgbouncer")

SETTINGS = "SELECT name, setting FROM pg_settings WHERE name <> 'application_name' ORDER BY name"
SETTLED = Limits(settling_seconds=0.1)
"""No service is there that would turn a direct change back."""
MODES = pytest.mark.parametrize("mode", ["session", "transaction"])


def settings_of(url: str) -> tuple[int, dict[str, str], int]:
    """The server's process, its settings, and how many statements are prepared there."""
    with closing(psycopg.connect(url, autocommit=True, prepare_threshold=None)) as connection:
        found = connection.execute("SELECT pg_backend_pid()").fetchone()
        settings: dict[str, str] = dict(connection.execute(SETTINGS).fetchall())
        prepared = connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone()
    assert found
    assert prepared
    return found[0], settings, prepared[0]


def check_every_command(url: str) -> None:
    for words in (
        ["list"], ["list", "-u", "many*", "--limit", 5], ["list", "-u", "nobody"], ["show", 1],
        ["summary"], ["summary", "--layout", "regards"], ["pause", 1, 2, "--direct"],
        ["pause", "-u", "many*", "--yes", "-q", "--direct"], ["history"], ["db", "check"],
        ["resume", 1, "--direct"], ["cancel", 2, "--yes", "--direct"],
        ["wait", 2, "--for", "removed"], ["db", "init"], ["db", "grants", "somebody"],
    ):  # fmt: skip
        result = run(*words, database=url, limits=SETTLED)
        assert result.exit_code == 0, (words, result.stderr)
    assert completion_lookup.users(url, "") == ["many@cnes.fr"]
    assert completion_lookup.order_ids(url, "7")[0] == "7"


@pytest.fixture
def page(postgresql_database: Database) -> Database:
    """A database of ours, with orders for several batches."""
    with postgresql_database.writing() as connection:
        add_many(connection, 1200)
    return postgresql_database


@MODES
def test_every_command_leaves_a_connection_as_it_was(page: Database, mode: str) -> None:
    with pooled(page.location, mode) as url:
        before = settings_of(url)
        check_every_command(url)
        _process, settings, prepared = settings_of(url)
        assert prepared == 0
        assert settings == before[1]
    done = run("list", "-q", "-s", "pause", database=page).stdout.split()
    assert len(done) == 1198


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
@pytest.mark.parametrize(
    ("pooler", "mode"),
    [
        (pooled, "transaction"),
        pytest.param(through_pgpool, "raw", marks=pytest.mark.needs("pgpool")),
    ],
)
def test_a_service_s_database(
    service_database: Database,
    pooler: Callable[[str, str], AbstractContextManager[str]],
    mode: str,
) -> None:
    schema.initialise(service_database)
    with service_database.writing() as connection:
        add_many(connection, 20)
    with pooler(service_database.location, mode) as url:
        before = settings_of(url)
        check_every_command(url)
        assert settings_of(url)[1:] == before[1:]


def test_what_others_set_changes_nothing(page: Database) -> None:
    """On a pooled connection, somebody has left settings of his own."""
    expected = run("list", "--limit", 3, database=page).stdout
    with pooled(page.location, "transaction") as url:
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            connection.execute(
                "SET SESSION search_path TO nowhere; SET SESSION datestyle TO 'SQL, DMY';"
                " SET SESSION timezone TO 'Asia/Tokyo'; SET SESSION lock_timeout TO '1ms'"
            )
        assert run("list", "--limit", 3, database=url).stdout == expected


def test_two_at_once_on_one_connection(page: Database) -> None:
    """While one command reads, another one waits its turn, and neither mixes anything up."""
    with pooled(page.location, "transaction", connections=2) as url:
        ended: Iterator[int] = iter(
            run("pause", number, database=url).exit_code for number in (1, 2, 3)
        )
        with page.writing() as connection:
            add_order(connection, 5000)
        assert list(ended) == [0, 0, 0]
