"""Every command on servers that people have: each works, or says in one line what is in its way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.pooler import pooled
from harness.program import run
from harness.programs import is_there
from harness.rights import granted
from harness.stored import recorded, statuses
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.postgres_server import PostgresServer

READING = (
    ["list"], ["list", "-f", "json"], ["list", "-q", "-s", "running"], ["show", 1], ["summary"],
    ["summary", "--layout", "regards"], ["stats"], ["history"], ["wait", 3, "--for", "done"],
    ["db", "check"], ["pause", 1, "-n"], ["pause", "-u", "*", "-n"],
)  # fmt: skip
CHANGING = (["pause", 1, 2], ["resume", 1], ["cancel", 2, "--yes"], ["pause", "-u", "*", "--yes"])

PLAIN = {1: "PAUSED", 2: "DELETED", 3: "DONE", 4: "PAUSED"}
"""What the changes leave of four orders, where nothing is in their way."""

TRIGGER = (
    "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {} END $$;"
    " CREATE {} TRIGGER meddling {} UPDATE ON t_order {} FOR EACH ROW EXECUTE FUNCTION meddle()"
)


@dataclass(frozen=True)
class Server:
    """A kind of server: how its database is made what it is, and what then becomes of changes.

    ``refused`` is what is said of a change, which then changes nothing; ``never`` also of one that
    there is no need for.
    """

    sql: str = ""
    encoding: str = ""
    pool: str = ""
    role: bool = False
    refused: str = ""
    code: int = 1
    hidden: bool = False
    never: bool = False
    left: dict[int, str] = field(default_factory=lambda: dict(PLAIN))


def of_database(setting: str) -> str:
    return f"ALTER DATABASE {{database}} SET {setting}"


SERVERS = {
    "PgBouncer, session mode": Server(pool="session"),
    "PgBouncer, transaction mode": Server(pool="transaction"),
    "LATIN1": Server(encoding="LATIN1"),
    "EUC_JP": Server(encoding="EUC_JP"),
    "SQL_ASCII": Server(encoding="SQL_ASCII"),
    "statement_timeout": Server(of_database("statement_timeout TO '5s'")),
    "idle_in_transaction_session_timeout": Server(
        of_database("idle_in_transaction_session_timeout TO '1s'")
    ),
    "serializable": Server(of_database("default_transaction_isolation TO serializable")),
    "read-only by default": Server(
        of_database("default_transaction_read_only TO on"),
        refused="turn default_transaction_read_only off", never=True,
    ),
    "French messages": Server(
        TRIGGER.format("RAISE EXCEPTION 'mise à jour refusée été comme hiver';", "", "BEFORE", ""),
        refused="mise à jour refusée été comme hiver: 0 of",
    ),
    "rows of others are hidden": Server(
        "ALTER TABLE t_order ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY own ON t_order USING (id <> 4)",
        role=True, hidden=True, left={**PLAIN, 4: "RUNNING"},
    ),
    "a policy forbids changes": Server(
        "ALTER TABLE t_order ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY sees ON t_order FOR SELECT USING (true);"
        " CREATE POLICY keeps ON t_order FOR UPDATE USING (true) WITH CHECK (status = 'RUNNING')",
        role=True, refused="a policy of the table forbids it",
    ),
    "a trigger skips": Server(
        TRIGGER.format("RETURN NULL;", "", "BEFORE", ""),
        refused="the database did not change it", code=3,
    ),
    "a trigger writes another status": Server(
        TRIGGER.format("NEW.status = OLD.status; RETURN NEW;", "", "BEFORE", ""),
        refused="the database did not change it", code=3,
    ),
    "a trigger refuses": Server(
        TRIGGER.format("RAISE EXCEPTION 'not on Sundays';", "", "BEFORE", ""),
        refused="not on Sundays: 0 of",
    ),
    "a constraint fails at commit": Server(
        TRIGGER.format(
            "RAISE EXCEPTION 'not on Sundays';", "CONSTRAINT", "AFTER",
            "DEFERRABLE INITIALLY DEFERRED",
        ),
        refused="not on Sundays: 0 of",
    ),
}  # fmt: skip


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Server:
    found = SERVERS[request.param]
    if found.pool and not is_there("pgbouncer"):
        pytest.skip("pgbouncer is not installed")
    return found


@pytest.fixture
def database(server: Server, postgres_server: PostgresServer) -> Iterator[Database]:
    """Four orders of ours on that server, as its administrator sees them."""
    url = (
        postgres_server.create_in_encoding(server.encoding)
        if server.encoding
        else postgres_server.create_database()
    )
    database = Database(url)
    schema.initialise(database)
    with database.writing() as connection:
        for order_id, status in enumerate(("RUNNING", "PENDING", "DONE", "RUNNING"), 1):
            add_order(connection, order_id, status=status, datasets=[("d", 1, 2, 3)])
    yield database
    postgres_server.drop_database(url)


@pytest.fixture
def location(server: Server, database: Database, postgres_server: PostgresServer) -> Iterator[str]:
    """Its URL, for whoever runs the commands."""
    url = database.location
    if server.role:
        url = granted(postgres_server, database, "of_servers", "--write")
    if server.sql:
        name = database.location.rpartition("/")[2]
        postgres_server.execute(database.location, server.sql.replace("{database}", name))
    if not server.pool:
        yield url
        return
    with pooled(url, server.pool) as through:
        yield through


def test_every_command(server: Server, database: Database, location: str) -> None:
    for words in READING:
        result = run(*words, database=location)
        assert result.exit_code == 0, (words, result)
        told = words in (["history"], ["pause", "-u", "*", "-n"])  # none yet; those that can't be
        assert result.stderr.count("\n") == told, (words, result)
    listed = json.loads(run("list", "-f", "json", "--sort", "id", database=location).stdout)
    assert [each["id"] for each in listed] == ([1, 2, 3] if server.hidden else [1, 2, 3, 4])
    for words in CHANGING:
        result = run(*words, database=location)
        if server.refused and (server.never or words[0] != "resume"):
            assert (result.exit_code, result.stdout) == (server.code, ""), (words, result)
            assert server.refused in result.stderr
        else:
            assert result.exit_code == 0, (words, result)
    if server.refused:
        assert set(statuses(database).values()) == {"RUNNING", "PENDING", "DONE"}
        assert recorded(database) == []
    else:
        assert statuses(database) == server.left
        assert len(recorded(database)) == (5 if server.hidden else 6)
