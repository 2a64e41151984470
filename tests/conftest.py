"""Fixtures for all tests: databases of both kinds, a still clock, the same environment anywhere."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import program
from harness.federation import federated
from harness.fill import add_order
from harness.postgres_server import PostgresServer, WheelServer, quickest_place
from harness.program import Clock
from harness.programs import is_there, missing_packages
from harness.service_rules import NEWEST
from harness.service_server import ServiceServer
from harness.site import Site
from ordercli.base.limits import Limits
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMAS = Path(__file__).parent / "harness" / "schemas"
_OLDEST_AND_NEWEST = {"oldest": "1.3", "newest": "2.0"}

_STORED_STATUSES = (
    "PENDING", "RUNNING", "PAUSED", "DONE", "DONE_WITH_WARNING", "FAILED", "ERROR", "EXPIRED",
    "DELETED", "REMOVED", "QUARANTINED",
)  # fmt: skip

# What the interpreter and pytest need; nothing else of the caller's environment gets through.
_KEPT_VARIABLES = ("PATH", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "PYTHONHASHSEED")
_KEPT_PREFIXES = ("PYTEST_", "COVERAGE_", "COV_CORE_", "HYPOTHESIS_")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests run on another server than the wheel's."""
    parser.addoption(
        "--postgres-url",
        metavar="URL",
        help="run on this PostgreSQL server, as a role that may make databases and roles",
    )
    parser.addoption(
        "--federated",
        action="store_true",
        help="where a test takes a PostgreSQL database, spread its orders over two more servers",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let a test say which programs it needs."""
    config.addinivalue_line("markers", "needs(program, ...): left out where one is not installed")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Say once, before anything runs, for want of what some tests are left out."""
    reporter = session.config.pluginmanager.getplugin("terminalreporter")
    missing = " ".join(missing_packages())
    if reporter and missing and not hasattr(session.config, "workerinput"):
        reporter.write_line(f"tests are left out, to run them too: apt-get install {missing}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests whose programs this machine lacks."""
    left_out = [
        item
        for item in items
        if any(not is_there(name) for mark in item.iter_markers("needs") for name in mark.args)
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """The PostgreSQL server of this run, started when a test first needs it."""
    named = pytestconfig.getoption("--postgres-url")
    if named:
        server = PostgresServer(named)
        yield server
        server.close()
        return
    wheel = WheelServer(place=quickest_place())
    try:
        yield PostgresServer(wheel.url)
    finally:
        wheel.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The kind of database that ``database`` and ``empty_location`` are; both in turn."""
    return str(request.param)


@pytest.fixture
def database(request: pytest.FixtureRequest, dialect: str) -> Database:
    """A database of ours, without orders."""
    made: Database = request.getfixturevalue(f"{dialect}_database")
    return made


@pytest.fixture
def page(database: Database) -> Database:
    """One order of each stored status, 1 to 11, and order 12, which waits for its user."""
    with database.writing() as connection:
        for order_id, status in enumerate(_STORED_STATUSES, 1):
            owner = "x1@cnes.fr" if order_id <= 3 else "other@cnes.fr"
            add_order(connection, order_id, owner=owner, status=status)
        add_order(connection, 12, status="RUNNING", waiting_for_user=True)
    return database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file of ours to copy, without orders."""
    path = tmp_path_factory.mktemp("template") / "orders.db"
    schema.initialise(Database(str(path)))
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> Database:
    """A SQLite database of ours, without orders."""
    return Database(str(shutil.copyfile(sqlite_template, tmp_path / "orders.db")))


@pytest.fixture
def postgresql_database(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> Iterator[Database]:
    """A PostgreSQL database of ours, without orders."""
    if request.config.getoption("--federated"):
        yield request.getfixturevalue("federated_database")
        return
    template = postgres_server.template("ours", lambda url: schema.initialise(Database(url)))
    yield from _copied(postgres_server, template)


@pytest.fixture(scope="session")
def shards() -> Iterator[list[PostgresServer]]:
    """Two more servers."""
    wheels = [WheelServer(), WheelServer()]
    yield [PostgresServer(wheel.url) for wheel in wheels]
    for wheel in wheels:
        wheel.stop()


@pytest.fixture
def federated_database(postgres_server: PostgresServer, shards: list[PostgresServer]) -> Database:
    """A PostgreSQL database of ours, without orders, spread over two more servers."""
    return federated(postgres_server, shards)


@pytest.fixture
def empty_location(request: pytest.FixtureRequest, dialect: str, tmp_path: Path) -> Iterator[str]:
    """Where a database has no tables: a path where no file is, or the URL of an empty one."""
    if dialect == "sqlite":
        yield str(tmp_path / "empty.db")
        return
    for made in _copied(request.getfixturevalue("postgres_server"), None):
        yield made.location


@pytest.fixture(params=list(_OLDEST_AND_NEWEST))
def service_database(
    request: pytest.FixtureRequest, postgres_server: PostgresServer
) -> Iterator[Database]:
    """A live service's database, without orders: the oldest and the newest version in turn.

    A test names others as its parameters. The tables are in a schema that is on no search path.
    """
    version = _OLDEST_AND_NEWEST.get(request.param, request.param)
    statements = (_SCHEMAS / f"service-{version}.sql").read_text(encoding="utf-8")
    template = postgres_server.template(
        f"service {version}", lambda url: postgres_server.execute(url, statements)
    )
    yield from _copied(postgres_server, template)


@pytest.fixture
def service_version() -> str:
    """The version of the live service of ``site``; a test names others as its parameters."""
    return NEWEST


@pytest.fixture
def site(service_database: Database, tmp_path: Path, service_version: str) -> Iterator[Site]:
    """A live service over its database, which has our history beside its own tables."""
    schema.initialise(service_database)
    with ServiceServer(service_database.location, tmp_path, service_version) as service:
        yield Site.of(service_database, service, tmp_path)
        assert service.violations == []


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The program's clock, standing still at 2026-03-10T12:00:00Z until it is set."""
    still = Clock()
    monkeypatch.setattr(program, "clock_of_runs", still)
    return still


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Waits that are as many as ever and much shorter."""
    impatient = Limits(
        lock_seconds=0.1,
        busy_seconds=0.1,
        retry_pauses_seconds=(0.01, 0.02, 0.04),
        settling_seconds=0.2,
        appearance_pauses_seconds=(0.02, 0.04),
        deaf_seconds=0.01,
    )
    monkeypatch.setattr(program, "limits_of_runs", impatient)
    return impatient


@pytest.fixture(scope="session")
def processes() -> Any:
    """Makes processes that start at once, the program being loaded in their parent."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "harness.program",
            "ordercli.cli.app",
            "ordercli.operations.change_database",
            "ordercli.output.writers",
            "psycopg",
            "typer.testing",
        ]
    )
    return context


@pytest.fixture(autouse=True)
def _environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name not in _KEPT_VARIABLES and not name.startswith(_KEPT_PREFIXES):
                patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("TZ", "Europe/Paris")
        time.tzset()
        yield
    time.tzset()


def _copied(server: PostgresServer, template: str | None) -> Iterator[Database]:
    url = server.create_database(template)
    yield Database(url)
    server.drop_database(url)
