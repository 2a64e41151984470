"""The program starts at once: nothing slow is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command

from harness.fill import add_order
from harness.program import environment
from ordercli.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ordercli.store.database import Database

SLOW = {
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "psycopg",
    "rich",
    "tabulate",
    "platformdirs",
    "httpcore",
    "ssl",
}

MADE_FOR_MODELS = ("sqlmodel", "pydantic", "sqlalchemy.orm", "ordercli.store.models")
"""Only making, loading and inspecting a database needs them."""

_TELL_MODULES = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from ordercli.cli.app import main
main()
"""


def loaded(
    *arguments: str, database: Database | None = None, env: Mapping[str, str] | None = None
) -> list[str]:
    """All modules that a run of the program imports."""
    finished = subprocess.run(
        [sys.executable, "-c", _TELL_MODULES, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=environment(database, env),
    )
    assert finished.stdout
    modules = finished.stderr.split()
    assert "ordercli.cli.app" in modules
    return modules


def imported(
    *arguments: str, database: Database | None = None, env: Mapping[str, str] | None = None
) -> set[str]:
    """Those of the slow modules that a run of the program imports."""
    return SLOW & set(loaded(*arguments, database=database, env=env))


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["list", "--help"], ["summary", "-h"], ["db", "load", "--help"]],
    ids=" ".join,
)  # fmt: skip
def test_help_imports_nothing_slow(arguments: list[str]) -> None:
    assert imported(*arguments) == set()


@pytest.mark.parametrize("words", [["li"], ["list", "--st"], ["list", "--status", "ru"]])
def test_static_completion_imports_nothing_slow(words: list[str]) -> None:
    assert imported(*words, env={"_ORDERCLI_COMPLETE": "zsh"}) == set()


def test_the_help_of_a_group_has_the_first_line_of_each_command() -> None:
    root: Any = get_command(app)
    helps = "Show the help of a command."
    for group in (root, root.commands["db"]):
        summaries = group.summaries()
        assert summaries.pop("help", None) == (helps if group is root else None)
        assert summaries == {
            name: command.help.partition("\n")[0] for name, command in group.commands.items()
        }


def test_formats_for_programs_import_nothing_made_for_people(sqlite_database: Database) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    people = {"rich", "tabulate", "psycopg", "platformdirs"}
    for arguments in (["list", "-f", "json"], ["list"], ["summary"], ["show", "1", "-f", "json"]):
        assert not imported(*arguments, database=sqlite_database) & people, arguments


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["--help"], 190),
        (["--version"], 190),
        (["list"], 435),
        (["list", "-f", "table"], 480),
        (["summary"], 430),
        (["show", "1"], 480),
        (["show", "1", "-f", "json"], 430),
        (["history"], 430),
        (["stats"], 435),
        (["errors"], 440),
        (["pause", "-n", "1"], 445),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_a_command_loads_few_modules(
    sqlite_database: Database, arguments: list[str], most: int
) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1)
    modules = loaded(*arguments, database=sqlite_database)
    assert len(modules) <= most, modules
    assert not [name for name in modules if name.startswith(MADE_FOR_MODELS)]


def test_reading_on_a_server_loads_no_models(postgresql_database: Database) -> None:
    with postgresql_database.writing() as connection:
        add_order(connection, 1)
    for arguments in (["list"], ["show", "1"], ["summary"], ["pause", "-n", "1"]):
        modules = loaded(*arguments, database=postgresql_database)
        assert not [name for name in modules if name.startswith(MADE_FOR_MODELS)], arguments
