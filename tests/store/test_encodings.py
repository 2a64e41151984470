"""What is written is UTF-8, and whole, in whatever encoding server and environment are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.program import run
from ordercli.store import completion_lookup, schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.postgres_server import PostgresServer

TEXTS = {"LATIN1": "Été", "EUC_JP": "注文", "SQL_ASCII": "Été 注文", "UTF8": "Été 注文"}
FORMULAS = {**dict.fromkeys(TEXTS, "＝1"), "LATIN1": "=1é"}
"""What a spreadsheet would run."""


@pytest.fixture(params=list(TEXTS))
def encoding(request: pytest.FixtureRequest) -> str:
    """The encoding of a database."""
    return str(request.param)


@pytest.fixture
def page(encoding: str, postgres_server: PostgresServer) -> Iterator[Database]:
    """Three orders with texts beyond ASCII; a spreadsheet would run the label of the third."""
    url = postgres_server.create_in_encoding(encoding)
    database = Database(url)
    schema.initialise(database)
    text = TEXTS[encoding]
    with database.writing() as connection:
        add_order(connection, 1, owner=f"{text}@x", label=text, datasets=[(text, 1, 2, 3)])
        add_order(connection, 2, owner="a@x", label="plain")
        add_order(connection, 3, owner="a@x", label=FORMULAS[encoding])
    yield database
    postgres_server.drop_database(url)


def test_every_command(page: Database, encoding: str) -> None:
    for environment in ("LATIN1", "SQL_ASCII"):
        check_every_command(page, TEXTS[encoding], environment, FORMULAS[encoding])


def check_every_command(page: Database, text: str, environment: str, formula: str) -> None:
    def words_of(*words: object) -> str:
        result = run(*words, database=page, env={"PGCLIENTENCODING": environment})
        assert (result.exit_code, result.stderr) == (0, ""), (environment, words)
        return result.stdout

    found = json.loads(words_of("list", "-f", "json", "--sort", "id"))
    assert found[0]["label"] == text
    assert words_of("list", "-q", "-u", f"{text[:2]}*") == "1\n"
    assert words_of("list", "-q", "--label", text) == "1\n"
    assert words_of("list", "-q", "-i", "-u", f"{text[:2].swapcase()}*") == "1\n"
    assert words_of("list", "-q", "-i", "-u", "!A@X", "--label", f"*{text[-1]}") == "1\n"
    assert text in words_of("show", 1)
    report = words_of("summary", "--columns", "id,user,label")
    assert report == f"id,user,label\n1,{text}@x,{text}\n2,a@x,plain\n3,a@x,'{formula}\n"
    assert f";{text}@x;" in words_of("summary", "--layout", "regards")
    words_of("pause", 1, "-m", text)
    assert text in words_of("history", 1)
    assert words_of("db", "check").startswith("Reached")
    assert completion_lookup.users(page.location, "a") == ["a@x"]


def test_a_report_is_loaded_again(page: Database, sqlite_database: Database) -> None:
    report = run("summary", "--columns", "+status_date", database=page)
    loaded = run("db", "load", "-", stdin=report.stdout, database=sqlite_database)
    assert loaded.exit_code == 0, loaded.stderr
    assert run("summary", "--columns", "+status_date", database=sqlite_database) == report


@pytest.mark.parametrize("encoding", ["SQL_ASCII"], indirect=True)
def test_bytes_that_are_no_text(page: Database, postgres_server: PostgresServer) -> None:
    """Where a database declares no encoding, anybody may have stored them."""
    postgres_server.execute(
        page.location,
        "SET client_encoding TO SQL_ASCII; UPDATE t_order SET label ="
        r" convert_from('\xc974e9'::bytea, 'SQL_ASCII') WHERE id = 1",
    )
    for words in (["list", "-f", "tsv"], ["show", 1], ["summary"], ["list", "-f", "json"],
                  ["summary", "--layout", "regards"], ["pause", 1]):  # fmt: skip
        result = run(*words, database=page)  # what it writes is read as UTF-8
        assert result.exit_code == 0, (words, result.stderr)
        told = "\N{REPLACEMENT CHARACTER}t" in result.stdout
        assert told or "regards" in words or "pause" in words, words


@pytest.mark.parametrize("encoding", ["LATIN1"], indirect=True)
def test_a_character_that_the_database_can_t_hold(page: Database) -> None:
    result = run("pause", 1, "-m", "注文", database=page)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "LATIN1" in result.stderr
    assert "take the character out" in result.stderr
    assert result.stderr.count("\n") == 1
    assert run("history", database=page).stdout.count("\n") == 1  # the titles
