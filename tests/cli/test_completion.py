"""TAB offers what the program accepts, at once, silently, and nothing that a shell could run."""

from __future__ import annotations

import re
import resource
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from harness.fill import add_order
from harness.program import environment, run
from harness.shells import hostile_names, started
from ordercli.cli.app import app
from ordercli.cli.completion.answer import offers
from ordercli.cli.completion.command_line import FILES, Offer
from ordercli.cli.completion.scripts import SHELLS, script
from ordercli.domain.columns import COLUMN_KEYS
from ordercli.domain.status import ACTIONS, STATUSES, named
from ordercli.output.formats import FORMATS, format_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.store.database import Database

_TOP = Path(__file__).parents[2]
_SAFE = re.compile(r"[A-Za-z0-9._%+@,=-]+")
_STATUS_WORDS = [status.name.replace(" ", "-") for status in STATUSES]

# Options that take a value which only its user can know.
_FREE = {
    "--actor", "--delimiter", "--expires-within", "--interval", "--jobs", "--label", "--limit",
    "--max", "--reason", "--sample", "--since", "--timeout", "--until", "--watch",
}  # fmt: skip


@cache
def root() -> Any:
    return typer.main.get_command(app)


def offered(*words: str) -> list[str]:
    """What is offered for the last word."""
    return [offer.value for offer in offers(root(), words)]


def completed(
    *words: str, shell: str = "zsh", env: dict[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """A run of the program as a completion script asks for it."""
    return subprocess.run(
        [sys.executable, "-m", "ordercli", *words],
        check=False,
        capture_output=True,
        text=True,
        env=environment(None, {"_ORDERCLI_COMPLETE": shell, **(env or {})}),
        timeout=30,
    )


@pytest.fixture
def orders(database: Database) -> Database:
    """Orders of two users, one for each of some stored statuses."""
    statuses = ["PENDING", "RUNNING", "PAUSED", "DONE", "DELETED", "REMOVED", "QUARANTINED"]
    with database.writing() as connection:
        for place, status in enumerate(statuses):
            owner = "ada@example.org" if place % 2 else "bob@example.org"
            add_order(connection, 10 + place, owner=owner, status=status)
    return database


# Words that never change.


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["pau"], ["pause"]),
        (["db", ""], ["init", "load", "check", "grants"]),
        (["db", "lo"], ["load"]),
        (["list", "--us"], ["--user"]),
        (["list", "--with-errors", "--with"], []),
        (["list", "--user", "x", "--us"], ["--user"]),
        (["list", "-s", "wai"], ["waiting-user"]),
        (["list", "-qs", "wai"], ["waiting-user"]),
        (["list", "--status=don"], ["--status=done"]),
        (["list", "-s", "done,pa"], ["done,pause"]),
        (["list", "-s", "done,d"], []),
        (["wait", "1", "--for", "fail"], ["failed"]),
        (["list", "--columns", "id,exp"], ["id,expiration"]),
        (["list", "--columns=+exp"], ["--columns=+expiration"]),
        (["list", "--columns=-lab"], ["--columns=-label"]),
        (["list", "--columns", "+expiration,sta"], []),
        (["list", "--columns", "-label,-crea"], ["-label,-creation"]),
        (["list", "--sort", "crea"], ["creation"]),
        (["list", "--sort", "-crea"], ["-creation"]),
        (["summary", "--sort=user,-tot"], ["--sort=user,-total_size"]),
        (["list", "-f", "json"], ["json", "jsonl"]),
        (["show", "1", "-f", ""], ["table", "json"]),
        (["pause", "--format", ""], ["text", "json"]),
        (["summary", "--layout", ""], ["default", "regards"]),
        (["history", "--action", ""], list(ACTIONS)),
        (["--install-completion", ""], ["bash", "zsh", "fish"]),
        (["list", "-u", "x", "--", "--us"], []),
        (["list", "--since", ""], []),
        (["list", "--no-such", "x"], []),
        (["-"], ["--version", "--install-completion", "--show-completion", "--help"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_words_that_never_change(typed: list[str], expected: list[str]) -> None:
    assert offered(*typed) == expected


def test_columns_left_out_and_added_keep_their_sign_after_a_comma() -> None:
    assert offered("list", "--columns", "+expiration,") == [
        f"+expiration,+{key}" for key in COLUMN_KEYS if key != "expiration"
    ]


@pytest.mark.parametrize(
    "typed",
    [["list", "-d", "x"], ["summary", "-o", ""], ["db", "load", "x"], ["list", "--database=x"]],
    ids=" ".join,
)  # fmt: skip
def test_names_of_files_are_left_to_the_shell(typed: list[str]) -> None:
    assert offers(root(), typed) == list(FILES)


def test_a_meaning_comes_with_a_word() -> None:
    assert offers(root(), ["lis"]) == [Offer("list", "List orders, newest first.")]


def test_every_value_is_completed_or_known_to_be_free() -> None:
    for command in _commands(root()):
        for option in command.params:
            if option.param_type_name != "option" or option.is_flag or option.opts[0] in _FREE:
                continue
            long = next(name for name in option.opts if name.startswith("--"))
            dynamic = {"--user", "--profile"}
            assert long in {*_FREE, *dynamic} or offers(root(), _words_to(command, long)), long


def test_the_program_accepts_what_is_offered(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    assert [named(word) for word in offered("list", "-s", "")] == list(STATUSES)
    assert [format_named(word) for word in offered("list", "-f", "")] == list(FORMATS)
    several = ",".join(_STATUS_WORDS)
    for words in (
        ["list", "-s", several, "--columns", ",".join(offered("list", "--columns", ""))],
        *(["list", "--sort", word] for word in offered("list", "--sort", "")),
        *(["show", "1", "-f", word] for word in offered("show", "1", "-f", "")),
        *(["pause", "1", "-n", "-f", word] for word in offered("pause", "-f", "")),
        *(["summary", "--layout", word] for word in offered("summary", "--layout", "")),
        *(["history", "--action", word] for word in offered("history", "--action", "")),
    ):
        assert run(*words, database=sqlite_database).exit_code == 0, words


# Users, ids and profiles.


def test_users_of_the_database_that_the_command_line_names(orders: Database) -> None:
    both = ["ada@example.org", "bob@example.org"]
    assert offered("list", "-d", orders.location, "-u", "") == both
    assert offered("list", f"--database={orders.location}", "-u", "a") == both[:1]
    assert offered("list", f"-d{orders.location}", "--user=b") == ["--user=bob@example.org"]
    assert offered("list", "-d", orders.location, "-u", "A") == []


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("pause", ["11", "10"]),
        ("resume", ["12"]),
        ("cancel", ["13", "12", "11", "10"]),
        ("show", ["16", "15", "14", "13", "12", "11", "10"]),
        ("wait", ["16", "15", "14", "13", "12", "11", "10"]),
        ("history", ["16", "15", "14", "13", "12", "11", "10"]),
    ],
)
def test_ids_that_the_action_allows(orders: Database, command: str, expected: list[str]) -> None:
    assert offered(command, "-d", orders.location, "") == expected
    assert offered(command, "-d", orders.location, "1") == expected
    assert offered(command, "-d", orders.location, expected[0]) == expected[:1]
    for none in ("2", "01", "x", "1x", "\u0661"):
        assert offered(command, "-d", orders.location, none) == []


def test_ids_already_named_are_left_out_and_one_order_is_one(orders: Database) -> None:
    assert offered("pause", "-d", orders.location, "11", "") == ["10"]
    assert offered("show", "-d", orders.location, "11", "") == []


def test_the_id_that_is_whole_comes_first_then_the_newest(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        for order_id in (1, *range(100, 180), 2**63 - 1):
            add_order(connection, order_id, owner=f"user{order_id:03}@x.org")
    newest = [str(order_id) for order_id in range(179, 130, -1)]
    assert offered("show", "-d", sqlite_database.location, "1") == ["1", *newest]
    assert offered("show", "-d", sqlite_database.location, "92") == ["9223372036854775807"]
    users = offered("list", "-d", sqlite_database.location, "-u", "user1")
    assert users == [f"user{order_id}@x.org" for order_id in range(100, 150)]


def test_the_oldest_service_is_read_as_well(service_database: Database) -> None:
    with service_database.writing() as connection:
        for order_id in range(1, 4):
            add_order(connection, order_id, owner=f"user{order_id}@x.org", status="PAUSED")
    assert offered("resume", "-d", service_database.location, "") == ["3", "2", "1"]
    assert len(offered("list", "-d", service_database.location, "-u", "user")) == 3


def test_profiles_and_the_database_of_one(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 7, owner="ada@example.org")
    configuration = tmp_path / "config.toml"
    configuration.write_text(
        f'[profiles.prod]\ndatabase = "{sqlite_database.location}"\n'
        '[profiles."$(touch pwned)"]\ndatabase = "x"\n[profiles."-x"]\ndatabase = "x"\n'
    )
    monkeypatch.setenv("ORDERCLI_CONFIG", str(configuration))
    assert offered("list", "--profile", "") == ["prod"]
    assert offered("list", "--profile", "prod", "-u", "") == ["ada@example.org"]
    assert offered("show", "--profile=prod", "") == ["7"]


# Nothing that a shell could run.


def test_hostile_names_are_never_offered(database: Database) -> None:
    names = hostile_names("touch pwned")
    if database.path is None:
        names = [name.replace("\0", "") for name in names]
    _add_users(database, [*names, "uplain@x.org"])
    assert offered("list", "-d", database.location, "-u", "") == ["uplain@x.org"]
    for start in {name[:length] for name in names for length in (1, 2)}:
        for found in offered("list", "-d", database.location, "-u", start):
            assert found.startswith("--") or found == "uplain@x.org"
        for found in offered("list", "-d", database.location, f"--user={start}"):
            assert _SAFE.fullmatch(found)
            assert "pwned" not in found


def test_a_name_that_is_not_utf8_hides_no_other(sqlite_database: Database) -> None:
    _add_users(sqlite_database, ["ada@x.org", "bob@x.org"])
    with closing(sqlite3.connect(str(sqlite_database.path))) as connection, connection:
        connection.execute("UPDATE t_order SET owner = CAST(x'61ff' AS TEXT) WHERE id = 1")
    assert offered("list", "-d", sqlite_database.location, "-u", "") == ["bob@x.org"]


@pytest.mark.parametrize("shell", SHELLS)
def test_hostile_names_do_nothing_in_a_shell(
    shell: str, sqlite_database: Database, tmp_path: Path
) -> None:
    names = hostile_names("touch pwned")
    assert len(names) == len(set(names)) == 1000
    _add_users(sqlite_database, [*names, "uplain@x.org", "uplane@x.org"])
    with started(shell, tmp_path / "home", sqlite_database) as terminal:
        terminal.type("ordercli list -q -u up\t", "ordercli list -q -u upla")
        terminal.send("i\t\r")
        terminal.expect("1001")
        for start in ("u", "", "*"):
            terminal.send(f"ordercli list -q -u {start}\t\t\r\r")
        terminal.send("ordercli pause -n --user=\t\t\r\r")
        terminal.settle()
        terminal.type("ordercli list -q --user=uplain\t\r", "1001")
    written = b"".join(terminal.raw.split())
    assert b"touch" not in written.replace(b"uplain", b"")
    assert not list(tmp_path.rglob("pwned*"))


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_evaluate_nothing(shell: str) -> None:
    code = [line for line in script(shell).splitlines() if not line.startswith("#")]
    assert not re.search(r"\b(eval|source|compgen|_arguments)\b", "\n".join(code))


# Real shells.


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_completes_in_a_shell(shell: str, sqlite_database: Database, tmp_path: Path) -> None:
    _add_users(sqlite_database, ["ada.laurent@example.org", "bob@example.org"])
    home = tmp_path / "home"
    with started(shell, home, sqlite_database) as terminal:
        (home / "a file.json").touch()
        for typed, shown in (
            ("pau\t", "pause"),
            ("db lo\t", "db load"),
            ("list --no-h\t", "list --no-header"),
            ("list -s wai\t", "list -s waiting-user"),
            ("list --status=done,wai\t", "list --status=done,waiting-user"),
            ("list --columns=id,exp\t", "list --columns=id,expiration"),
            ("list --columns=+exp\t", "list --columns=+expiration"),
            ("list --sort -crea\t", "list --sort -creation"),
            ("list -u ada\t", "list -u ada.laurent@example.org"),
            ("list -u ada.laurent@\t", "list -u ada.laurent@example.org"),
            ("list --user=ada.laurent@e\t", "list --user=ada.laurent@example.org"),
            ("list -u 'bo\t", "list -u 'bob@example.org'"),
            ("show 2\t", "show 2"),
            ("list -d '~/none.db' -u ada\t", "list -d '~/none.db' -u ada"),
            ("db load a\t", r"db load a\ file.json"),
            ("list --database=a\t", r"list --database=a\ file.json"),
        ):
            terminal.type(f"ordercli {typed}", f"ready> ordercli {shown}")
        terminal.type("ordercli pause \t\t", "1")
        terminal.type("ordercli list -q -s pend\t -u bob\t\r", "2")


# Silently, and soon.


def test_nothing_goes_wrong_aloud(tmp_path: Path, sqlite_database: Database) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    configuration = tmp_path / "config.toml"
    configuration.write_text("= not TOML")
    empty = tmp_path / "empty.db"
    empty.touch()
    for location in ("missing.db", str(broken), str(empty), str(tmp_path), "mysql://x", "x=y z"):
        _check_silence("list", "-d", location, "-u", "")
    _check_silence("pause", "-d", "postgresql://u:%zz@127.0.0.1:1/x", "")
    _check_silence("list", "--profile", "", env={"ORDERCLI_CONFIG": str(configuration)})
    _check_silence("no-such-command", "")
    _check_silence("db", "no-such-command", "")
    _check_silence("list 'x", "", shell="bash")
    _check_silence()
    with closing(sqlite3.connect(str(sqlite_database.path))) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        _check_silence("list", "-d", sqlite_database.location, "-u", "", longest=4)


def test_a_server_that_does_not_answer_is_given_a_second() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"postgresql://u:p@127.0.0.1:{server.getsockname()[1]}/x"
        _check_silence("list", "-d", address, "-u", "", longest=4)


def test_a_closed_stdout_is_no_error() -> None:
    words = [sys.executable, "-m", "ordercli", "li"]
    finished = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *words],
        check=False,
        capture_output=True,
        env=environment(None, {"_ORDERCLI_COMPLETE": "zsh"}),
    )
    assert (finished.returncode, finished.stderr) == (0, b"")


_TELL_MODULES = """
import sys
from typer.main import get_command
from ordercli.cli.app import app
from ordercli.cli.completion.answer import offers
assert offers(get_command(app), sys.argv[1:])
print(*sys.modules)
"""


@pytest.mark.parametrize(
    "words",
    [
        [""],
        ["list", "--"],
        ["list", "-s", ""],
        ["list", "--columns", "+"],
        ["list", "-f", ""],
        ["show", "-d", "DATABASE", ""],
        ["list", "-d", "DATABASE", "-u", ""],
    ],
    ids=" ".join,
)
def test_nothing_slow_is_imported(sqlite_database: Database, words: list[str]) -> None:
    _add_users(sqlite_database, ["ada@example.org"])
    typed = [sqlite_database.location if word == "DATABASE" else word for word in words]
    finished = subprocess.run(
        [sys.executable, "-c", _TELL_MODULES, *typed],
        check=True,
        capture_output=True,
        text=True,
        env=environment(),
    )
    slow = {"sqlmodel", "sqlalchemy", "rich", "tabulate", "psycopg", "platformdirs"}
    assert not slow & set(finished.stdout.split())


def test_dynamic_completion_costs_no_more_than_a_list(
    dialect: str, sqlite_database: Database, request: pytest.FixtureRequest
) -> None:
    database = sqlite_database
    if dialect == "postgresql":
        database = request.getfixturevalue("postgresql_database")
    _add_users(database, [f"user{number}@example.org" for number in range(2000)])
    where = {"ORDERCLI_DATABASE": database.location}
    asked = [_cost(["list", "-u", "user1"], {**where, "_ORDERCLI_COMPLETE": "zsh"}) for _ in "123"]
    listed = [_cost(["list", "-q", "--limit", "20"], where) for _ in "123"]
    assert min(asked) <= min(listed)


# Scripts, and where they go.


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_for_distributors_are_the_same(shell: str) -> None:
    name = {"bash": "ordercli.bash", "zsh": "_ordercli", "fish": "ordercli.fish"}[shell]
    written = (_TOP / "completions" / name).read_text(encoding="utf-8")
    assert written == script(shell) == run("--show-completion", shell).stdout, "make completions"


def test_installing_says_where_and_touches_nothing_else(tmp_path: Path) -> None:
    places = {
        "bash": "data/bash-completion/completions/ordercli",
        "zsh": "data/zsh/site-functions/_ordercli",
        "fish": "config/fish/completions/ordercli.fish",
    }
    env = {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    for shell, place in places.items():
        done = run("--install-completion", shell, env=env)
        assert (done.exit_code, done.stdout) == (0, "")
        assert done.stderr.startswith(f"ordercli: wrote {tmp_path / place}; ")
        assert (tmp_path / place).read_text(encoding="utf-8") == script(shell)
        assert run("--install-completion", shell, env=env).exit_code == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3
    assert f"fpath=('{tmp_path}/data/zsh/site-functions' $fpath)" in run(
        "--install-completion", "zsh", env=env
    ).stderr  # fmt: skip


def test_a_shell_that_is_not_named_is_the_users(tmp_path: Path) -> None:
    relative = {"HOME": str(tmp_path), "SHELL": "/usr/bin/fish", "XDG_CONFIG_HOME": "relative"}
    assert run("--install-completion", env=relative).exit_code == 0
    assert (tmp_path / ".config/fish/completions/ordercli.fish").exists()
    assert run("--show-completion", env=relative).stdout == script("fish")
    for env in ({"SHELL": "/bin/ksh"}, {"SHELL": None}):
        failed = run("--show-completion", env=env)
        assert failed.exit_code == 2
        assert failed.stderr == (
            "ordercli: can't tell which shell you use; name it: bash, zsh, fish\n"
        )


def test_an_unknown_shell_and_a_place_that_is_not_writable(tmp_path: Path) -> None:
    failed = run("--show-completion", "fsh")
    assert failed.exit_code == 2
    assert failed.stderr.startswith("ordercli: no shell 'fsh'; did you mean 'fish'?")
    (tmp_path / "file").touch()
    failed = run("--install-completion", "bash", env={"XDG_DATA_HOME": str(tmp_path / "file")})
    assert failed.exit_code == 1
    assert failed.stderr.startswith("ordercli: can't make ")


def _commands(command: Any) -> Iterator[Any]:
    yield command
    for each in getattr(command, "commands", {}).values():
        yield from _commands(each)


def _words_to(command: Any, option: str) -> list[str]:
    for name, each in root().commands.items():
        if each is command:
            return [name, option, ""]
        for second, other in getattr(each, "commands", {}).items():
            if other is command:
                return [name, second, option, ""]
    return [option, ""]


def _add_users(database: Database, names: list[str]) -> None:
    with database.writing() as connection:
        for order_id, name in enumerate(names, 1):
            add_order(connection, order_id, owner=name)


def _check_silence(
    *words: str, shell: str = "zsh", env: dict[str, str | None] | None = None, longest: float = 10
) -> None:
    start = time.monotonic()
    done = completed(*words, shell=shell, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), words
    assert time.monotonic() - start < longest


def _cost(words: list[str], env: dict[str, str]) -> float:
    """The processor time in seconds of a run of the program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "ordercli", *words],
        check=True,
        capture_output=True,
        env=environment(None, dict(env)),
    )
    assert len(done.stdout.splitlines()) >= 20
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
