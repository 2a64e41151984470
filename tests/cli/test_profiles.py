"""``ordercli profiles``: which there are, which is used and why, whether they answer."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.configuration import configured
from harness.network import hanging_server, on_hanging_server
from harness.program import run
from ordercli.base.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.site import Site
    from ordercli.store.database import Database

SECRETS = ("canary", "se:cr%2Fet", "x@y")


def profiles(env: Mapping[str, str | None], *words: str) -> dict[str | None, dict[str, Any]]:
    """The rows of the command by the name of their profile."""
    rows = json.loads(run("profiles", "-f", "json", *words, env=env).stdout)
    return {row["profile"]: row for row in rows}


CONFIGURATION = """
default_profile = "prod"
[profiles.prod]
database = "postgresql://ops:se:cr%2Fet@db.example,other:5433/prod?password=x@y&sslmode=require"
service = "https://regards.example"
project = "prod"
client_secret = "canary"
read_only = true
[profiles.test]
database = "test.db"
[profiles.broken]
databse = "test.db"
[profiles.strange]
database = "host=db.example password=canary"
"""


def test_which_there_are_and_no_secret_of_any(tmp_path: Path) -> None:
    env = configured(tmp_path, CONFIGURATION)
    found = profiles(env)
    assert found["prod"] == {
        "profile": "prod", "used": "default_profile",
        "database": "postgresql://ops@db.example,other:5433/prod",
        "service": "https://regards.example", "read_only": "yes", "problem": None,
    }  # fmt: skip
    assert found["test"]["database"] == "test.db"
    assert found["test"]["read_only"] == "no"
    assert "did you mean 'database'?" in found["broken"]["problem"]
    assert found["strange"]["database"] == "***"
    for style in ("table", "json", "csv", "github", "tsv", "jsonl"):
        result = run("profiles", "-f", style, env=env)
        assert (result.exit_code, result.stderr) == (0, "")
        assert not [each for each in SECRETS if each in result.stdout]


@pytest.mark.parametrize(
    ("words", "variables", "used"),
    [
        ((), {}, ("prod", "default_profile")),
        (("--profile", "test"), {"ORDERCLI_DATABASE": "x.db"}, ("test", "--profile")),
        ((), {"ORDERCLI_PROFILE": "test"}, ("test", "ORDERCLI_PROFILE")),
        ((), {"ORDERCLI_DATABASE": "x.db"}, (None, "ORDERCLI_DATABASE")),
        (("-d", "x.db", "--profile", "test"), {}, (None, "--database")),
        ((), {"ORDERCLI_CONFIG": None}, (None, "embedded")),
    ],
)
def test_which_is_used_and_why(
    tmp_path: Path,
    words: tuple[str, ...],
    variables: dict[str, str | None],
    used: tuple[str | None, str],
) -> None:
    env = {**configured(tmp_path, CONFIGURATION), **variables}
    found = profiles(env, *words)
    assert [(name, row["used"]) for name, row in found.items() if row["used"]] == [used]


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    result = run("profiles", "--profile", "tset", env=configured(tmp_path, CONFIGURATION))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "did you mean 'test'?" in result.stderr


def test_each_is_tried_and_one_that_hangs_takes_its_own_time(
    page: Database, tmp_path: Path
) -> None:
    hanging = [f"hangs{number}" for number in range(8)]
    with hanging_server() as port:
        text = (f'[profiles.good]\ndatabase = "{page.location}"\n'
                f"{on_hanging_server(port, *hanging)}"
                f'[profiles.none]\ndatabase = "{tmp_path / "none.db"}"\n'
                "[profiles.broken]\n")  # fmt: skip
        env = configured(tmp_path, text)
        began = time.monotonic()
        result = run("profiles", "--check", "-f", "json", env=env, limits=Limits(connect_seconds=2))
        assert time.monotonic() - began < 14  # one after the other, they would take sixteen
    assert result.exit_code == 1
    found = {row["profile"]: row for row in json.loads(result.stdout)}
    assert found["good"]["problem"] is None
    assert found["good"]["server"].startswith(("SQLite", "PostgreSQL"))
    assert all(found[name]["problem"] for name in (*hanging, "none", "broken"))
    assert "canary" not in result.stdout
    env = configured(tmp_path, f'[profiles.good]\ndatabase = "{page.location}"\n')
    assert run("profiles", "--check", "--profile", "good", env=env).exit_code == 0


def test_a_service_is_tried_without_a_login(site: Site) -> None:
    result = site.run("profiles", "--check", "-f", "json")
    assert (result.exit_code, json.loads(result.stdout)[0]["problem"]) == (0, None)
    assert site.service.logins == 0
    path = Path(site.env["ORDERCLI_CONFIG"])
    path.write_text(path.read_text().replace(site.service.url, "https://127.0.0.1:1"))
    result = site.run("profiles", "--check", "-f", "json")
    assert "does not answer" in json.loads(result.stdout)[0]["problem"]
    assert result.exit_code == 1
