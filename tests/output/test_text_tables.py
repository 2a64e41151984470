"""No text forges a cell of a table that is pasted elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harness.fill import add_order
from harness.program import run

if TYPE_CHECKING:
    from ordercli.store.database import Database

HOSTILE = "a|b||c \\| d"


@pytest.mark.parametrize(
    ("style", "ends_a_cell"),
    [
        ("asciidoc", r"\|"),
        ("github", r"\|"),
        ("jira", r"\|"),
        ("mediawiki", r"\|\|| \| "),
        ("orgtbl", r"\|"),
        ("pipe", r"\|"),
        ("textile", r"\|"),
    ],
)
def test_a_label_is_one_cell(sqlite_database: Database, style: str, ends_a_cell: str) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, label="plain")
        add_order(connection, 2, label=HOSTILE)
    shown = run("list", "-f", style, "--columns", "id,label", database=sqlite_database).stdout
    lines = shown.splitlines()
    plain = next(line for line in lines if "plain" in line)
    hostile = next(
        line for line in lines if re.search(r"a.*b.*c .*d", line) and "Label" not in line
    )
    assert len(re.findall(ends_a_cell, hostile)) == len(re.findall(ends_a_cell, plain))


@pytest.mark.parametrize("style", ["moinmoin", "youtrack"])
def test_a_format_that_can_escape_nothing_is_not_offered(
    sqlite_database: Database, style: str
) -> None:
    assert run("list", "-f", style, database=sqlite_database).exit_code == 2
