"""The README says what the program does: its examples are run, on both databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harness.program import run
from ordercli.cli.app import app
from tools.readme import README, commands, live_runner, renewed, renewed_live, runner

if TYPE_CHECKING:
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from harness.site import Site


def test_every_example_prints_what_the_readme_shows(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text, runner(tmp_path, {})) == text, "run 'make readme' and read the difference"


def test_the_examples_print_the_same_on_postgresql(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    text = README.read_text(encoding="utf-8")
    database = postgres_server.create_database()
    try:
        on_postgresql = runner(tmp_path, {"ORDERCLI_DATABASE": database})
        assert renewed(text, on_postgresql) == text
    finally:
        postgres_server.drop_database(database)


@pytest.mark.parametrize("service_database", ["newest"], indirect=True)
def test_the_recipe_for_a_live_service_prints_what_the_readme_shows(
    tmp_path: Path, site: Site
) -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count("```console service\n") == 1
    assert renewed_live(text, live_runner(tmp_path, site)) == text, "run 'make readme'"


def test_every_command_of_the_readme_and_every_example_of_the_help_exist() -> None:
    text = README.read_text(encoding="utf-8")
    mentioned = " ".join(commands(text)) + text
    groups = {command.name: command.callback for command in app.registered_commands}
    for name in groups:
        assert f"ordercli {name}" in mentioned, name
    for name in [*groups, "db init", "db load", "db check", "db grants"]:
        help_text = run(*str(name).split(), "--help").stdout
        assert re.search(rf"Example: ordercli {name}", help_text), name


def test_the_ten_commands_and_the_recipes_work(tmp_path: Path) -> None:
    text = README.read_text(encoding="utf-8")
    ten, recipes = re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    run_in_shell = runner(tmp_path, {})
    (tmp_path / "ten.sh").write_text(f"set -e\n{ten}", encoding="utf-8")
    assert run_in_shell("sh ten.sh > ten.txt; echo exit code $?") == "exit code 0\n"
    assert ten.count("\nordercli ") == 9
    assert (tmp_path / "orders.csv").read_text().count("\n") == 201
    reports = tmp_path / "reports"
    reports.mkdir()
    script = re.sub(r"^15 0 \* \* \* ", "", recipes, flags=re.MULTILINE)
    script = script.replace("/srv/reports", str(reports))
    (tmp_path / "recipes.sh").write_text(script, encoding="utf-8")
    said = run_in_shell("user=daniel.okafor@example.com sh recipes.sh; echo exit code $?")
    assert (reports / "orders.csv").read_text().startswith("id,user,")
    assert said.splitlines()[:3] == ["all paused", "198 done", "fetch it"]
    assert said.splitlines()[-1] == "exit code 0"
    assert "quota" in run_in_shell("ordercli history 199 -f tsv")
