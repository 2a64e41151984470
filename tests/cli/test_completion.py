"""TAB offers what the program accepts, from words that never change and from the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.completion import offered, root
from harness.fill import add_order
from harness.program import run
from ordercli.cli.completion.answer import offers
from ordercli.cli.completion.command_line import FILES, Offer
from ordercli.domain.columns import COLUMN_KEYS, RANGE_COLUMNS
from ordercli.domain.status import ACTIONS, GROUPS, STATUSES, named
from ordercli.output.formats import FORMATS, format_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordercli.store.database import Database
_STATUS_WORDS = [status.name.replace(" ", "-") for status in STATUSES]


_FREE = {
    "--actor", "--cause", "--delimiter", "--expires-within", "--interval", "--jobs", "--label",
    "--limit",
    "--max", "--reason", "--sample", "--timeout", "--watch",
    *(f"--{name}" for name, column in RANGE_COLUMNS.items() if column.kind.numeric),
}  # fmt: skip


@pytest.fixture
def orders(database: Database) -> Database:
    """Orders of two users, one for each of some stored statuses."""
    statuses = ["PENDING", "RUNNING", "PAUSED", "DONE", "DELETED", "REMOVED", "QUARANTINED"]
    with database.writing() as connection:
        for place, status in enumerate(statuses):
            owner = "ada@example.org" if place % 2 else "bob@example.org"
            add_order(connection, 10 + place, owner=owner, status=status)
    return database


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
        (["history", "--columns", "id,a"], ["id,action", "id,actor"]),
        (["--install-completion", ""], ["bash", "zsh", "fish"]),
        (["list", "-u", "x", "--", "--us"], []),
        (["list", "--since", "to"], ["today", "tomorrow"]),
        (["list", "--changed", "yesterday..to"], ["yesterday..today", "yesterday..tomorrow"]),
        (["list", "--size", ""], []),
        (["list", "-s", "!don"], ["!done"]),
        (["list", "--status=!done,!pa"], ["--status=!done,!pause"]),
        (["list", "-s", "act"], ["active"]),
        (["list", "--no-such", "x"], []),
        (["-"], ["--version", "--install-completion", "--show-completion", "--help"]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_words_that_never_change(typed: list[str], expected: list[str]) -> None:
    assert offered(*typed) == expected


def test_help_is_offered_and_offers_commands() -> None:
    assert offered("hel") == ["help"]
    assert offered("help", "his") == ["history"]
    assert offered("help", "db", "lo") == ["load"]


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
            dynamic = {"--user", "--profile", "--operation"}
            assert long in {*_FREE, *dynamic} or offers(root(), _words_to(command, long)), long


def test_the_program_accepts_what_is_offered(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    words = offered("list", "-s", "")
    assert [named(word) for word in words if word not in GROUPS] == list(STATUSES)
    assert words[-2:] == list(GROUPS)
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


def test_ids_already_named_are_left_out(orders: Database) -> None:
    assert offered("pause", "-d", orders.location, "11", "") == ["10"]
    assert "11" not in offered("show", "-d", orders.location, "11", "")
    assert offered("restart", "-d", orders.location, "13", "") == []


def test_the_groups_and_columns_of_errors() -> None:
    assert offered("errors", "--by", "") == ["cause", "user", "order", "file"]
    assert offered("errors", "--by", "user", "--sort", "files,-") == [
        "files,-user", "files,-orders", "files,-bytes", "files,-last_seen",
    ]  # fmt: skip
    assert "tsv" in offered("show", "1", "--files", "--format", "")


def test_the_newest_operations(orders: Database) -> None:
    for words in (["pause", 10], ["resume", 10]):
        assert run(*words, database=orders).exit_code == 0
    found = run("history", "--columns", "operation", "--no-header", database=orders)
    newest, oldest = found.stdout.split()
    location = orders.location
    assert offers(root(), ["undo", "-d", location, ""]) == [
        Offer(newest[:8], "resume, 1 order"), Offer(oldest[:8], "pause, 1 order"),
    ]  # fmt: skip
    assert offered("undo", "-d", location, oldest[:6]) == [oldest[:8]]
    assert offered("history", "-d", location, "--operation", oldest[:10]) == [oldest]
    assert offered("undo", "-d", location, "no") == []


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
