"""``ordercli list`` on a terminal: it fits the window, in colours, whatever the texts are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.fill import add_order
from harness.program import run, run_process
from harness.terminal import Terminal

if TYPE_CHECKING:
    from ordercli.store.database import Database

pytestmark = pytest.mark.usefixtures("clock")


def in_terminal(database: Database, *arguments: object, **options: Any) -> tuple[Terminal, int]:
    with Terminal(["list", *arguments], database=database, **options) as terminal:
        return terminal, terminal.exit_code()


def test_a_terminal_shows_fifty_and_counts_the_rest(database: Database) -> None:
    with database.writing() as connection:
        for number in range(1, 1235):
            add_order(connection, number, creation_date=f"2026-01-01T00:{number % 60:02}:00Z")
    terminal, code = in_terminal(database, columns=120, rows=60)
    lines = terminal.screen()
    assert code == 0
    assert lines[-1] == "50 of 1,234 orders"
    assert sum("hello@hello.com" in line for line in lines) == 50
    terminal, _ = in_terminal(database, "--limit", "1", "-u", "nobody*", columns=120)
    assert terminal.screen() == ["ordercli: no order matches"]
    terminal, _ = in_terminal(database, "--limit", "3", "-f", "tsv", columns=120)
    assert len(terminal.screen()) == 4
    assert len(run("list", database=database).stdout.splitlines()) == 1235


def test_the_table_fits_its_window_and_data_never_steers_it(database: Database) -> None:
    with database.writing() as connection:
        add_order(connection, 1, owner="someone@example.org", label="\x1b]0;owned\x07" + "x" * 30,
                  status="DONE", percent_complete=100)  # fmt: skip
    terminal, _ = in_terminal(database, columns=100)
    lines = terminal.screen()
    assert lines[-1] == "1 order"
    assert len(lines) == 4
    assert lines[2].startswith(" 1  someone@…  \\x1b]0;owned\\x07…xxxxxxxxxxxxxxxx  ━")
    assert b"\x1b]" not in terminal.raw
    for style in ("csv", "tsv", "json", "plain"):
        terminal, _ = in_terminal(database, "-f", style, columns=100)
        assert b"\x1b]" not in terminal.raw, style
        assert b"\x07" not in terminal.raw, style


def test_wide_and_combining_characters_keep_the_columns_straight(
    sqlite_database: Database,
) -> None:
    labels = (
        "plain",
        "日本語のデータ",
        "한글",
        "e\u0301te\u0301",
        "ﾃｽﾄ",
        "👩\u200d🚀👩🏽❤️",
        "🇫🇷 orbit",
    )
    with sqlite_database.writing() as connection:
        for label in labels:
            add_order(connection, label=label, status="DONE")
    with Terminal(["list"], database=sqlite_database, columns=130) as terminal:
        assert terminal.exit_code() == 0
        terminal.screen()
        cells = [terminal.emulator.buffer[row] for row in range(len(labels) + 2)]
        rows = ["".join(line[column].data or "" for column in range(130)) for line in cells]
        ends = [
            next(at for at in range(129, 0, -1) if cells[row][at].data == "e")
            for row in range(2, len(labels) + 2)
        ]
    assert all("done" in row for row in rows[2:]), rows
    assert len(set(ends)) == 1, rows


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False),
     ({"FORCE_COLOR": "0"}, False), ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False)],
)  # fmt: skip
def test_colours_on_a_terminal(
    sqlite_database: Database, environment: dict[str, str], coloured: bool
) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, status="DONE")
    terminal, _ = in_terminal(sqlite_database, env=environment)
    assert (b"\x1b[" in terminal.raw) == coloured


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 120, 200, 250])
def test_the_table_at_every_width(sqlite_database: Database, columns: int) -> None:
    with sqlite_database.writing() as connection:
        for number in (7, 1_234_567):
            add_order(
                connection, number, owner="someone.with.a.long.name@archive.example.org",
                label=f"Sentinel-2 L1C over the bay, {number}", status="RUNNING",
                waiting_for_user=True, percent_complete=56, files_in_error=12,
                expiration_date="2026-03-02T00:00:00Z", datasets=[("d", 1, 999_994_999, 1)],
            )  # fmt: skip
    terminal, code = in_terminal(sqlite_database, columns=columns, rows=40)
    lines = terminal.screen()
    shown = "\n".join(lines)
    assert code == 0
    assert max(len(line) for line in lines) <= columns
    for text in ("1234567", " 56", "12", "↓ waiting", "03-01 ", "exp", "2 orders"):
        assert text in shown, text
    if columns >= 80:
        assert len(lines) == 5
    if columns >= 200:
        assert "someone.with.a.long.name@archive.example.org" in shown
        assert "↓ waiting user  expired" in shown
        assert "Sentinel-2 L1C over the bay, 1234567" in shown


@pytest.mark.parametrize("env", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}])
def test_a_plain_locale_and_an_ascii_stdout_work(
    sqlite_database: Database, env: dict[str, str]
) -> None:
    with sqlite_database.writing() as connection:
        add_order(connection, 1, label="déjà vu 日本", expiration_date="2026-03-02T00:00:00Z")
    table = run_process("list", "-f", "table", database=sqlite_database, env=env)
    assert (table.exit_code, table.stderr) == (0, b"")
    if "PYTHONIOENCODING" in env:
        table.stdout.decode("ascii")
        assert b"d\\xe9j\\xe0 vu" in table.stdout
        assert b"........ " in table.stdout
        assert b"|expired" in table.stdout
    for style in ("json", "csv", "tsv"):
        written = run_process("list", "-f", style, database=sqlite_database, env=env)
        assert "déjà vu 日本" in written.stdout.decode("utf-8"), style
    terminal, code = in_terminal(sqlite_database, columns=120, env=env)
    assert code == 0
    assert terminal.screen()[-1] == "1 order"
