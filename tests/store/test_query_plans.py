"""Reading stays quick and small however many orders there are: the databases' own plans say so."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, event

from harness.program import Clock, command, environment, run
from ordercli.domain.columns import LIST_DEFAULT, RANGE_COLUMNS, chosen_sort
from ordercli.domain.ranges import parse_range
from ordercli.domain.selection import OrderQuery, Selection
from ordercli.domain.status import chosen
from ordercli.store import schema
from ordercli.store.database import Database
from ordercli.store.orders import count, read_positions
from ordercli.store.report_records import executable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from harness.postgres_server import PostgresServer

ORDERS = 100_000
DATASETS = 150_000
PAGE = 50
MOST_ROWS = 2_000
"""Rows of ``t_order`` that a page may read in PostgreSQL."""
MOST_STEPS = 50_000
"""Steps of SQLite's virtual machine that a page may take: all orders would be 400,000 and more."""
MOST_STEPS_OF_A_PATTERN = 300_000
"""The same, where it has to read and sort the orders of all users that a pattern means: a ninth."""
MOST_MEGABYTES = 20

_SCHEMAS = Path(__file__).parents[1] / "harness" / "schemas"

# A tenth waits for its user, one in 200 runs, one in 10,000 failed, the rest is done; a thousand
# users have a hundred orders each, and one user's sixty orders are all paused.
_FILL_ORDERS = """
INSERT INTO t_order (id, owner, label, creation_date, expiration_date, percent_complete,
                     files_in_error, status, status_date, waiting_for_user)
{numbers}
SELECT n,
       CASE WHEN n % 1600 = 1 THEN 'unlucky' ELSE 'user' || (n * 7919 % 1000) END || '@example.org',
       'order ' || n, {moment}, NULL, 100, 0,
       CASE WHEN n % 1600 = 1 THEN 'PAUSED' WHEN n % 10000 = 17 THEN 'FAILED'
            WHEN n % 200 = 3 THEN 'RUNNING' ELSE 'DONE' END,
       {moment}, n % 10 = 0
FROM numbers
"""
_FILL_DATASETS = """
INSERT INTO t_dataset_task (id, order_id, dataset_label, files_count, files_size, objects_count)
{numbers}
SELECT n, 1 + n % {orders}, 'dataset', 3, 1000 * n, 2 FROM numbers
"""
_SPELLINGS = {
    "sqlite": (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {})",
        "strftime('%Y-%m-%d %H:%M:%S', '2020-01-01', (n * 1000) || ' seconds')",
    ),
    "postgresql": (
        "WITH numbers(n) AS (SELECT generate_series(1, {}))",
        "timestamp '2020-01-01' + n * interval '1000 seconds'",
    ),
}


@dataclass(frozen=True)
class Statement:
    """One statement as the program sent it."""

    text: str
    parameters: Any


class Captured:
    """The statements sent while it is open, those that only look around left out."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> list[Statement]:
        event.listen(Engine, "before_cursor_execute", self._note)
        self._patch.setattr("ordercli.store.report_records.executable", self._noted_executable)
        return self.statements

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)
        self._patch.undo()

    def _noted_executable(self, connection: Connection, statement: Any) -> tuple[str, Any]:
        """What is handed to the driver itself."""
        text, values = executable(connection, statement)
        self.statements.append(
            Statement(text, tuple(values) if isinstance(values, list) else values)
        )
        return text, values

    def _note(self, _a: object, _b: object, text: str, parameters: Any, *_: object) -> None:
        if "FROM t_order" in text and "min(t_order.id)" not in text:
            self.statements.append(Statement(text, parameters))


@pytest.fixture(scope="module")
def locations(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Database]:
    """Databases of many orders by kind; each is filled when it is first asked for."""
    made: dict[str, Database] = {}

    def database(kind: str) -> Database:
        if kind not in made:
            made[kind] = make(kind)
        return made[kind]

    def make(kind: str) -> Database:
        if kind.startswith("sqlite"):
            path = tmp_path_factory.mktemp("many") / "orders.db"
            if kind == "sqlite":
                return _filled(str(path), schema.initialise)
            shutil.copy(str(database("sqlite").path), path)
            analysed = Database(str(path))
            with analysed.writing() as connection:
                connection.exec_driver_sql("ANALYZE")
            return analysed
        server: PostgresServer = request.getfixturevalue("postgres_server")

        def prepare(empty: Database) -> None:
            if kind == "postgresql":
                schema.initialise(empty)
            else:
                statements = (_SCHEMAS / f"{kind}.sql").read_text(encoding="utf-8")
                server.execute(empty.location, statements)

        filled = _filled(server.create_database(), prepare)
        server.execute(filled.location, "VACUUM ANALYZE t_order, t_dataset_task")
        return filled

    return database


@pytest.fixture
def ours(request: pytest.FixtureRequest, locations: Callable[[str], Database]) -> Database:
    """A database of ours, by the kind that the test is parametrised with."""
    return locations(request.param)


OURS = pytest.mark.parametrize("ours", ["sqlite", "postgresql"], indirect=True)
INDEXED = pytest.mark.parametrize(
    "kind", ["sqlite", "sqlite analysed", "postgresql", "service-2.0"]
)


@INDEXED
@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--sort", "creation"],
        ["--sort", "user"],
        ["--sort", "-user"],
        ["--sort", "id"],
        ["--sort", "-id"],
        ["-u", "user5@example.org"],
        ["-u", "user5@example.org", "-u", "user6@example.org"],
        ["-u", "nobody@example.org"],
        ["-u", "user55?@*"],
        ["-u", "user5*"],
        ["-u", "user5*", "--sort", "creation,label"],
        ["-u", "user5*", "--sort", "-id"],
        ["-u", "user5*", "--sort", "user"],
        ["-u", "user5*", "-s", "done,pause"],
        ["-u", "user5*", "-u", "nobody@example.org"],
        ["-s", "done"],
        ["-s", "running"],
        ["-s", "waiting"],
        ["-s", "pause"],
        ["-s", "failed"],
        ["-s", "done,removed"],
        ["-s", "!removed"],
        ["-u", "unlucky@example.org", "-s", "pause"],
        ["--since", "2022-01-01"],
        ["--until", "2021-01-01"],
        ["--created", "2021-02"],
        ["--created", "2021-01..", "-s", "done,pause"],
        ["--created", "2021-01..2021-06", "-s", "running"],
        ["--created", "..2021-06", "-s", "failed"],
        ["--created", "2021-01..", "-u", "user5@example.org"],
        ["--created", "2021-02", "-u", "user5@example.org", "-s", "done"],
        ["--since", "2021-01-01", "--until", "2021-02-01", "-s", "done"],
    ],
    ids=lambda words: " ".join(words) or "none",
)
def test_a_page_reads_few_orders(
    locations: Callable[[str], Database], kind: str, arguments: list[str]
) -> None:
    database = locations(kind)
    ids = _statements(database, "list", "--limit", PAGE, "-q", *arguments)
    pages = _statements(database, "list", "--limit", PAGE, *arguments)
    for statement in (ids[0], pages[0]):  # what follows, where nothing was found, is for advice
        if database.path:
            plan, steps = _sqlite_plan(database, statement), _sqlite_steps(database, statement)
            most = MOST_STEPS_OF_A_PATTERN if "user5*" in arguments else MOST_STEPS
            assert steps < most, plan
            by_id = "".join(arguments).endswith("id")
            assert by_id or "SCAN t_order" not in plan, plan
        else:
            nodes = _nodes_of(_postgresql_plan(database, statement), "t_order")
            read = sum(map(_rows_read, nodes))
            has_pattern = "*" in "".join(arguments)
            if has_pattern and not _sorts_by_bytes(database):
                # Whether LIKE may use an index is up to the collation: one pass over all, at most.
                assert read <= ORDERS, nodes
                continue
            assert "Seq Scan" not in {node["Node Type"] for node in nodes}, nodes
            assert read < (ORDERS / 10 if has_pattern else MOST_ROWS), nodes


@INDEXED
@pytest.mark.parametrize("sort", ["-creation", "user,-creation", "-id"])
def test_a_part_in_the_middle_reads_few_orders(
    locations: Callable[[str], Database], kind: str, sort: str
) -> None:
    database, middle = locations(kind), Selection(ids=(ORDERS // 2 + 5,))
    choices = [Selection()]
    if sort == "-creation":  # which an index on the status has too
        choices.append(Selection(statuses=chosen(["done", "pause"])))
    for selection, backwards in product(choices, (False, True)):
        query = OrderQuery(selection, LIST_DEFAULT, chosen_sort(sort), PAGE, backwards=backwards)
        ((_row, start),) = read_positions(database, replace(query, selection=middle))
        with Captured() as statements:
            assert len(read_positions(database, replace(query, start=start))) == PAGE
        if database.path:
            plan = _sqlite_plan(database, statements[0])
            assert _sqlite_steps(database, statements[0]) < MOST_STEPS, plan
        else:
            nodes = _nodes_of(_postgresql_plan(database, statements[0]), "t_order")
            assert sum(map(_rows_read, nodes)) < MOST_ROWS, nodes


@OURS
@pytest.mark.parametrize("sort", ["-creation", "creation,label", "id", "-id", "user", "-errors"])
@pytest.mark.parametrize("user", ["user5*", "user555@*", "user55?@*", "unlucky*", "*1@*"])
def test_a_page_of_a_pattern_is_the_first_of_all(ours: Database, sort: str, user: str) -> None:
    words = ("list", "-q", "-u", user, "-s", "done,pause", "--sort", sort)
    page = run(*words, "--limit", PAGE, database=ours).stdout.splitlines()
    assert page == run(*words, "--all", database=ours).stdout.splitlines()[:PAGE]
    assert page


@pytest.mark.parametrize("kind", ["postgresql", "service-2.0", "service-1.3"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--limit", PAGE],
        ["list", "--limit", PAGE, "-u", "user5@example.org"],
        ["list", "--limit", PAGE, "-u", "unlucky@example.org", "-s", "pause"],
        ["list", "--limit", PAGE, "--sort", "-size"],
        ["list", "-q", "--limit", PAGE, "--size", "1.."],
        ["list", "-q", "--limit", PAGE, "--files", "..5", "--size", "0..9", "-s", "done,pause"],
        ["summary", "-s", "!removed"],
        ["summary"],
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_totals_are_one_pass(
    locations: Callable[[str], Database], kind: str, arguments: list[object]
) -> None:
    database = locations(kind)
    (statement,) = _statements(database, *arguments)
    (node,) = _nodes_of(_postgresql_plan(database, statement), "t_dataset_task")
    is_a_page = "--limit" in arguments and not {"-size", "--size"} & set(arguments)
    if kind == "postgresql" and is_a_page:
        indexes = {below["Index Name"] for below in _nodes(node) if "Index Name" in below}
        assert indexes == {"idx_dataset_task_totals"}
        assert _rows_read(node) <= PAGE * 3
    else:
        assert kind == "postgresql" or node["Node Type"] == "Seq Scan"
        assert node["Actual Loops"] == 1
        assert _rows_read(node) == DATASETS


def test_totals_use_the_index_in_sqlite(locations: Callable[[str], Database]) -> None:
    for kind in ("sqlite", "sqlite analysed"):
        for arguments in ([], ["-u", "user5@example.org"], ["--sort", "user"]):
            (statement,) = _statements(locations(kind), "list", "--limit", PAGE, *arguments)
            plan = _sqlite_plan(locations(kind), statement)
            assert [step for step in plan if "t_dataset_task" in step] == [
                "SEARCH t_dataset_task USING COVERING INDEX idx_dataset_task_totals (order_id=?)"
            ]
            assert not [step for step in plan if "CORRELATED" in step]


@OURS
def test_counting_reads_one_index_and_no_row(ours: Database, clock: Clock) -> None:
    later = parse_range(RANGE_COLUMNS["created"], "2022-01-01..", clock.now)
    for selection in (Selection(), Selection(ranges=(later,))):
        with Captured() as captured:
            count(ours, selection)
        (statement,) = captured
        if ours.path:
            (step,) = _sqlite_plan(ours, statement)
            assert "t_order USING COVERING INDEX" in step
        else:
            (node,) = _nodes_of(_postgresql_plan(ours, statement), "t_order")
            assert node["Node Type"] == "Index Only Scan"
            assert node["Heap Fetches"] == 0


@OURS
def test_every_value_is_bound(ours: Database) -> None:
    given = ["a'b@example.org", "x''y*", "a label", "RUNNING", 77, "2021-01-02"]
    choice = ["-u", given[0], "-u", given[1], "--label", given[2], "-s", "running"]
    choice += ["--since", f"{given[5]}T00:00Z", "--expires-within", "3d", "--limit", given[4]]
    statement = next(each for each in _statements(ours, "list", *choice) if "page" in each.text)
    parameters = statement.parameters
    values = list(parameters.values() if isinstance(parameters, dict) else parameters)
    bound = " ".join(map(str, values))
    for value in given:
        assert str(value).replace("*", "") in bound, value
        assert str(value).replace("*", "") not in statement.text, value


@OURS
def test_memory_does_not_grow_with_the_report(ours: Database) -> None:
    peaks = {
        number: _peak_megabytes(ours, number, "summary", *choice)
        for number, choice in (
            (1_000, ["--until", "2020-01-12T13:47Z"]),
            (ORDERS, []),
            (ORDERS - 63, ["-s", "!pause"]),
        )
    }
    assert max(peaks.values()) - peaks[1_000] < MOST_MEGABYTES, peaks


def _filled(location: str, prepare: Callable[[Database], object]) -> Database:
    database = Database(location)
    prepare(database)
    with database.writing() as connection:
        dialect = connection.dialect.name
        if dialect == "postgresql":  # or VACUUM can't tell yet that all of it is committed
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO on")
        numbers, moment = _SPELLINGS[dialect]
        _execute(connection, _FILL_ORDERS.format(numbers=numbers.format(ORDERS), moment=moment))
        _execute(connection, _FILL_DATASETS.format(numbers=numbers.format(DATASETS), orders=ORDERS))
    return database


def _execute(connection: Connection, statement: str) -> None:
    cursor = connection.connection.cursor()
    cursor.execute(statement)
    cursor.close()


def _statements(database: Database, *arguments: object) -> list[Statement]:
    """What the program asks of the database for a command line."""
    with Captured() as statements:
        result = run(*arguments, database=database)
    assert result.exit_code == 0, result.stderr
    return statements


def _sqlite_plan(database: Database, statement: Statement) -> list[str]:
    with database.reading() as connection:
        explained = f"EXPLAIN QUERY PLAN {statement.text}"
        return [row.detail for row in connection.exec_driver_sql(explained, statement.parameters)]


def _sqlite_steps(database: Database, statement: Statement) -> int:
    """The steps of the virtual machine that the statement takes, to the next thousand."""
    thousands: list[None] = []
    with database.reading() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: thousands.append(None), 1000)
        connection.exec_driver_sql(statement.text, statement.parameters).all()
    return 1000 * len(thousands)


def _postgresql_plan(database: Database, statement: Statement) -> dict[str, Any]:
    with database.reading() as connection:
        connection.exec_driver_sql("SET max_parallel_workers_per_gather TO 0")
        explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}"
        rows = connection.exec_driver_sql(explained, statement.parameters).scalar_one()
        plan: dict[str, Any] = rows[0]["Plan"]
        return plan


def _sorts_by_bytes(database: Database) -> bool:
    with database.reading() as connection:
        return bool(connection.exec_driver_sql("SELECT 'a' > 'B'").scalar_one())


def _nodes_of(plan: dict[str, Any], table: str) -> list[dict[str, Any]]:
    return [node for node in _nodes(plan) if node.get("Relation Name") == table]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _rows_read(node: dict[str, Any]) -> float:
    removed = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return float(each * node["Actual Loops"])


def _peak_megabytes(database: Database, rows: int, *arguments: object) -> float:
    """The most memory that the program had, which has to write this many rows."""
    process = subprocess.Popen(
        command(*arguments), env=environment(database), stdout=subprocess.PIPE
    )
    assert process.stdout
    with process.stdout as output:
        lines = sum(1 for _ in output)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert (process.returncode, lines) == (0, rows + 1)
    return usage.ru_maxrss / 1024
