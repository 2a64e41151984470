"""Bad input gets one line that says what to do, the right exit code, and nothing on stdout."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from harness.canary import CANARY
from harness.fill import add_order
from harness.program import Clock, command, environment, run
from ordercli.base.errors import UsageError
from ordercli.base.moments import parse_moment
from ordercli.base.settings import embedded_path, load_settings
from ordercli.store.tables import orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database

HUGE = 10**20


def refused(
    code: int, *arguments: object, database: Database | str | None = None, **env: str
) -> str:
    """Run the program, which has to fail with this code as every failure has to; its one line."""
    result = run(*arguments, database=database, env=env)
    assert (result.exit_code, result.stdout) == (code, ""), result
    _check_line(result.stderr)
    return result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lst"], "did you mean 'list'?"),
        (["db", "chekc"], "did you mean 'check'?"),
        (["xyzzy"], "known: list, show, summary"),
        (["list", "--limti", "3"], "'--limit'"),
        (["summary", "--sicne", "today"], "'--since'"),
        (["list", "--nothing-like-it"], "--nothing-like-it"),
        (["list", "--watch"], "'--watch' requires an argument; see 'ordercli list --help'"),
        (["db", "load", "--database"], "an argument; see 'ordercli db load --help'"),
        (["list", "12"], "12"),
        (["show"], "ID"),
        (["show", ""], "is not the id of an order"),
        (["show", "12x"], "'12x' is not the id of an order"),
        (["show", HUGE], "is not the id of an order"),
        (["list", "--columns", "lable"], "did you mean 'label'? known: id, user, label"),
        (["list", "--columns", "id,"], "no column ''"),
        (["list", "--columns=+siez"], "did you mean 'size'?"),
        (["list", "--columns", "id,+size"], "mixes"),
        (["summary", "--columns", "stauts"], "did you mean 'status'?"),
        (["list", "--sort", "-creaton"], "no sort key 'creaton'; did you mean 'creation'?"),
        (["summary", "--sort", ""], "no sort key ''"),
        (["list", "-s", "runing"], "did you mean 'running'? known: waiting user, done"),
        (["list", "-s", "done,!cancelld"], "did you mean 'cancelled'?"),
        (["list", "-s", ""], "no status ''"),
        (["list", "-f", "jsn"], "did you mean 'json'? known: table, json"),
        (["show", "1", "-f", "tabel"], "did you mean 'table'?"),
        (["summary", "--layout", "regard"], "did you mean 'regards'?"),
        (["list", "--since", "2026-13-01"], "'2026-13-01' is not a date"),
        (["list", "--since", "soon"], "'soon' is not a date"),
        (["list", "--until", "2026-02-30T10:00"], "is not a date"),
        (["list", "--until", "0001-01-01T00:00+14:00"], "is out of range"),
        (["list", "--since", ""], "is not a date"),
        (["list", "--since", "999999999w"], "out of range"),
        (["list", "--expires-within", "3 fortnights"], "'3 fortnights' is not a duration"),
        (["list", "--expires-within", "999999999w"], "too long"),
        (["list", "--limit", "-1"], "--limit"),
        (["list", "--limit", "few"], "--limit"),
        (["list", "--limit", HUGE], "--limit"),
        (["list", "--limit"], "--limit"),
        (["list", "--limit", "1", "--all"], "exclude each other"),
        (["list", "-u", ""], "--user is empty"),
        (["list", "--label", " "], "--label is empty"),
        (["list", "-u", "\udcff"], "--user is not valid UTF-8"),
        (["list", "-d", ""], "--database is empty"),
        (["list", "--profile", ""], "--profile is empty"),
        (["summary", "--delimiter", "::"], "delimiter"),
        (["summary", "--layout", "regards", "--raw"], "--raw"),
    ],
    ids=lambda value: " ".join(map(ascii, value)) if isinstance(value, list) else "",
)
def test_a_wrong_command_line(
    sqlite_database: Database, arguments: list[object], told: str
) -> None:
    assert told in refused(2, *arguments, database=sqlite_database)


def test_the_largest_limit_is_no_mistake(database: Database) -> None:
    assert run("list", "-q", "--limit", 2**31, database=database).exit_code == 0


def _text_file(path: Path) -> None:
    path.write_text("orders: none\n" * 1000)


def _half_a_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0\x10\0\x01\x01")


def _half_a_database(path: Path) -> None:
    run("db", "init", database=str(path))
    path.write_bytes(path.read_bytes()[:5000])


def _nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    ("prepare", "told"),
    [
        (_nothing, "no database at"),
        (_text_file, "is not a SQLite database"),
        (_half_a_header, "is not a SQLite database"),
        (_half_a_database, "orders.db"),
        (Path.touch, "lacks a table of orders"),
        (Path.mkdir, "is a directory"),
    ],
)
def test_a_file_that_is_no_database(
    tmp_path: Path, prepare: Callable[[Path], object], told: str
) -> None:
    path = tmp_path / "orders.db"
    prepare(path)
    before = path.read_bytes() if path.is_file() else path.exists()
    for words in (["list"], ["show", 1], ["summary"], ["summary", "-o", tmp_path / "report.csv"]):
        assert told in refused(1, *words, database=str(path))
    assert (path.read_bytes() if path.is_file() else path.exists()) == before
    assert not (tmp_path / "report.csv").exists()


@pytest.mark.parametrize(
    ("location", "code"),
    [
        (f"mysql://u:{CANARY}@127.0.0.1/orders", 2),
        (f"http://u:{CANARY}@127.0.0.1/orders", 2),
        (f"POSTGRES://u:{CANARY}@127.0.0.1/orders", 2),
        (f"postgresql+asyncpg://u:{CANARY}@127.0.0.1/orders", 2),
        (f"postgres://u:{CANARY}%zz@127.0.0.1/orders", 2),
        (f"postgresql://u:{CANARY}@[::1/orders", 2),
        (f"postgresql://u:{CANARY}@127.0.0.1:1/orders?nosuch=1", 2),
        (f"postgresql://u:p@127.0.0.1:1/orders?password={CANARY}&nosuch", 2),
        (f"postgresql://u:{CANARY}@127.0.0.1:99999/orders", 1),
        (f"postgresql://u:{CANARY}@127.0.0.1:1/orders?sslmode=nosuch", 1),
        (f"postgresql://u:{CANARY}@127.0.0.1:1/orders", 1),
        (f"postgresql://u@127.0.0.1:1,127.0.0.1:2/orders?password={CANARY}", 1),
        (f"postgresql:/u:{CANARY}@127.0.0.1/orders", 2),
        (f"postgresql:u:{CANARY}@127.0.0.1/orders", 2),
        (f"host=127.0.0.1 port=1 password={CANARY}", 2),
        ("sqlite://", 2),
    ],
)
def test_a_wrong_location_is_refused_and_its_password_never_shown(location: str, code: int) -> None:
    assert CANARY not in refused(code, "list", "-d", location)
    for debug in (["--debug"], []):
        result = run("db", "check", *debug, database=location)
        assert result.exit_code == code
        assert CANARY not in result.stdout + result.stderr
        _check_line(result.stderr.splitlines(keepends=True)[-1])


def test_what_the_server_refuses(postgres_server: PostgresServer) -> None:
    role = postgres_server.role("refused", "right-password")
    wrong = postgres_server.url("postgres", role, CANARY)
    assert "login refused" in refused(1, "list", database=wrong)
    result = run("list", "--debug", database=wrong)
    assert (result.exit_code, result.stdout) == (1, "")
    assert CANARY not in result.stderr
    absent = postgres_server.url("no_such_database", role, "right-password")
    assert "no_such_database" in refused(1, "list", database=absent)
    # A database that every server has, and that has no orders.
    empty = postgres_server.url("postgres", role, "right-password")
    assert "lacks a table of orders" in refused(1, "list", database=empty)


def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    told = refused(1, "list", database="postgresql://u@127.0.0.1/orders")
    assert "pip install 'psycopg[binary]'" in told


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[profiles.prod", "is not TOML"),
        (b"default_profile = '\xff'", "is not TOML"),
        (b"default_profile = 3", "default_profile"),
        (b"default_profile = 'prod'", "prod"),
        (b"default_profile = ''", "named ''"),
        (b"profiles = 3\ndefault_profile = 'prod'", "profiles"),
        (b"default_profile = 'prdo'\n[profiles.prod]\ndatabase = 'x'", "did you mean 'prod'?"),
        (b"defalt_profile = 'prod'\n[profiles.prod]\ndatabase = 'x'", "'default_profile'"),
        (b"default_profile = 'prod'\n[profiles.prod]\ndatabse = 'x'", "did you mean 'database'?"),
        (b"default_profile = 'prod'\n[profiles.prod]\nuser = 'x'", "names no database"),
        (b"default_profile = 'prod'\n[profiles.prod]\ndatabase = 3", "prod"),
    ],
)
def test_a_wrong_configuration(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    line = refused(2, "list", ORDERCLI_CONFIG=str(path))
    assert told in line
    assert str(path) in line


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    absent = str(tmp_path / "config.toml")
    assert absent in refused(2, "list", ORDERCLI_CONFIG=absent)
    assert "config.toml" in refused(2, "list", "--profile", "prod")
    assert "config.toml" in refused(2, "list", ORDERCLI_PROFILE="prod")
    assert "is a directory" in refused(1, "list", ORDERCLI_CONFIG=str(tmp_path)).lower()


def test_the_first_that_is_named_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config" / "ordercli" / "config.toml"
    path.parent.mkdir(parents=True)
    names = ("default", "variable", "flag")
    profiles = "".join(f"[profiles.{name}]\ndatabase = 'of {name} profile'\n" for name in names)
    path.write_text(f"default_profile = 'default'\n{profiles}")
    assert load_settings(None, None).database == str(embedded_path())
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert load_settings(None, None).database == "of default profile"
    monkeypatch.setenv("ORDERCLI_PROFILE", "variable")
    assert load_settings(None, None).database == "of variable profile"
    assert load_settings(None, "flag").database == "of flag profile"
    assert load_settings(None, "flag").profile == "flag"
    monkeypatch.setenv("ORDERCLI_DATABASE", "of variable")
    assert load_settings(None, None).database == "of variable"
    assert load_settings("of flag", None).database == "of flag"
    assert load_settings(None, "flag").database == "of flag profile"
    assert load_settings("of flag", "flag").database == "of flag"
    other = tmp_path / "other.toml"
    other.write_text("default_profile = 'other'\n[profiles.other]\ndatabase = 'of other'\n")
    monkeypatch.setenv("ORDERCLI_CONFIG", str(other))
    monkeypatch.delenv("ORDERCLI_DATABASE")
    monkeypatch.delenv("ORDERCLI_PROFILE")
    assert load_settings(None, None).database == "of other"


@pytest.mark.parametrize(
    ("local", "readings"),
    [
        ("2026-03-29T02:30", ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z")),
        ("2026-10-25T02:30", ("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")),
    ],
)
def test_a_local_time_that_is_double_or_missing(
    sqlite_database: Database, clock: Clock, local: str, readings: tuple[str, str]
) -> None:
    for option in ("--since", "--until"):
        line = refused(2, "list", option, local, database=sqlite_database)
        assert " or ".join(readings) in line
        for reading in readings:
            accepted = run("list", option, reading, database=sqlite_database)
            assert accepted.exit_code == 0
    with pytest.raises(UsageError):
        parse_moment(local, clock.now)
    hour_before = parse_moment(local.replace("02:30", "01:30"), clock.now)
    hour_after = parse_moment(local.replace("02:30", "03:30"), clock.now)
    assert (hour_after - hour_before).total_seconds() / 3600 in (1, 3)


@pytest.fixture
def many_orders(sqlite_database: Database) -> Database:
    """More orders than a pipe holds."""
    row = {"owner": "a@b.c", "creation_date": parse_moment("2026-03-01", Clock().now)}
    row |= {"percent_complete": 0, "files_in_error": 0, "status": "DONE"}
    row |= {"waiting_for_user": False, "status_date": row["creation_date"], "expiration_date": None}
    rows = [{**row, "id": number, "label": str(number)} for number in range(10_000)]
    with sqlite_database.writing() as connection:
        connection.execute(insert(orders), rows)
    return sqlite_database


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize(
    "words",
    [["list", "-f", "table"], ["list", "-f", "json"], ["show", "1"], ["summary"], ["db", "check"],
     ["--version"], ["--help"], ["list", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_output_that_goes_nowhere_is_a_failure(
    sqlite_database: Database, redirection: str, words: list[str]
) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    code, stderr = _in_shell(f'"$@" {redirection}', words, sqlite_database)
    assert code == 1, stderr
    _check_line(stderr)


def test_what_writes_no_output_needs_none(tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    outcomes = [_in_shell('"$@" >&-', ["db", "init", "-d", str(path)], str(path)) for _ in "12"]
    assert [code for code, _ in outcomes] == [0, 0], outcomes
    assert "nothing to make" in outcomes[1][1]


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_half_an_output_is_a_failure(
    many_orders: Database, tmp_path: Path, unbuffered: str
) -> None:
    for words in (["list", "-f", "plain"], ["list", "-f", "json"], ["summary"]):
        report = tmp_path / "report"
        script = f'ulimit -f 64; export PYTHONUNBUFFERED={unbuffered}; "$@" >{report}'
        code, stderr = _in_shell(script, words, many_orders)
        assert code == 1, words
        assert report.stat().st_size > 0
        _check_line(stderr)


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_nothing_to_tell(many_orders: Database, unbuffered: str) -> None:
    for words in (["summary"], ["list", "-f", "json"], ["list", "-f", "plain"]):
        with subprocess.Popen(
            command(*words),
            env=environment(many_orders, {"PYTHONUNBUFFERED": unbuffered}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 141, words


def test_an_interruption(many_orders: Database) -> None:
    with subprocess.Popen(
        command("summary"),
        env=environment(many_orders),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(10)
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.stderr.read() == b"ordercli: interrupted\n"
    assert process.returncode == 130


def test_a_report_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    report.write_text("as it was\n")
    refused(1, "summary", "-o", report, database=str(tmp_path / "absent.db"))
    assert report.read_text() == "as it was\n"
    assert list(tmp_path.iterdir()) == [report]


def _in_shell(script: str, words: list[str], database: Database | str) -> tuple[int, str]:
    """Run the program as ``"$@"`` of a shell's script; its exit code and stderr."""
    finished = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *command(*words)],
        check=False,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(database),
    )
    return finished.returncode, finished.stderr


def _check_line(line: str) -> None:
    assert line.startswith("ordercli: "), line
    assert line.count("\n") == 1, line
    assert line.endswith("\n")
    assert "; " in line
    assert "Traceback" not in line
