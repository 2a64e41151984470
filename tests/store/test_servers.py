"""Every command on servers that people have: it works, or says in one line what is in its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from harness.commands import without_row
from harness.fill import add_file, add_order
from harness.page import Page, on_page
from harness.pooler import pooled, through_pgpool
from harness.postgres_server import connected
from harness.program import run
from harness.programs import is_there
from harness.rights import granted
from harness.service_server import ServiceServer
from harness.site import Site
from harness.stored import recorded, statuses
from ordercli.base.limits import Limits
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from harness.program import Result

PAUSE = "the pause of order 5"
READING = (
    ["list", "-f", "json"], ["list", "-q", "--cause", "storage*"],
    ["list", "--profile", "here,there"], ["show", 1], ["show", 6, "--files"],
    ["show", 6, "--failed", "-f", "json"], ["summary"], ["summary", "--layout", "regards"],
    ["stats"], ["stats", "--by", "user,day", "--profile", "here,there"], ["errors"],
    ["metrics", "--by", "user"], ["history"],
    ["history", 5, "--until", "now", "--user", "*", "--actor", "*", "--operation", PAUSE,
     "--columns", "id,operation,reason"],
    ["wait", "-s", "done,running", "--any"], ["profiles", "--check"], ["db", "check"],
    ["db", "grants", "somebody", "--write"], ["pause", 1, "-n"], ["pause", "-u", "*", "-n"],
    ["undo", PAUSE, "-n"],
)  # fmt: skip
CHANGING = (
    ["pause", 1, 2], ["resume", 1], ["cancel", 2, "--yes"], ["undo", PAUSE, "--yes"],
    ["pause", "-u", "*", "--yes"], ["db", "init"],
)  # fmt: skip
OF_A_SERVICE = (
    ["restart", 3, "--label", "again"], ["retry", 6], ["remove", 7, "--yes"],
)  # fmt: skip
LOADING = ["db", "load", "orders.csv", "--update"]

STORED = {
    1: "RUNNING", 2: "PENDING", 3: "DONE", 4: "RUNNING", 5: "PAUSED", 6: "FAILED", 7: "DELETED",
}  # fmt: skip
"""The orders of every server, of which the fifth has just been paused."""
PLAIN = {**STORED, 1: "PAUSED", 2: "DELETED", 4: "PAUSED", 5: "PAUSED"}
"""What the changes leave of them, where nothing is in their way."""

BRIEF = Limits(retry_pauses_seconds=(0.01, 0.02))
"""A retried order is not waited for: it keeps its status for a while."""
PGBOUNCER = ("session", "transaction")
"""Its modes; any other is one of pgpool's."""
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
    "pgpool, streaming replication": Server(pool="streaming_replication"),
    "LATIN1": Server(encoding="LATIN1"),
    "EUC_JP": Server(encoding="EUC_JP"),
    "SQL_ASCII": Server(encoding="SQL_ASCII"),
    "timeouts of statements and of idle transactions": Server(
        of_database("statement_timeout TO '5s'; ")
        + of_database("idle_in_transaction_session_timeout TO '5s'")
    ),
    "serializable": Server(of_database("default_transaction_isolation TO serializable")),
    "read-only by default": Server(
        of_database("default_transaction_read_only TO on"),
        refused="turn default_transaction_read_only off", never=True,
    ),
    "a trigger refuses, in French": Server(
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
        " CREATE POLICY keeps ON t_order FOR UPDATE USING (true) WITH CHECK (false)",
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
    program = "pgbouncer" if found.pool in PGBOUNCER else "pgpool"
    if found.pool and not is_there(program):
        pytest.skip(f"{program} is not installed")
    return found


@pytest.fixture
def database(server: Server, postgres_server: PostgresServer) -> Iterator[Database]:
    """Seven orders of ours on that server, as its administrator sees them."""
    url = (
        postgres_server.create_in_encoding(server.encoding)
        if server.encoding
        else postgres_server.create_database()
    )
    database = Database(url)
    schema.initialise(database)
    with database.writing() as connection:
        for order_id, status in {**STORED, 5: "RUNNING"}.items():
            add_order(connection, order_id, status=status, datasets=[("d", 1, 2, 3)])
        add_file(connection, 6, "storage 7 is gone")
    assert run("pause", 5, "-m", "why", database=database).exit_code == 0
    yield database
    postgres_server.drop_database(url)


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[ServiceServer]:
    """A live service over these orders, which nothing is in the way of."""
    with ServiceServer(database.location, tmp_path) as service:
        service.behaviour.retry_seconds = 60  # a retried order keeps its status for a while
        yield service
        assert service.violations == []


@pytest.fixture
def location(
    server: Server, database: Database, service: ServiceServer, postgres_server: PostgresServer
) -> Iterator[str]:
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
    # The page reads side by side: in session mode it has a connection for each thread.
    pooler = (
        pooled(url, server.pool, 1 if server.pool == "transaction" else 3)
        if server.pool in PGBOUNCER
        else through_pgpool(url, server.pool)
    )
    with pooler as through:
        yield through


@pytest.fixture
def site(
    location: str,
    database: Database,
    service: ServiceServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Site:
    """A profile with the service, one without, and one that goes straight to the server."""
    site = Site.of(Database(location), service, tmp_path)
    (tmp_path / "orders.csv").write_text(
        "id,user,label,creation,status\n9,a@x,nine,2026-03-01T00:00:00Z,done\n"
    )
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "config.toml").open("a") as configuration:
        for name, url in (("here", location), ("there", database.location)):
            configuration.write(f'[profiles.{name}]\ndatabase = "{url}"\n')
    return site


def test_the_matrix_has_every_command() -> None:
    assert without_row([*READING, *CHANGING, *OF_A_SERVICE, LOADING, ["top"]]) == set()


def test_every_command(server: Server, database: Database, site: Site) -> None:
    listed = run("history", "--columns", "operation", "-f", "tsv", "--no-header", database=database)
    operation = listed.stdout.strip()

    def result_of(words: Sequence[object]) -> Result:
        given = [operation if word == PAUSE else word for word in words]
        return site.run(*given, *([] if "--profile" in words else ["--profile", "here"]))

    for words in READING:
        result = result_of(words)
        assert (result.exit_code, bool(result.stdout)) == (0, True), (words, result)
        explained = words in (["pause", "-u", "*", "-n"], ["undo", PAUSE, "-n"])
        assert result.stderr.count("\n") == explained, (words, result)
    shown = result_of(["list", "-q", "--sort", "id"]).stdout.split()
    assert shown == [str(each) for each in STORED if not (server.hidden and each == 4)]
    check_page(site.database, len(shown))
    for words in CHANGING:
        result = result_of(words)
        if server.refused and (server.never or words[0] not in ("resume", "db")):
            assert (result.exit_code, result.stdout) == (server.code, ""), (words, result)
            assert server.refused in result.stderr
        else:
            assert result.exit_code == 0, (words, result)
    assert statuses(database) == (STORED if server.refused else server.left)
    assert len(recorded(database)) == (1 if server.refused else 8 if server.hidden else 9)
    result = result_of(LOADING)
    if server.never or server.role:
        assert result.exit_code == 1
        assert (server.refused if server.never else "as the owner") in result.stderr
    else:
        assert result.exit_code == 0, result
    check_service(site, database, server)


def check_service(site: Site, database: Database, server: Server) -> None:
    """What goes through a live service, once it has these orders, is done and in the history."""
    with connected(database.location, autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only TO off")
        connection.execute("COMMENT ON TABLE t_order IS NULL")
    before = len(recorded(database))
    for words in OF_A_SERVICE:
        result = site.run_within(BRIEF, *words)
        if server.never:
            assert (result.exit_code, result.stdout) == (1, ""), (words, result)
            assert server.refused in result.stderr
        else:
            assert (result.exit_code, result.stderr) == (0, ""), (words, result)
    assert len(recorded(database)) == before + (0 if server.never else len(OF_A_SERVICE))
    assert (7 in statuses(database)) == server.never


def check_page(database: Database, number: int) -> None:
    """The page full screen shows so many orders."""

    async def look(page: Page) -> None:
        await page.expect(f"{number} orders", "order 1", f"order {max(STORED)}")

    on_page(database, look)
