"""Names that are not known: what is suggested, and what never is; profiles; help as a command."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from harness.completion import offered
from harness.program import run
from ordercli.base.errors import ExitCode
from ordercli.domain.status import ACTIONS
from tools.command_help import read_help

if TYPE_CHECKING:
    from pathlib import Path

    from harness.program import Clock

FRENCH = {"ORDERCLI_LANG": "fr"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("unpause", "resume"), ("describe", "show"), ("ls", "list"), ("export", "summary"),
        ("delete", "cancel' or 'remove"), ("log", "history"), ("lst", "list"),
        ("sumary", "summary"), ("stat", "stats"), ("totals", "stats"), ("Total", "stats"),
        ("count", "stats"), ("failures", "errors"), ("causes", "errors"),
        ("prometheus", "metrics"), ("dashboard", "top"), ("watch", "list --watch' or 'top"),
        ("rollback", "undo"), ("revert", "undo"), ("hold", "pause"), ("kill", "cancel"),
        ("load", "db load"), ("check", "db check"), ("profile", "profiles"),
    ],
)  # fmt: skip
def test_what_was_meant_is_suggested(name: str, meant: str) -> None:
    result = run(name)
    assert result.exit_code == 2
    assert f"no command '{name}'; did you mean '{meant}'?" in result.stderr
    assert meant.partition("'")[0] in run(name, env=FRENCH).stderr.partition("connu")[0]


@pytest.mark.parametrize(
    "name",
    ["paus", "resumee", "cancle", "restat", "retri", "remov", "users", "udno", "und", "removed",
     "redo", "pausse", "restrat"],
)  # fmt: skip
def test_a_change_is_never_suggested_for_a_name_that_looks_like_it(name: str) -> None:
    result = run(name)
    assert result.exit_code == 2
    told, _, _listing = result.stderr.partition("known:")
    assert not [action for action in ACTIONS if f"'{action}'" in told]


def test_help_is_a_command_too() -> None:
    assert run("help").stdout == run("--help").stdout
    assert run("help", "list").stdout == run("list", "--help").stdout
    assert run("help", "db", "load").stdout == run("db", "load", "--help").stdout
    assert run("help", "nosuch").exit_code == 2
    assert "  help " in run("--help").stdout
    assert "  help " not in run("db", "--help").stdout


@pytest.mark.parametrize("env", [{}, FRENCH], ids=["English", "French"])
def test_the_help_of_a_group_is_laid_out_as_that_of_a_command(env: dict[str, str]) -> None:
    group, command = (run(*words, "--help", env=env).stdout for words in (["db"], ["db", "init"]))
    assert group.splitlines()[0].startswith(command.partition(" ")[0])
    assert "\n  grants  " in group
    help_line = next(line for line in command.splitlines() if "--help" in line)
    assert " ".join(help_line.split()) in " ".join(group.split())
    assert not set("╭│╰<") & set(group)


def test_every_help_has_its_sections_in_one_order_and_fits_80_columns() -> None:
    order = ["Arguments:", "Choose:", "Show:", "Change:", "Wait:", "Connect:", "Help:", "Example:"]
    _root, *commands = read_help()
    for command in commands:
        words = command.path.split()[1:]
        lines = run(*words, "--help").stdout.splitlines()
        sections = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
        assert sections == [title for title in order if title in sections], command.path
        assert sections[-2:] == ["Help:", "Example:"], command.path
        french = run(*words, "--help", env=FRENCH).stdout.splitlines()
        assert max(map(len, (*lines, *french))) <= 80, command.path
        assert lines[-1] == f"  {command.example}", command.path


def test_the_help_of_the_program_has_its_commands_in_sections() -> None:
    """In the order in which completion offers them and the manual describes them."""
    sections = {
        "Look": "list show summary stats errors history",
        "Change": "pause resume cancel undo restart retry remove",
        "Wait and watch": "wait top metrics",
        "Set up": "db profiles help",
    }
    shown = run("--help").stdout
    for title, names in sections.items():
        _above, found, below = shown.partition(f"\n{title}:\n")
        assert found, title
        lines = below.partition("\n\n")[0].splitlines()
        assert [line.split()[0] for line in lines] == names.split()
        assert {line.index(line.split()[1], 4) for line in lines} == {12}, "one below the other"
    commands = " ".join(sections.values()).split()
    assert offered("") == commands
    documented = dict.fromkeys(command.path.split()[1] for command in read_help()[1:])
    assert [*documented, "help"] == commands
    lines = [*shown.splitlines(), *run("--help", env=FRENCH).stdout.splitlines()]
    assert max(map(len, lines)) <= 80


def test_the_help_of_the_program_names_the_manual_and_the_exit_codes() -> None:
    shown = run("--help").stdout
    assert "  man ordercli " in shown
    assert "config.toml" in shown
    for code in ExitCode:
        assert re.search(rf"^  {code.value} +{code.meaning[:20]}", shown, re.MULTILINE)
    assert "  ordercli help COMMAND " in shown


def test_the_examples_of_the_help_of_the_program_work_on_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^  ordercli (?!help )(.*)$", run("--help").stdout, re.MULTILINE)
    assert len(examples) == 5
    for example in examples:
        done = run(*shlex.split(example), database="orders.db", clock=clock)
        assert (done.exit_code, "no order" in done.stderr) == (0, False), example


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text('[profiles.test]\ndatabase = "/nowhere/test.db"\n', encoding="utf-8")
    return path


def test_an_unknown_profile_is_an_error_also_beside_a_database(
    configuration: Path, tmp_path: Path
) -> None:
    env = {"ORDERCLI_CONFIG": str(configuration)}
    database = str(tmp_path / "x.db")
    assert run("db", "init", "-d", database, env=env).exit_code == 0
    unknown = run("list", "-d", database, "--profile", "nosuch", env=env)
    assert (unknown.exit_code, "named 'nosuch'" in unknown.stderr) == (2, True)
    assert run("list", "-d", database, "--profile", "test", env=env).exit_code == 0
    flag = {**env, "ORDERCLI_DATABASE": database}
    assert "/nowhere/test.db" in run("list", "--profile", "test", env=flag).stderr
    assert run("list", env={**flag, "ORDERCLI_PROFILE": "test"}).exit_code == 0


def test_an_unknown_key_is_named_also_when_its_value_is_no_text(configuration: Path) -> None:
    with configuration.open("a", encoding="utf-8") as file:
        file.write("colour = 3\n")
    result = run("list", "--profile", "test", env={"ORDERCLI_CONFIG": str(configuration)})
    assert result.exit_code == 2
    assert "named 'colour'" in result.stderr


def test_a_byte_order_mark_is_allowed(configuration: Path) -> None:
    text = configuration.read_text(encoding="utf-8")
    configuration.write_text(text, encoding="utf-8-sig")
    result = run("list", "--profile", "test", env={"ORDERCLI_CONFIG": str(configuration)})
    assert "/nowhere/test.db" in result.stderr


def test_zones_that_are_missing_from_the_machine_are_said_to_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from zoneinfo import ZoneInfo, reset_tzpath

    ZoneInfo.clear_cache()
    reset_tzpath(())
    try:
        result = run("list", env={"TZ": "Europe/Nowhere"})
    finally:
        reset_tzpath()
    assert result.exit_code == 2
    assert "this machine has no time zones" in result.stderr
