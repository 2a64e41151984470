"""Reports of hostile texts, read back by what people open them with."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import subprocess
from contextlib import closing
from random import Random
from typing import TYPE_CHECKING

import psycopg
import pytest

from harness.fill import add_many
from harness.program import run
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.postgres_server import PostgresServer

ROWS = 10_000
SEED = 20171008
FORMULA = re.compile("[=+\\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
_PARTS = (
    "=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n", "\r\n", '"', "'",
    ",", ";", "|", " ", "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("http://x","y")', "SUM(A1:A9)",
    "2026-03-01", "1e5", "007", "TRUE", "é", "\u202e", "\ufeff", "plain", "\\", "\\.", "NULL", "#",
)  # fmt: skip


def hostile_texts() -> list[str]:
    """Ten thousand different texts of parts that mean something to a spreadsheet."""
    chance = Random(SEED)
    texts: dict[str, None] = {}
    while len(texts) < ROWS:
        texts["".join(chance.choices(_PARTS, k=chance.randint(1, 5)))] = None
    return list(texts)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return hostile_texts()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Database:
    """An order for each of the texts, which is its label."""
    made = Database(str(tmp_path_factory.mktemp("hostile") / "orders.db"))
    schema.initialise(made)
    with made.writing() as connection:
        add_many(connection, ROWS, labels=texts)
    return made


def report(database: Database, *arguments: str) -> str:
    """The ids and labels of all orders, without a header."""
    result = run("summary", "--columns", "id,label", "--no-header", *arguments, database=database)
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def read_by_python(text: str) -> list[str]:
    return [label for _, label in csv.reader(io.StringIO(text, newline=""))]


def read_by_sqlite(text: str, directory: Path) -> list[str]:
    """By its shell, as a person imports a file."""
    (directory / "report.csv").write_bytes(text.encode())
    made = directory / "imported.db"
    commands = ["CREATE TABLE t (id, label);", ".import --csv report.csv t"]
    subprocess.run(["sqlite3", "-bail", made, *commands], check=True, cwd=directory)
    with closing(sqlite3.connect(made)) as connection:
        return _labels(connection.execute("SELECT label FROM t ORDER BY rowid"))


def read_by_postgresql(text: str, server: PostgresServer) -> list[str]:
    url = server.create_database()
    try:
        with psycopg.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (id int, label text)")
            with cursor.copy("COPY t FROM STDIN (FORMAT csv)") as copy:
                copy.write(text)
            return _labels(cursor.execute("SELECT coalesce(label, '') FROM t ORDER BY id"))
    finally:
        server.drop_database(url)


def _labels(rows: Iterable[tuple[str]]) -> list[str]:
    return [row[0] for row in rows]


@pytest.mark.needs("sqlite3")
def test_all_readers(
    database: Database,
    texts: list[str],
    tmp_path: Path,
    postgres_server: PostgresServer,
    figure: Callable[[int, str], None],
) -> None:
    """They find the same rows, no formula, and with ``--raw`` what was stored."""
    guarded = ["'" + text if FORMULA.match(text.lstrip("'")) else text for text in texts]
    for arguments, expected in (((), guarded), (("--raw",), texts)):
        text = report(database, *arguments)
        (tmp_path / "-".join(("read", *arguments))).mkdir()
        assert read_by_python(text) == expected
        assert read_by_sqlite(text, tmp_path / "-".join(("read", *arguments))) == expected
        assert read_by_postgresql(text, postgres_server) == expected
    assert sum(FORMULA.match(text) is not None for text in guarded) == 0
    figure(
        5,
        f"{ROWS:,} rows read back by Python's csv, the sqlite3 shell and COPY: {len(guarded):,}"
        " rows each, 0 formulas; with --raw the data exactly",
    )


def formulas_and_rows(text: str, directory: Path) -> tuple[int, int]:
    """What LibreOffice makes of a report: cells that it would run, and rows that have an id."""
    directory.mkdir()
    (directory / "report.csv").write_bytes(text.encode())
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{directory}/profile", "--headless",
         "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true",
         "--convert-to", "fods", "--outdir", directory, directory / "report.csv"],
        check=True, capture_output=True, timeout=200,
    )  # fmt: skip
    sheet = (directory / "report.fods").read_text(encoding="utf-8")
    rows = re.findall(r'<table:table-row[^>]*>\s*<table:table-cell[^>]*office:value="(\d+)"', sheet)
    return sheet.count("table:formula="), len(set(rows))


@pytest.mark.needs("soffice")
def test_libreoffice(
    database: Database, tmp_path: Path, figure: Callable[[int, str], None]
) -> None:
    formulas, rows = formulas_and_rows(report(database), tmp_path / "guarded")
    assert (formulas, rows) == (0, ROWS)
    raw, rows = formulas_and_rows(report(database, "--raw"), tmp_path / "raw")
    assert rows == ROWS
    assert raw > 100  # it would run them
    figure(5, f"LibreOffice: {rows:,} rows, {formulas} formulas; with --raw it finds {raw:,}")
