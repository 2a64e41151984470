"""A password is never repeated, wherever it was typed and whatever is wrong with the rest."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import psycopg
import pytest

from harness.canary import CANARY, MALFORMED, check_silence, every_command
from harness.program import run, run_process
from ordercli.store.driver_errors import explained

if TYPE_CHECKING:
    from pathlib import Path

URL = f"postgresql://u:{CANARY}@127.0.0.1:1/orders"


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a location that was taken for a path would show."""
    monkeypatch.chdir(tmp_path)


def test_no_malformed_location_is_repeated_or_made(tmp_path: Path) -> None:
    commands = cycle(every_command())
    for location in MALFORMED:
        check_silence(next(commands), location)
    check_silence(["db", "init"], *MALFORMED)
    assert not list(tmp_path.iterdir())


def test_every_command_is_silent_about_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for password in (CANARY, f"{CANARY}\udcff"):
        monkeypatch.setenv("PGPASSWORD", password)
        for words in every_command():
            check_silence(words, "postgresql://u@127.0.0.1:1/orders")
    result = run_process("list", "--debug", "-d", "postgresql://u@127.0.0.1:1/orders")
    assert result.exit_code == 1
    assert b"psycopg.OperationalError" in result.stderr
    assert CANARY.encode() not in result.stdout + result.stderr


@pytest.mark.parametrize(
    "words",
    [
        [URL], ["list", URL], ["list", f"--databse={URL}"], ["list", "-u", "x", "--profile", URL],
        ["list", "--since", URL], ["list", "-s", URL], ["list", "-f", URL], ["db", URL],
        ["list", "--columns", URL], ["list", "--limit", URL], ["list", f"-d={URL}"],
        ["show", URL], ["pause", URL], ["wait", "1", "--for", URL], ["--show-completion", URL],
        ["summary", "--delimiter", URL], ["summary", "-o", f"{URL}/x", "-d", "/no/such"],
        ["db", "load", URL], ["history", URL], ["history", "--action", URL],
    ],
    ids=lambda words: " ".join(words).replace(URL, "URL"),
)  # fmt: skip
def test_a_url_in_the_wrong_place(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[profiles.x]\ndatabase = 'x'\n")
    result = run(*words, env={"ORDERCLI_CONFIG": "config.toml"})
    assert result.exit_code in (1, 2)
    assert result.stderr.count("\n") == 1
    assert CANARY not in result.stdout + result.stderr


def test_a_url_in_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    for text in (
        f"default_profile = 'x'\n[profiles.x]\ndatabase = '{URL}'\nfoo = 'x'\n",
        f"default_profile = '{URL}'\n[profiles.x]\ndatabase = '{URL}'\n",
        f"default_profile = 'x'\n[profiles.x]\ndatabase = ['{URL}']\n",
        f"default_profile = 'x'\n[profiles.x]\ndatabase = {URL}\n",
        f"default_profile = 'x'\n[profiles.x]\ndatabase = '{URL}\n",
        f"{URL}\n",
        f"default_profile = 'x'\nprofiles.x = '{URL}'\n",
        f"default_profile = 'x'\n[profiles.x]\ndatabase = '{URL}'\n",
    ):
        path.write_text(text)
        result = run("list", env={"ORDERCLI_CONFIG": str(path), "ORDERCLI_DEBUG": "1"})
        assert result.exit_code in (1, 2)
        assert CANARY not in result.stdout + result.stderr


def test_completion_is_silent() -> None:
    for location in MALFORMED[::20]:
        if "\n" in location:
            continue
        env = {"_ORDERCLI_COMPLETE": "bash", "ORDERCLI_DATABASE": location}
        result = run_process("4", "ordercli", "list", "-u", "x", env=env)
        assert CANARY.encode() not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("FATAL:  authentification par mot de passe ?chou?e pour l'utilisateur  << u >>", "login"),
        ("FATAL:  la base de donn?es << x >> n'existe pas", "name of the database"),
    ],
)
def test_what_a_french_server_refuses(said: str, told: str) -> None:
    error = psycopg.OperationalError(f"connection failed: {said}")
    assert told in str(explained(error, "the database", URL))
