"""README and docs say what the program does: their examples are run, on both databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harness.program import run
from ordercli.cli.app import app
from tools.readme import (
    LIVE_VERSIONS,
    PAGES,
    PROJECT,
    README,
    commands,
    configure,
    has_examples,
    live_runner,
    live_versions,
    page_name,
    renewed,
    renewed_live,
    runner,
)
from tools.reference import CONFIGURATION, with_tables

if TYPE_CHECKING:
    from pathlib import Path

    from harness.postgres_server import PostgresServer
    from harness.site import Site

WITH_EXAMPLES = [page for page in PAGES if has_examples(page)]
WITH_LIVE_EXAMPLES = [page for page in PAGES if live_versions(page)]


def test_readme_and_docs_have_examples_and_the_readme_is_short() -> None:
    names = [page_name(page) for page in WITH_EXAMPLES]
    assert names == ["README.md", "docs/install.md", "docs/monitoring.md", "docs/profiles.md",
                     "docs/recipes.md", "docs/tutorial.md"]  # fmt: skip
    assert [page_name(page) for page in WITH_LIVE_EXAMPLES] == [
        "docs/live-service.md",
        "docs/recipes.md",
    ]
    assert live_versions(WITH_LIVE_EXAMPLES[0]) == list(LIVE_VERSIONS)
    assert len(read(README).splitlines()) <= 150


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=page_name)
def test_every_example_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = read(page)
    run_in_shell = runner(tmp_path, {})
    configure(tmp_path, text)
    assert renewed(text, run_in_shell) == text, "run 'make readme' and read the difference"


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=page_name)
def test_the_examples_print_the_same_on_postgresql(
    page: Path, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    text = read(page)
    database = postgres_server.create_database()
    try:
        on_postgresql = runner(tmp_path, {"ORDERCLI_DATABASE": database})
        configure(tmp_path, text)
        assert renewed(text, on_postgresql) == text
    finally:
        postgres_server.drop_database(database)


@pytest.mark.parametrize("page", WITH_LIVE_EXAMPLES, ids=page_name)
@pytest.mark.parametrize(("service_version", "service_database"), LIVE_VERSIONS.items(),
                         indirect=["service_database"])  # fmt: skip
def test_the_examples_on_a_live_service_print_what_the_page_shows(
    page: Path, tmp_path: Path, site: Site, service_version: str
) -> None:
    text = read(page)
    now = renewed_live(text, service_version, live_runner(tmp_path, site))
    assert now == text, "run 'make readme'"


def test_every_block_that_shows_a_prompt_is_run() -> None:
    for page in PAGES:
        text = read(page)
        assert len(re.findall(r"^ *\$ ", text, re.MULTILINE)) == len(commands(text)), page


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_table_says_what_the_program_says_now(page: Path) -> None:
    text = read(page)
    assert with_tables(text) == text, "run 'make readme' and read the difference"


def test_the_reference_has_every_list() -> None:
    markers = re.findall(r"^<!-- (\w+) -->$", read(PROJECT / "docs" / "reference.md"), re.MULTILINE)
    assert sorted(set(markers) - {"end"}) == [
        "columns", "commands", "configuration", "environment", "exit_codes", "ranges", "statuses",
        "transitions",
    ]  # fmt: skip


def test_every_key_of_the_configuration_is_in_the_reference(tmp_path: Path) -> None:
    assert keys_known(tmp_path, "wrong = 1\n") | keys_known(
        tmp_path, '[profiles.x]\nwrong = "1"\n'
    ) == {*CONFIGURATION, "profiles"}


def keys_known(folder: Path, configuration: str) -> set[str]:
    """The keys that the program names when it finds one that it does not know."""
    path = folder / "config.toml"
    path.write_text(configuration, encoding="utf-8")
    said = run("list", "--profile", "x", env={"ORDERCLI_CONFIG": str(path)}).stderr
    return set(said.strip().rpartition("; ")[2].rpartition(": ")[2].split(", "))


def test_every_command_of_the_pages_and_every_example_of_the_help_exist() -> None:
    text = "".join(read(page) for page in PAGES if page.name != "reference.md")
    groups = {command.name: command.callback for command in app.registered_commands}
    for name in groups:
        assert f"ordercli {name}" in text, name
    for name in [*groups, "db init", "db load", "db check", "db grants"]:
        help_text = run(*str(name).split(), "--help").stdout
        assert re.search(rf"\nExample:\n  ordercli {name}", help_text), name


def test_the_ten_commands_and_the_recipes_work(tmp_path: Path) -> None:
    (ten,) = shell_blocks(README)
    (recipes,) = shell_blocks(PROJECT / "docs" / "recipes.md")
    run_in_shell = runner(tmp_path, {})
    (tmp_path / "ten.sh").write_text(f"set -e\n{ten}", encoding="utf-8")
    ended = run_in_shell("sh ten.sh > ten.txt; echo exit code $?")
    assert ended == "orders.csv: 200 orders\nexit code 0\n"
    assert ten.count("\nordercli ") == 9
    assert (tmp_path / "orders.csv").read_text().count("\n") == 201
    reports = tmp_path / "reports"
    reports.mkdir()
    script = re.sub(r"^15 0 \* \* \* ", "", recipes, flags=re.MULTILINE)
    script = script.replace("/srv/reports", str(reports))
    script = script.replace("--timeout 8h", "--timeout 0s")  # nothing is at work on these orders
    (tmp_path / "recipes.sh").write_text(script, encoding="utf-8")
    said = run_in_shell("user=daniel.okafor@example.com sh recipes.sh; echo exit code $?")
    assert (reports / "orders.csv").read_text().startswith("id,user,")
    first, *others = said.splitlines()
    assert re.fullmatch(r"\S+/orders\.csv: \d+ orders?", first)
    assert others[0].startswith("undo with: ordercli undo ")
    assert others[1:4] == ["all paused", "198 done", "fetch it"]
    assert said.splitlines()[-1] == "exit code 0"
    assert "quota" in run_in_shell("ordercli history 199 -f tsv")


def shell_blocks(page: Path) -> list[str]:
    """The scripts of a page."""
    return re.findall(r"^```sh\n(.*?)^```$", read(page), re.DOTALL | re.MULTILINE)


def read(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")
