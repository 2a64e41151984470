"""``ordercli list``: choosing, columns, sorting, and every format, on both databases."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

import pytest
import tabulate
from sqlalchemy import Engine, event

from harness.fill import add_order
from harness.program import run
from ordercli.domain.columns import COLUMNS, LIST_DEFAULT, Column
from ordercli.output.formats import FORMATS, TEXT_FORMATS
from ordercli.output.formatting import human

if TYPE_CHECKING:
    from ordercli.base.values import Value
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def page(database: Database) -> Database:
    """A few orders, one or more of each kind that the filters tell apart."""
    with database.writing() as connection:
        add_order(
            connection,
            1,
            owner="hello@hello.com",
            label="hello command 1",
            status="DONE",
            creation_date="2026-03-01T08:00:00.664Z",
            expiration_date="2026-03-10T12:42:00Z",
            percent_complete=100,
            datasets=[("d1", 33, 5556123, 25), ("d2", 250, 321, 12)],
        )
        add_order(
            connection,
            2,
            owner="ops_one@cnes.fr",
            status="RUNNING",
            percent_complete=56,
            creation_date="2026-03-02T09:30:00Z",
            expiration_date="2026-03-12T00:00:00Z",
            files_in_error=2,
            datasets=[("d3", None, None, None)],
        )
        add_order(
            connection,
            3,
            owner="opsXone@cnes.fr",
            status="RUNNING",
            waiting_for_user=True,
            creation_date="2026-03-03T10:00:00Z",
            expiration_date="2026-03-09T00:00:00Z",
        )
        add_order(
            connection,
            4,
            owner="Hello@hello.com",
            label="50% [off]*",
            status="ERROR",
            creation_date="2026-03-09T23:30:00Z",
        )
        add_order(
            connection,
            5,
            owner="hello@hello.com",
            label="next",
            status="QUARANTINED",
            creation_date="2026-03-10T11:00:00Z",
            datasets=[("d5", 1, 89450, 1)],
        )
    return database  # fmt: skip


def ids(database: Database, *arguments: object) -> list[int]:
    """The ids that ``list -q`` gives."""
    result = run("list", "-q", *arguments, database=database)
    assert result.exit_code == 0, result.stderr
    return [int(line) for line in result.stdout.split()]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], [5, 4, 3, 2, 1]),
        (["-u", "hello@hello.com"], [5, 1]),
        (["--user", "ops_one@cnes.fr"], [2]),
        (["-u", "ops_one*"], [2]),
        (["-u", "ops?one@cnes.fr"], [3, 2]),
        (["-u", "*@cnes.fr", "-u", "Hello@hello.com"], [4, 3, 2]),
        (["-u", "hello@hello"], []),
        (["-s", "running"], [2]),
        (["-s", "waiting"], [3]),
        (["-s", "WAITING_USER,done"], [3, 1]),
        (["-s", "failed", "-s", "unknown"], [5, 4]),
        (["-s", "!running"], [5, 4, 3, 1]),
        (["-s", "!unknown,!failed,!waiting user"], [2, 1]),
        (["-s", "running,!running"], []),
        (["--label", "50% [off]?"], [4]),
        (["--label", "50% [off]*"], [4]),
        (["--label", "*command*"], [1]),
        (["--since", "2026-03-10"], [5, 4]),  # midnight in Paris
        (["--since", "2026-03-10T00:00Z"], [5]),
        (["--since", "today"], [5, 4]),
        (["--since", "yesterday", "--until", "today"], []),
        (["--since", "9d", "--until", "2026-03-03T10:00:00+00:00"], [2]),
        (["--until", "2026-03-01T09:00:00.664"], []),
        (["--until", "2026-03-01T09:00:00.665"], [1]),
        (["--expires-within", "1h"], [1]),
        (["--expires-within", "2d"], [2, 1]),
        (["--with-errors"], [2]),
        (["-u", "hello*", "-s", "done", "--since", "30d"], [1]),
        (["--limit", "2"], [5, 4]),
        (["--limit", "0"], []),
        (["--sort", "id", "--limit", "2"], [1, 2]),
        (["--sort", "-size"], [1, 5, 2, 3, 4]),
        (["--sort=-total_size", "--limit", "2"], [1, 5]),
        (["--sort", "objects,-id"], [4, 3, 2, 5, 1]),
        (["--sort", "expires"], [3, 1, 2, 4, 5]),
        (["--sort", "-expires"], [2, 1, 3, 4, 5]),
        (["--sort", "-size", "-u", "hello@hello.com"], [1, 5]),
        (["--sort", "status"], [1, 4, 2, 5, 3]),
        (["--sort", "status-date,id"], [1, 2, 3, 4, 5]),
    ],
    ids=lambda words: " ".join(str(word) for word in words) or "none",
)  # fmt: skip
def test_choosing_and_sorting(page: Database, arguments: list[str], expected: list[int]) -> None:
    assert ids(page, *arguments) == expected


def test_empty_values_and_wildcards_mean_no_more_than_they_say(page: Database) -> None:
    for option in ("--user", "--label", "--since"):
        result = run("list", option, "", database=page)
        assert (result.exit_code, result.stdout) == (2, ""), option
        assert result.stderr.count("\n") == 1


def test_the_page_of_the_mission(page: Database) -> None:
    result = run("list", "-f", "table", "--limit", "3", database=page)
    assert result.stdout.splitlines() == [
        "Id  User             Label            Progress  Creation          Total size  "
        "Errors count  Status          Left",
        "─" * 115,
        " 5  hello@hello.com  next        ────────   0%  2026-03-10 12:00    89.45 kB  "
        "           0  ? unknown",
        " 4  Hello@hello.com  50% [off]*  ────────   0%  2026-03-10 00:30         0 B  "
        "           0  × failed",
        " 3  opsXone@cnes.fr  order 3     ────────   0%  2026-03-03 11:00         0 B  "
        "           0  ↓ waiting user  expired",
    ]


def test_a_mark_with_words_tells_what_expires_soon(page: Database) -> None:
    table = run("list", "-f", "table", database=page).stdout
    assert re.search(r"● done +42 min\n", table)


def test_utc_changes_what_people_see_and_nothing_else(page: Database) -> None:
    table = run("list", "-f", "plain", "--utc", "--columns", "creation", database=page).stdout
    assert table.splitlines()[0].split() == ["Id", "Creation", "(UTC)"]
    assert "2026-03-10 11:00" in table
    plain = run("list", "-f", "json", database=page).stdout
    assert run("list", "-f", "json", "--utc", database=page).stdout == plain


def test_json_is_exact(page: Database) -> None:
    result = run("list", "-f", "json", "--limit", "2", "--sort", "id", "--columns=+expires",
                 database=page)  # fmt: skip
    assert json.loads(result.stdout) == [
        {
            "id": 1, "user": "hello@hello.com", "label": "hello command 1", "progress": 100,
            "creation": "2026-03-01T08:00:00.664Z", "total_size": 5556444, "errors_count": 0,
            "status": "done", "expiration": "2026-03-10T12:42:00Z",
        },
        {
            "id": 2, "user": "ops_one@cnes.fr", "label": "order 2", "progress": 56,
            "creation": "2026-03-02T09:30:00Z", "total_size": 0, "errors_count": 2,
            "status": "running", "expiration": "2026-03-12T00:00:00Z",
        },
    ]  # fmt: skip
    lines = run("list", "-f", "jsonl", "--limit", "2", "--sort", "id", "--columns=+expires",
                database=page).stdout.splitlines()  # fmt: skip
    assert [json.loads(line) for line in lines] == json.loads(result.stdout)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.key)
def test_every_format_agrees_cell_for_cell(page: Database, column: Column) -> None:
    """A new column is tested by being in the registry."""

    def output(style: str) -> str:
        result = run("list", "-f", style, "--columns", f"id,{column.key}", database=page)
        assert result.exit_code == 0, result.stderr
        return result.stdout

    rows = json.loads(output("json"))
    assert [row["id"] for row in rows] == [5, 4, 3, 2, 1]
    values: list[Value] = [row[column.key] for row in rows]
    present = [value for value in values if value is not None]
    assert all(isinstance(value, int) == column.kind.numeric for value in present)
    texts = ["" if value is None else str(value) for value in values]
    keys = list(dict.fromkeys(["id", column.key]))
    for style, delimiter in (("csv", ","), ("tsv", "\t")):
        read = list(csv.reader(io.StringIO(output(style)), delimiter=delimiter))
        assert read[0] == keys
        assert [line[-1] for line in read[1:]] == texts
    cells = [human(column.kind, value) for value in values]
    html = re.findall(r"<td[^>]*>(.*?)</td>", output("html"))
    assert [cell.strip() for cell in html[len(keys) - 1 :: len(keys)]] == cells
    table = output("table").splitlines()
    assert column.title in table[0]
    for line, cell in zip(table[2:], cells, strict=True):
        assert cell in line


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("label,id", ["label", "id"]),
        ("Total size,CREATED,errors-count", ["total_size", "creation", "errors_count"]),
        ("+expires,+objects", [*(column.key for column in LIST_DEFAULT), "expiration",
                               "objects_count"]),
        ("+expiration,-label,-id", ["user", "progress", "creation", "total_size",
                                    "errors_count", "status", "expiration"]),
        ("-label,id,+expiration,objects", ["user", "progress", "creation", "total_size",
                                           "errors_count", "status", "expiration",
                                           "objects_count"]),
        ("files,files", ["files_count"]),
    ],
)  # fmt: skip
def test_columns(page: Database, chosen: str, expected: list[str]) -> None:
    header = run("list", f"--columns={chosen}", "-f", "csv", database=page).stdout.splitlines()[0]
    assert header.split(",") == expected


def test_people_always_get_the_id_and_files_what_was_named(page: Database) -> None:
    for arguments, first in ((["-f", "simple"], "Id"), (["-f", "table"], "Id"), ([], "label")):
        result = run("list", "--columns", "label", *arguments, database=page)
        assert result.stdout.split()[0] == first
    placed = run("list", "-f", "simple", "--columns", "label,id", database=page).stdout
    assert placed.split()[:2] == ["Label", "Id"]


def test_no_header(page: Database) -> None:
    for style in ("csv", "tsv", "table", "simple"):
        titled = run("list", "-f", style, database=page).stdout
        bare = run("list", "-f", style, "--no-header", database=page).stdout
        assert "label" in titled.lower()
        assert "label" not in bare.lower()
        assert "hello command 1" in bare


def test_no_order_matches(page: Database) -> None:
    empty = {"json": "[]\n", "jsonl": "", "table": "", "github": "", "csv": "id\n", "tsv": "id\n"}
    for style, stdout in empty.items():
        result = run("list", "-u", "helo@hello.com", "--columns", "id", "-f", style, database=page)
        assert (result.exit_code, result.stdout) == (0, stdout)
        assert "did you mean 'hello@hello.com'?" in result.stderr
    result = run("list", "-u", "hello@hello.com", "-s", "expired", database=page)
    assert result.stderr == "ordercli: no order matches\n"


def test_hostile_text_stays_data(database: Database) -> None:
    label = "\x1b[31m[red]:smile:\t\r\n\u202eevil\x9b|<b>"
    with database.writing() as connection:
        add_order(connection, 1, label=label)
    shown = r"\x1b[31m[red]:smile:\t\r\n\u202eevil\x9b"
    for style in FORMATS:
        output = run("list", "-f", style, "--columns", "id,label", database=database).stdout
        if style in ("csv", "tsv", "json", "jsonl"):
            continue
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", output), style
        if not style.startswith("latex"):  # which has escapes of its own for these
            assert shown in output, style
    assert "<b>" not in run("list", "-f", "html", database=database).stdout
    assert "&#124;" in run("list", "-f", "github", database=database).stdout
    as_json = run("list", "-f", "json", "--columns", "label", database=database).stdout
    assert json.loads(as_json) == [{"label": label}]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", as_json)
    tsv = run("list", "--columns", "label", "--no-header", database=database).stdout
    assert tsv == "\x1b[31m[red]:smile:\\t\\r\\n\u202eevil\x9b|<b>\n"


def test_the_text_formats_are_those_of_tabulate() -> None:
    unsafe = {"unsafehtml", "latex_raw", "tsv", "moinmoin", "youtrack"}
    assert set(TEXT_FORMATS) == set(tabulate.tabulate_formats) - unsafe


def test_no_variable_reshapes_what_programs_read(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, label="x" * 50)
    for style in ("json", "csv", "tsv"):
        plain = run("list", "-f", style, database=sqlite_database).stdout
        env = {"FORCE_COLOR": "1", "COLUMNS": "20", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
        assert run("list", "-f", style, database=sqlite_database, env=env).stdout == plain


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--limit", 3, "--limit", 4],
        ["list", "--since", "7d", "--since", "8d"],
        ["list", "-q", "-q"],
        ["list", "--waiting", "--no-waiting"],
        ["summary", "--columns", "id", "--columns", "user"],
        ["show", 1, "-f", "json", "-f", "table"],
        ["history", "--limit", 1, "--limit", 2],
        ["pause", 1, "-m", "a", "--reason", "b"],
        ["cancel", 1, "--yes", "-y"],
        ["wait", 1, "--for", "done", "--interval", "1s", "--interval", "2s"],
        ["db", "check", "--profile", "a", "--profile", "b"],
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_a_flag_that_means_one_thing_is_given_once(
    sqlite_database: Database, words: list[object]
) -> None:
    result = run(*words, database=sqlite_database)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(" is given more than once; give it once\n")
    assert result.stderr.count("\n") == 1


def test_no_match_is_not_told_to_a_program_that_takes_ids(database: Database) -> None:
    assert run("list", "-q", "-u", "nobody", database=database).stderr == ""
    assert run("list", "-u", "nobody", database=database).stderr == "ordercli: no order matches\n"


def test_many_unknown_users_are_one_question(database: Database) -> None:
    with database.writing() as connection:
        for number in range(20):
            add_order(connection, number, owner=f"user{number}@example.org")
    users = [word for number in range(300) for word in ("-u", f"uzer{number}@example.org")]
    asked: list[str] = []

    def note(_a: object, _b: object, statement: str, *_: object) -> None:
        if "FROM t_order" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        result = run("list", *users, database=database)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)
    assert result.stderr.count("did you mean") == 3
    assert result.stderr.count("\n") == 1
    assert len([each for each in asked if "DISTINCT" in each]) == 1


def test_a_user_beyond_those_who_are_compared_is_not_called_unknown(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1, owner="ada@example.org")
    result = run("list", "-u", "ada@example.org", "-u", "adda@example.org", "-s", "failed",
                 database=database)  # fmt: skip
    assert result.stderr == (
        "ordercli: no order matches; no user 'adda@example.org', did you mean 'ada@example.org'?\n"
    )
