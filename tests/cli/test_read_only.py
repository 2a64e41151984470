"""A profile that is read-only: no command changes anything there, whatever else is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.configuration import configured
from harness.program import run
from harness.stored import recorded, rows
from ordercli.cli.app import COMMANDS
from ordercli.cli.lazy_groups import Group

if TYPE_CHECKING:
    from harness.program import Result
    from harness.site import Site
    from ordercli.store.database import Database

READING = {"list", "show", "summary", "stats", "errors", "metrics", "history", "wait", "profiles",
           "top", "db check", "db grants"}  # fmt: skip
CHANGING = {
    "pause": (["1"], ["1", "--direct"], ["-u", "*", "-y"], ["1", "-n"], ["-", "-y", "--direct"]),
    "resume": (["3"], ["3", "--direct"], ["-s", "pause", "-y"]),
    "cancel": (["3", "-y"], ["3", "-y", "--direct", "-q"], ["-s", "pause", "-y", "-f", "json"]),
    "restart": (["4", "--label", "again"],),
    "undo": (["3f2a9c1e", "-y"], ["3f2a9c1e", "-n"], ["3f2a9c1e", "-y", "--direct"]),
    "retry": (["5", "-y"],),
    "remove": (["9", "-y"],),
    "db init": ([], ["--sample", "3"]),
    "db load": (["-"], ["-", "--update"]),
}


def commands() -> set[str]:
    """Every command, by the words that call it."""
    found = set()
    for name, place in COMMANDS.items():
        inner = place.places if isinstance(place, Group) else {}
        found |= {f"{name} {each}" for each in inner} or {name}
    return found


def refused(result: Result) -> bool:
    told = "ordercli: the profile 'look' is read-only: no command changes anything there; use "
    assert result.stderr.startswith(told), result
    assert result.stderr.count("\n") == 1
    return (result.exit_code, result.stdout) == (1, "")


def test_every_command_that_changes_refuses(page: Database, tmp_path: Path) -> None:
    assert commands() == READING | CHANGING.keys()
    location = f'database = "{page.location}"'
    env = configured(tmp_path, "[profiles.look]", location, "read_only = true",
                     "[profiles.change]", location)  # fmt: skip
    before = rows(page)
    for ways in ({"ORDERCLI_PROFILE": "look"}, {"ORDERCLI_DATABASE": page.location}):
        for command, choices in CHANGING.items():
            for words in choices:
                result = run(*command.split(), *words, env={**env, **ways}, stdin="1\n")
                assert refused(result), (command, words)
    for words in (["--profile", "look"], ["-d", page.location], ["--profile", "change", "-d",
                  page.location]):  # fmt: skip
        assert refused(run("cancel", "3", "-y", *words, env=env)), words
    assert (rows(page), recorded(page)) == (before, [])
    assert run("list", "-q", "--profile", "look", env=env).stdout.count("\n") == len(before)
    assert "cancel" in run("db", "check", "--profile", "look", env=env).stdout
    assert run("pause", "1", "--profile", "change", env=env).exit_code == 0


def test_a_live_service_is_asked_for_nothing(site: Site) -> None:
    path = Path(site.env["ORDERCLI_CONFIG"])
    with path.open("a", encoding="utf-8") as configuration:
        configuration.write("read_only = true\n")
    for command, choices in CHANGING.items():
        for words in choices:
            result = site.run(*command.split(), *words, stdin="1\n")
            assert result.exit_code == 1
            assert "is read-only" in result.stderr, (command, words)
    assert (site.service.logins, site.service.record, site.service.looks) == (0, [], [])
    told = site.run("db", "check").stdout.splitlines()[-1]
    assert told.endswith("remove: do not work: the profile is read-only")


def test_another_database_and_what_is_no_answer(page: Database, tmp_path: Path) -> None:
    env = configured(tmp_path, "[profiles.look]", f'database = "{tmp_path / "other.db"}"',
                     "read_only = true", "[profiles.odd]", 'database = "x.db"',
                     'read_only = "yes"')  # fmt: skip
    for words in (["-d", page.location], ["-d", page.location, "--profile", "look"]):
        assert run("pause", "1", *words, env=env).exit_code == 0
    result = run("list", "--profile", "odd", env=env)
    assert result.exit_code == 2
    assert "'read_only' is not true or false; write it without quotes" in result.stderr
