"""Both databases, and thirty lines of plain Python written from the words of the docs, agree.

A hundred examples here; thousands by ``make test-night``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import translate
from functools import partial
from re import IGNORECASE, fullmatch
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from harness.fill import add_file, add_order
from harness.program import clock_of_runs, limits_of_runs, run
from ordercli.cli.commands.top import read_view
from ordercli.cli.invocation import Invocation
from ordercli.domain.columns import chosen_columns, chosen_sort
from ordercli.domain.selection import OrderQuery
from ordercli.output.console import Console
from ordercli.store.orders import read_orders
from ordercli.store.tables import data_files, dataset_tasks, events, orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.program import Result
    from harness.site import Site
    from ordercli.store.database import Database

EXAMPLES = int(os.environ.get("ORDERCLI_TEST_EXAMPLES", "100"))
BEGIN = datetime(2026, 1, 9, 8, 15, 30, tzinfo=UTC)
SHOWN = {
    "PENDING": "pending", "RUNNING": "running", "PAUSED": "pause", "DONE": "done",
    "DONE_WITH_WARNING": "warning", "FAILED": "failed", "ERROR": "failed", "EXPIRED": "expired",
    "DELETED": "removed", "REMOVED": "removed", "QUARANTINED": "unknown",
}  # fmt: skip
FROM = {
    "pause": {"PENDING", "RUNNING"},
    "resume": {"PAUSED"},
    "cancel": SHOWN.keys() - {"DELETED", "REMOVED", "QUARANTINED"},
}
SERVICE_FROM = {"retry": {"DONE_WITH_WARNING", "FAILED"}, "remove": {"DELETED"}}
ALREADY = {"pause": {"PAUSED"}, "resume": {"RUNNING"}, "cancel": {"DELETED", "REMOVED"}}
BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED"}
KEYS = (
    "id", "user", "label", "progress", "creation", "total_size", "errors_count", "status",
    "expiration", "objects_count", "files_count", "status_date",
)  # fmt: skip
ACTIVE = ("pending", "running", "pause", "waiting user")
GROUPS = {"active": ACTIVE, "ended": tuple({*SHOWN.values()} - {*ACTIVE})}
NUMBERS = {
    "--size": "total_size", "--files": "files_count", "--objects": "objects_count",
    "--errors": "errors_count", "--progress": "progress",
}  # fmt: skip
FORMULA = tuple("=+-@＝＋－＠\t\r\n\0")


@dataclass(frozen=True)
class Order:
    """An order as it is stored; its datasets are files count, files size and objects count."""

    owner: str
    label: str
    status: str
    waiting: bool
    progress: int
    errors: int
    created: datetime
    expires: datetime | None
    datasets: tuple[tuple[int | None, int | None, int | None], ...]

    @property
    def shown(self) -> str:
        return "waiting user" if self.waiting else SHOWN[self.status]


Orders = dict[int, Order]


def moment(when: datetime | None) -> str | None:
    return when.isoformat().replace("+00:00", "Z") if when else None


def row(order_id: int, order: Order) -> dict[str, Any]:
    """What a program reads of an order."""
    files, size, objects = (sum(each[n] or 0 for each in order.datasets) for n in range(3))
    values = (order_id, order.owner, order.label, order.progress, moment(order.created), size,
              order.errors, order.shown, moment(order.expires), objects, files,
              moment(order.created))  # fmt: skip
    return dict(zip(KEYS, values, strict=True))


def is_chosen(order: Order, words: dict[str, list[str]]) -> bool:
    """Whether the filters choose an order."""
    flags = IGNORECASE if words["-i"] else 0
    values = row(0, order)
    return (
        _among(words["-u"], lambda each: bool(fullmatch(translate(each), order.owner, flags)))
        and _among(
            words["--label"], lambda each: bool(fullmatch(translate(each), order.label, flags))
        )
        and _among(words["-s"], lambda each: order.shown in GROUPS.get(each, [each]))
        and all(order.created >= datetime.fromisoformat(each) for each in words["--since"])
        and all(order.created < datetime.fromisoformat(each) for each in words["--until"])
        and all(
            _is_within(values[key], each) for name, key in NUMBERS.items() for each in words[name]
        )
        and all(_lies_in(order.created, each) for each in words["--created"])
        and all(_lies_in(order.expires, each) for each in words["--expires"])
        and (order.errors > 0 or not words["--with-errors"])
    )


def _among(asked: list[str], matches: Callable[[str], bool]) -> bool:
    """Whether one of those asked for matches, if there are any, and none after a ``!``."""
    wanted = [each for each in asked if each[0] != "!"]
    excluded = any(matches(each[1:]) for each in asked if each[0] == "!")
    return (not wanted or any(map(matches, wanted))) and not excluded


def _is_within(value: int, text: str) -> bool:
    lowest, dots, highest = text.partition("..")
    if not dots:
        return value == int(text)
    return (not lowest or value >= int(lowest)) and (not highest or value <= int(highest))


def _lies_in(value: datetime | None, text: str) -> bool:
    start, _, end = text.partition("..")
    return value is not None and not (
        (start and value < datetime.fromisoformat(start))
        or (end and value >= datetime.fromisoformat(end))
    )


def sorted_rows(rows: Iterable[dict[str, Any]], keys: list[str]) -> list[dict[str, Any]]:
    """By the first key, then by the next; empty values last, and at the end by id."""
    found = sorted(rows, key=lambda each: each["id"])
    for key in reversed(keys):
        name = key.removeprefix("-")
        full = [each for each in found if each[name] is not None]
        full.sort(key=lambda each: each[name], reverse=key[0] == "-")
        found = full + [each for each in found if each[name] is None]
    return found


def guarded(value: Any) -> str:
    """A value as a spreadsheet may read it."""
    if not isinstance(value, str):
        return "" if value is None else str(value)
    is_formula = value.startswith(FORMULA) or (value[:1] == "'" and value[1:].startswith(FORMULA))
    return "'" + value if is_formula else value


names = st.sampled_from(["ada@x.org", "bob@x.org", "Ada@x.org", "éva@x.org", "a_a", "a%a", "'q'"])
labels = st.one_of(
    st.text("abA=+'\",;éÉ \n", min_size=1, max_size=6).filter(lambda text: bool(text.strip())),
    st.sampled_from(["=1+1", "'=1+1", "@x", "I*", "😀"]),
)
moments = st.integers(0, 5).map(lambda hours: BEGIN + timedelta(hours=hours))
numbers = st.none() | st.integers(0, 2**40)
counts = st.none() | st.integers(0, 2**31 - 1)
made = st.builds(
    Order, names, labels, st.sampled_from(list(SHOWN)), st.booleans(), st.integers(0, 100),
    st.integers(0, 2), moments, st.none() | moments,
    st.lists(st.tuples(counts, numbers, counts), max_size=2).map(tuple),
)  # fmt: skip
many = st.lists(made, max_size=8, unique_by=lambda each: (each.owner, each.label)).map(
    lambda found: dict(enumerate(found, 1))
)
statuses = st.sampled_from(sorted({*SHOWN.values(), "waiting user", *GROUPS}))


def asked(words: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[str]]:
    """Some of the words, each of which may be excluded."""
    return st.lists(words | words.map(lambda each: f"!{each}"), max_size=most)


def ranges(ends: st.SearchStrategy[Any]) -> st.SearchStrategy[list[str]]:
    """No range, or one with either or both ends; the first is before the last."""
    both = st.tuples(ends, ends).filter(lambda each: each[0] < each[1])
    text = st.one_of(
        both.map(lambda each: f"{_end(each[0])}..{_end(each[1])}"),
        ends.map(lambda each: f"{_end(each)}.."),
        ends.map(lambda each: f"..{_end(each)}"),
    )
    return st.just([]) | text.map(lambda each: [each])


def _end(value: int | datetime) -> str:
    return str(value) if isinstance(value, int) else str(moment(value))


totals = st.sampled_from([0, 1, 2**31, 2**40])
few = st.integers(0, 2)
kinds: dict[str, st.SearchStrategy[list[str]]] = {
    "-u": asked(names | st.sampled_from(["a*", "?da@x.org", "*"]), 2),
    "-s": asked(statuses, 2),
    "--label": asked(st.sampled_from(["*a*", "=*", "?", "*", "*É*"]), 1),
    "-i": st.sampled_from([[], [""]]),
    "--since": st.lists(moments.map(_end), max_size=1),
    "--until": st.lists(moments.map(_end), max_size=1),
    "--created": ranges(moments),
    "--expires": ranges(moments),
    "--size": ranges(totals),
    "--files": ranges(totals) | few.map(lambda each: [str(each)]),
    "--objects": ranges(totals),
    "--errors": ranges(few) | few.map(lambda each: [str(each)]),
    "--progress": ranges(st.integers(0, 100)),
    "--with-errors": st.lists(st.just(""), max_size=1),
}
filters = st.sets(st.sampled_from(list(kinds)), max_size=3).flatmap(
    lambda names: st.fixed_dictionaries(
        {name: kind if name in names else st.just([]) for name, kind in kinds.items()}
    )
)
choices = filters.filter(lambda words: any(words[name] for name in words if name != "-i"))
sorts = st.lists(
    st.sampled_from([sign + key for key in KEYS if key != "status" for sign in ("", "-")]),
    max_size=2, unique_by=lambda key: key.removeprefix("-"),
)  # fmt: skip
column_lists = st.lists(st.sampled_from(KEYS), min_size=1, max_size=12, unique=True)
check = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def on_the_command_line(words: dict[str, list[str]]) -> list[str]:
    return [
        option if option in ("-i", "--with-errors") else f"{option}={each}"
        if option.startswith("--") else f"{option}{each}"
        for option, values in words.items() for each in values
    ]  # fmt: skip


@pytest.fixture
def databases(sqlite_database: Database, postgresql_database: Database) -> list[Database]:
    return [sqlite_database, postgresql_database]


def fill(database: Database, there: Orders) -> None:
    with database.writing() as connection:
        for table in (events, dataset_tasks, data_files, orders):
            connection.execute(delete(table))
        for order_id, order in there.items():
            add_order(
                connection, order_id, owner=order.owner, label=order.label, status=order.status,
                waiting_for_user=order.waiting, percent_complete=order.progress,
                files_in_error=order.errors, creation_date=order.created,
                expiration_date=order.expires,
                datasets=[(f"d{n}", *each) for n, each in enumerate(order.datasets)],
            )  # fmt: skip
            for _ in range(order.errors):
                add_file(connection, order_id, "gone")


def stored(database: Database) -> tuple[dict[int, str], list[int]]:
    """The stored status of each order, and the orders of the history."""
    with database.reading() as connection:
        found = connection.execute(select(orders.c.id, orders.c.status))
        recorded = connection.execute(select(events.c.order_id).order_by(events.c.id))
        return {row[0]: row[1] for row in found}, list(recorded.scalars())


@settings(check, max_examples=EXAMPLES // 4)
@given(there=many, words=filters, sort=sorts, columns=column_lists)
def test_lists_and_reports(
    databases: list[Database],
    there: Orders,
    words: dict[str, list[str]],
    sort: list[str],
    columns: list[str],
) -> None:
    rows = sorted_rows(
        (row(order_id, order) for order_id, order in there.items() if is_chosen(order, words)), sort
    )
    shown = [{key: each[key] for key in columns} for each in rows]
    table = io.StringIO()
    lines = [columns, *([guarded(value) for value in each.values()] for each in shown)]
    csv.writer(table, lineterminator="\n").writerows(lines)
    asked = [f"--sort={','.join(sort or ['id'])}", *on_the_command_line(words)]
    named = f"--columns={','.join(columns)}"
    note(" ".join([*asked, named]))
    for database in databases:
        fill(database, there)
        as_json = run("list", "-f", "json", named, *asked, database=database)
        assert json.loads(as_json.stdout) == shown
        as_lines = run("list", "-f", "jsonl", named, *asked, database=database)
        assert [json.loads(line) for line in as_lines.stdout.splitlines()] == shown
        ids = run("list", "-q", *asked, database=database)
        assert ids.stdout.split() == [str(each["id"]) for each in rows]
        report = run("summary", named, *asked, database=database)
        assert (report.exit_code, list(csv.reader(io.StringIO(report.stdout, newline="")))) == (
            0,
            lines,
        )
        for text in (run("list", "-f", "csv", named, *asked, database=database), report):
            assert text.stdout.splitlines() == report.stdout.splitlines()


@settings(check, max_examples=EXAMPLES // 2)
@given(
    there=many,
    words=choices | st.none(),
    ids=st.lists(st.integers(1, 10), min_size=1, max_size=6),
    action=st.sampled_from(list(FROM)),
    most=st.none() | st.integers(0, 6),
    dry=st.booleans(),
)
def test_changes(
    databases: list[Database],
    there: Orders,
    words: dict[str, list[str]] | None,
    ids: list[int],
    action: str,
    most: int | None,
    dry: bool,
) -> None:
    chosen = ids if words is None else [n for n in there if is_chosen(there[n], words)]
    meant = sorted({n for n in chosen if n in there and there[n].status in FROM[action]})
    asked = [str(n) for n in ids] if words is None else on_the_command_line(words)
    asked += [] if most is None else ["--max", str(most)]
    asked += ["-n"] if dry else []
    refused = most is not None and len(meant) > most
    changed = [] if refused or dry else meant
    note(" ".join([action, *asked]))
    ended = []
    for database in databases:
        fill(database, there)
        result = run(action, *asked, "--yes", "-f", "json", database=database)
        after = {n: BECOMES[action] if n in changed else there[n].status for n in there}
        assert stored(database) == (after, changed), result
        if refused:
            assert (result.exit_code, result.stdout) == (2, "")
        else:
            results = json.loads(result.stdout)
            assert sorted(n["id"] for n in results if n["outcome"] == "changed") == meant
            fine = FROM[action] | ALREADY[action]
            if words is None:
                whole = all(n in there and there[n].status in fine for n in ids)
                assert result.exit_code == (0 if whole else 3)
        ended.append(result)
    assert ended[0] == ended[1]


@settings(check, max_examples=EXAMPLES // 12)
@given(there=many, words=choices)
@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_every_command_chooses_the_same(
    databases: list[Database], site: Site, there: Orders, words: dict[str, list[str]]
) -> None:
    """What a change would change is what ``list`` shows with a status that it may change."""
    asked = on_the_command_line(words)
    note(" ".join(asked))
    chosen = [n for n in there if is_chosen(there[n], words)]
    runs: list[Callable[..., Result]] = [partial(run, database=each) for each in databases]
    for database, program in zip([*databases, site.database], [*runs, site.run], strict=True):
        fill(database, there)
        check_readers(program, asked, {n: there[n] for n in chosen})
        actions = FROM if program != site.run else FROM | SERVICE_FROM
        for action, allowed in actions.items():
            planned = program(action, "-n", "-f", "json", *asked)
            would = [n["id"] for n in json.loads(planned.stdout) if n["outcome"] == "changed"]
            assert would == [n for n in chosen if there[n].status in allowed], action
        at_a_terminal = Invocation(Console.of_process(), clock_of_runs, limits_of_runs)
        in_top = read_view(at_a_terminal, shlex.join(asked), None, "id").selection(BEGIN)
        query = OrderQuery(in_top, chosen_columns("id", ()), chosen_sort("id"))
        assert [found["id"] for found in read_orders(database, query)] == chosen


def check_readers(program: Callable[..., Result], asked: list[str], chosen: Orders) -> None:
    """Each command that only reads chooses these orders."""
    listed = program("list", "-q", *asked, "--sort", "id")
    assert listed.stdout.split() == [str(n) for n in chosen]
    report = program("summary", "--columns", "id,progress", "--no-header", *asked)
    assert [line.split(",")[0] for line in report.stdout.splitlines()] == listed.stdout.split()
    every = ",".join({*SHOWN.values(), "waiting user"})
    waited = program("wait", "--for", every, "--timeout", "0s", *asked)
    assert sorted(int(line.split()[0]) for line in waited.stdout.splitlines()) == [*chosen]
    totals = json.loads(program("stats", "-f", "json", *asked).stdout)
    assert sum(group["orders"] for group in totals) == len(chosen)
    gauges = program("metrics", *asked).stdout.splitlines()
    counted = [line.split()[-1] for line in gauges if line.startswith("ordercli_orders{")]
    assert sum(map(float, counted)) == len(chosen)
    failed = json.loads(program("errors", "--by", "order", "-f", "json", *asked).stdout)
    with_errors = {n: order.errors for n, order in chosen.items() if order.errors}
    assert {row["order_id"]: row["files"] for row in failed} == with_errors
    alert = program("list", "-q", "--exit-code", *asked)
    assert alert.exit_code == (4 if chosen else 0)
