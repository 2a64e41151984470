"""``@NAME`` stands for the filters of the configuration file, in every command that chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.completion import completed, offered, root
from harness.configuration import configured
from harness.program import command, run
from harness.stored import recorded
from harness.terminal import Terminal
from ordercli.cli.selections import takes_selections

if TYPE_CHECKING:
    from pathlib import Path

    from ordercli.store.database import Database

SELECTIONS = (
    "[selections.night]", 'status = ["pending", "running"]', 'user = "x1*"', "waiting = false",
    "[selections.old]", 'created = "..2020-01-01"',
    "[selections.day]", "since = 2020-01-01", "with_errors = false",
    "[selections.large]", 'size = "1k.."', "errors = 0",
    '[selections."a b"]', 'label = "x"',
)  # fmt: skip


def listed(*words: str, database: Database, env: dict[str, str]) -> list[str]:
    result = run("list", "-q", *words, database=database, env=env)
    assert (result.exit_code, result.stderr) == (0, ""), result
    return sorted(result.stdout.split(), key=int)


def test_it_is_as_if_its_words_stood_there(page: Database, tmp_path: Path) -> None:
    env = configured(tmp_path, *SELECTIONS)
    everything = listed(database=page, env=env)
    assert listed("@night", database=page, env=env) == ["1", "2"]
    assert listed("@night", "-s", "pause", database=page, env=env) == ["1", "2", "3"]
    assert listed("@night", "--errors", "1..", database=page, env=env) == []
    assert listed("@old", database=page, env=env) == []
    assert listed("@day", "--limit", "100", database=page, env=env) == everything
    assert listed("-u", "@night", database=page, env=env) == []
    assert listed("@night", "@day", database=page, env=env) == ["1", "2"]
    as_typed = run("summary", "-s", "pending,running", "-u", "x1*", "--no-waiting", database=page)
    assert run("summary", "@night", database=page, env=env) == as_typed


def test_every_command_that_chooses_takes_it(page: Database, tmp_path: Path) -> None:
    env = configured(tmp_path, *SELECTIONS)
    choosing = {name for name, each in root().commands.items() if takes_selections(each)}
    assert choosing >= {"list", "summary", "pause", "resume", "cancel"}
    for name in sorted(choosing):
        result = run(name, "@nihgt", database=page, env=env)
        assert (result.exit_code, result.stdout) == (2, ""), name
        assert f"no selection in {tmp_path}/config.toml named 'nihgt'" in result.stderr
        assert "did you mean 'night'?" in result.stderr
        assert "[@NAME]..." in run(name, "--help").stdout
    assert not takes_selections(root().commands["show"])
    assert "is not the id of an order" in run("show", "@night", database=page, env=env).stderr


def test_what_it_stands_for_is_told_by_a_dry_run(page: Database, tmp_path: Path) -> None:
    env = configured(tmp_path, *SELECTIONS)
    meaning = "@night: --status pending --status running --user 'x1*' --no-waiting\n"
    result = run("pause", "@night", "-n", database=page, env=env)
    assert (result.exit_code, result.stderr) == (0, meaning)
    assert result.stdout == "1 would be paused (is pending)\n2 would be paused (is running)\n"
    assert run("pause", "@night", "1", database=page, env=env).exit_code == 2
    assert recorded(page) == []
    result = run("pause", "@night", "-y", database=page, env=env)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [event[0] for event in recorded(page)] == [1, 2]


def test_what_it_stands_for_is_told_by_the_question(
    sqlite_database: Database, tmp_path: Path
) -> None:
    run("db", "init", "--sample", 30, database=sqlite_database)
    env = configured(tmp_path, "[selections.all]", 'user = "*\\u001b[31m"', "[selections.any]",
                     'user = "*"')  # fmt: skip
    words = command("cancel", "@any")
    with Terminal([], 100, program=words, database=sqlite_database, env=env) as terminal:
        terminal.expect("[y/N]")
        assert terminal.screen()[0] == "@any: --user '*'"
        terminal.send("n\r")
        assert terminal.exit_code() == 2
    result = run("pause", "@all", "-n", database=sqlite_database, env=env)
    assert r"@all: --user '*\x1b[31m'" in result.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('statu = "failed"', "named 'statu'; did you mean 'status'?"),
        ('status = "fialed"', "'status': no status 'fialed'; did you mean 'failed'?"),
        ('user = ""', "'user': --user is empty"),
        ('since = "yestreday"', "'since': "),
        ('since = ["1d", "2d"]', "'since': it takes one value"),
        ("since = true", "'since': it takes a text or a number"),
        ("user = []", "'user': it takes one value"),
        ("user = [{}]", "'user': it takes a text or a number"),
        ('with_errors = "yes"', "'with_errors': it is neither true nor false; write true or false"),
        ('size = "1x.."', "'size': '1x..' is not a range of sizes"),
        ("limit = 3", "named 'limit'"),
        ("", "holds no filter"),
    ],
)
def test_a_wrong_one_names_its_key_and_hurts_only_who_uses_it(
    page: Database, tmp_path: Path, line: str, told: str
) -> None:
    env = configured(tmp_path, "[selections.good]", 'user = "x1*"', "[selections.wrong]", line)
    result = run("list", "@wrong", database=page, env=env)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("ordercli: ")
    assert "selection 'wrong'" in result.stderr
    assert told in result.stderr
    assert listed("@good", database=page, env=env) == ["1", "2", "3"]


def test_a_flag_given_twice_and_no_file(page: Database, tmp_path: Path) -> None:
    env = configured(tmp_path, *SELECTIONS)
    result = run("list", "@day", "--since", "today", database=page, env=env)
    assert (result.exit_code, result.stdout) == (2, "")
    told = "--since is given more than once; give it once; @day: --since 2020-01-01"
    assert told in result.stderr
    result = run("list", "@day", database=page)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no configuration file" in result.stderr


def test_it_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    env = configured(tmp_path, *SELECTIONS)
    monkeypatch.setenv("ORDERCLI_CONFIG", env["ORDERCLI_CONFIG"])
    assert offered("list", "@") == ["@night", "@old", "@day", "@large"]
    assert offered("cancel", "-n", "@ni") == ["@night"]
    assert offered("show", "@ni") == []
    assert completed("ordercli pause @n", "n", shell="bash").stdout == "night\t\n"
