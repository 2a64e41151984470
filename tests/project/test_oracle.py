"""Both databases, and a hundred lines of plain Python written from the words of the docs, agree.

A hundred examples here; thousands by ``make test-night``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from harness.fill import add_file, add_order
from harness.oracle import (
    GROUPS,
    KEYS,
    SHOWN,
    Order,
    guarded,
    is_chosen,
    moment,
    row,
    sorted_rows,
)
from harness.program import clock_of_runs, limits_of_runs, run
from ordercli.cli.commands.top import read_view
from ordercli.cli.invocation import Invocation
from ordercli.domain.columns import chosen_columns, chosen_sort
from ordercli.domain.selection import OrderQuery
from ordercli.output.console import Console
from ordercli.store.orders import read_orders
from ordercli.store.tables import data_files, dataset_tasks, events, orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.oracle import Orders, Words
    from harness.program import Result
    from harness.site import Site
    from ordercli.store.database import Database

EXAMPLES = int(os.environ.get("ORDERCLI_TEST_EXAMPLES", "100"))
BEGIN = datetime(2026, 1, 9, 8, 15, 30, tzinfo=UTC)
FROM = {
    "pause": {"PENDING", "RUNNING"},
    "resume": {"PAUSED"},
    "cancel": SHOWN.keys() - {"DELETED", "REMOVED", "QUARANTINED"},
}
SERVICE_FROM = {"retry": {"DONE_WITH_WARNING", "FAILED"}, "remove": {"DELETED"}}
ALREADY = {"pause": {"PAUSED"}, "resume": {"RUNNING"}, "cancel": {"DELETED", "REMOVED"}}
BECOMES = {"pause": "PAUSED", "resume": "RUNNING", "cancel": "DELETED"}

names = st.sampled_from(["ada@x.org", "bob@x.org", "Ada@x.org", "éva@x.org", "a_a", "a%a", "'q'"])
labels = st.one_of(
    st.text("abA=+'\",;éÉ \n", min_size=1, max_size=6).filter(lambda text: bool(text.strip())),
    st.sampled_from(["=1+1", "'=1+1", "@x", "I*", "😀"]),
)
reasons = st.sampled_from([None, " \n", "gone", "Storage n7 is away\nat x", "\n É away (2)\r\n"])
causes = st.sampled_from(["gone", "storage*", "Storage … is away", "*é*", "*", "?one", "(none)"])
moments = st.integers(0, 5).map(lambda hours: BEGIN + timedelta(hours=hours))
numbers = st.none() | st.integers(0, 2**40)
counts = st.none() | st.integers(0, 2**31 - 1)
made = st.builds(
    Order, names, labels, st.sampled_from(list(SHOWN)), st.booleans(), st.integers(0, 100),
    st.lists(reasons, max_size=2).map(tuple), moments, moments, st.none() | moments,
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
    "--cause": st.lists(causes, max_size=2),
    "--waiting": st.sampled_from([["--waiting"], ["--no-waiting"]]),
    "--changed": ranges(moments),
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
chosen_kinds = st.sets(st.sampled_from(list(kinds)), max_size=3).map(
    lambda names: names | {"-s"} if "--waiting" in names else names
)
filters = chosen_kinds.flatmap(
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
FLAGS = ("-i", "--waiting", "--with-errors")
"""Options without a value."""

check = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def as_typed(words: Words, saved: Path | None, configuration: str = "") -> list[str]:
    """The words on the command line; or a selection that stands for them, ``saved`` in that file.

    ``configuration`` is what that file holds besides.
    """
    if saved is None or not any(words.values()):
        return [_option(name, each) for name, values in words.items() for each in values]
    lines = [f"{_key(name)} = {_value(name, given)}" for name, given in words.items() if given]
    text = "\n".join([configuration, "[selections.these]", *lines])
    saved.write_text(text, encoding="utf-8")
    return ["@these"]


def _option(name: str, value: str) -> str:
    if name in FLAGS:
        return value or name
    return f"{name}={value}" if name.startswith("--") else f"{name}{value}"


def _key(name: str) -> str:
    return {"-u": "user", "-s": "status", "-i": "ignore_case"}.get(name, name.lstrip("-"))


def _value(name: str, given: list[str]) -> str:
    value: Any = given != ["--no-waiting"] if name in FLAGS else given
    return json.dumps(value, ensure_ascii=False)


@pytest.fixture
def databases(sqlite_database: Database, postgresql_database: Database) -> list[Database]:
    return [sqlite_database, postgresql_database]


@pytest.fixture
def saving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration file, which selections are saved in."""
    path = tmp_path / "config.toml"
    monkeypatch.setenv("ORDERCLI_CONFIG", str(path))
    path.touch()
    return path


def fill(database: Database, there: Orders) -> None:
    with database.writing() as connection:
        for table in (events, dataset_tasks, data_files, orders):
            connection.execute(delete(table))
        for order_id, order in there.items():
            add_order(
                connection, order_id, owner=order.owner, label=order.label, status=order.status,
                waiting_for_user=order.waiting, percent_complete=order.progress,
                files_in_error=len(order.reasons), creation_date=order.created,
                status_date=order.changed, expiration_date=order.expires,
                datasets=[(f"d{n}", *each) for n, each in enumerate(order.datasets)],
            )  # fmt: skip
            for reason in order.reasons:
                add_file(connection, order_id, reason)


def stored(database: Database) -> tuple[dict[int, str], list[int]]:
    """The stored status of each order, and the orders of the history."""
    with database.reading() as connection:
        found = connection.execute(select(orders.c.id, orders.c.status))
        recorded = connection.execute(select(events.c.order_id).order_by(events.c.id))
        return {row[0]: row[1] for row in found}, list(recorded.scalars())


@settings(check, max_examples=EXAMPLES // 4)
@given(there=many, words=filters, saved=st.booleans(), sort=sorts, columns=column_lists)
def test_lists_and_reports(
    databases: list[Database],
    saving: Path,
    there: Orders,
    words: Words,
    saved: bool,
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
    asked = [f"--sort={','.join(sort or ['id'])}", *as_typed(words, saving if saved else None)]
    named = f"--columns={','.join(columns)}"
    note(" ".join([*asked, named]))
    for database in databases:
        fill(database, there)
        as_lines = run("list", "-f", "jsonl", named, *asked, database=database)
        assert [json.loads(line) for line in as_lines.stdout.splitlines()] == shown
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
    saved=st.booleans(),
    ids=st.lists(st.integers(1, 10), min_size=1, max_size=6),
    action=st.sampled_from(list(FROM)),
    most=st.none() | st.integers(0, 6),
    dry=st.booleans(),
)
def test_changes(
    databases: list[Database],
    saving: Path,
    there: Orders,
    words: Words | None,
    saved: bool,
    ids: list[int],
    action: str,
    most: int | None,
    dry: bool,
) -> None:
    chosen = ids if words is None else [n for n in there if is_chosen(there[n], words)]
    meant = sorted({n for n in chosen if n in there and there[n].status in FROM[action]})
    saving_in = saving if saved else None
    asked = [str(n) for n in ids] if words is None else as_typed(words, saving_in)
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
@given(there=many, words=choices, saved=st.booleans())
@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_every_command_chooses_the_same(
    databases: list[Database],
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    there: Orders,
    words: Words,
    saved: bool,
) -> None:
    """What a change would change is what ``list`` shows with a status that it may change."""
    path = Path(site.env["ORDERCLI_CONFIG"])
    monkeypatch.setenv("ORDERCLI_CONFIG", str(path))
    configuration = path.read_text(encoding="utf-8").partition("[selections.these]")[0]
    asked = as_typed(words, path if saved else None, configuration)
    note(" ".join(asked))
    chosen = [n for n in there if is_chosen(there[n], words)]
    runs: list[Callable[..., Result]] = [partial(run, database=each) for each in databases]
    for database, program in zip([*databases, site.database], [*runs, site.run], strict=True):
        fill(database, there)
        check_readers(program, asked, {n: there[n] for n in chosen}, words)
        actions = FROM if program != site.run else FROM | SERVICE_FROM
        for action, allowed in actions.items():
            planned = program(action, "-n", "-f", "json", *asked)
            would = [n["id"] for n in json.loads(planned.stdout) if n["outcome"] == "changed"]
            assert would == [n for n in chosen if there[n].status in allowed], action
        at_a_terminal = Invocation(Console.of_process(), clock_of_runs, limits_of_runs)
        in_top = read_view(at_a_terminal, shlex.join(asked), None, "id").selection(BEGIN)
        query = OrderQuery(in_top, chosen_columns("id", ()), chosen_sort("id"))
        assert [found["id"] for found in read_orders(database, query)] == chosen


def check_readers(
    program: Callable[..., Result], asked: list[str], chosen: Orders, words: Words
) -> None:
    """Each command that only reads chooses these orders."""
    listed = program("list", "-q", *asked, "--sort", "id", "--exit-code")
    assert listed.stdout.split() == [str(n) for n in chosen]
    assert listed.exit_code == (4 if chosen else 0)
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
    with_errors = {n: order.failed(words) for n, order in chosen.items() if order.failed(words)}
    assert {row["order_id"]: row["files"] for row in failed} == with_errors
