"""A password that must never be seen again, in URLs that are wrong in many ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperArgument

from harness.program import run
from ordercli.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY = "canary-5ecret"
_C = CANARY

MALFORMED = (
    # what comes before the user
    f"mysql://u:{_C}@127.0.0.1/orders",
    f"http://u:{_C}@127.0.0.1/orders",
    f"POSTGRES://u:{_C}@127.0.0.1/orders",
    f"PostgreSQL://u:{_C}@127.0.0.1/orders",
    f" postgresql://u:{_C}@127.0.0.1/orders",
    f"postgresql+asyncpg://u:{_C}@127.0.0.1/orders",
    f"postgresql+psycopg2://u:{_C}@127.0.0.1/orders",
    f"postgresql:/u:{_C}@127.0.0.1/orders",
    f"postgresql:u:{_C}@127.0.0.1/orders",
    f"postgresql//u:{_C}@127.0.0.1/orders",
    f"://u:{_C}@127.0.0.1/orders",
    f"//u:{_C}@127.0.0.1/orders",
    f"u:{_C}@127.0.0.1:5432/orders",
    f"sqlite://u:{_C}@127.0.0.1/orders",
    f"sqlite:u:{_C}@127.0.0.1/orders",
    f"jdbc:postgresql://127.0.0.1/orders?user=u&password={_C}",
    f"psql postgresql://u:{_C}@127.0.0.1/orders",
    f"'postgresql://u:{_C}@127.0.0.1:1/orders'",
    f"DATABASE_URL=postgresql://u:{_C}@127.0.0.1:1/orders",
    f"PGPASSWORD={_C} psql postgresql://u@127.0.0.1:1/orders",
    f"u:{_C}@://127.0.0.1/orders",
    f"postgres/u:{_C}@127.0.0.1/orders",
    # in the password itself
    f"postgres://u:{_C}%zz@127.0.0.1:1/orders",
    f"postgres://u:%zz{_C}@127.0.0.1:1/orders",
    f"postgresql://u:{_C}%@127.0.0.1:1/orders",
    f"postgresql://u:{_C}%00@127.0.0.1:1/orders",
    f"postgresql://u:{_C}%ff@127.0.0.1:1/orders",
    f"postgresql://u:{_C}@{_C}@127.0.0.1:1/orders",
    f"postgresql://u:a@{_C}@127.0.0.1:1/orders",
    f"postgresql://u:a/{_C}@127.0.0.1:1/orders",
    f"postgresql://127.0.0.1:{_C}/b@127.0.0.1:1/orders",
    f"postgresql://u:a?{_C}@127.0.0.1:1/orders",
    f"postgresql://u:a#{_C}@127.0.0.1:1/orders",
    f"postgresql://u:a {_C}@127.0.0.1:1/orders",
    f"postgresql://u:a\n{_C}@127.0.0.1:1/orders",
    f"postgresql://u:{_C}:{_C}@127.0.0.1:1/orders",
    f"postgresql://u:[{_C}]@127.0.0.1:1/orders",
    f"postgresql://:{_C}@127.0.0.1:1/orders",
    # after it
    f"postgresql://u:{_C}@[::1/orders",
    f"postgresql://u:{_C}@::1/orders",
    f"postgresql://u:{_C}@127.0.0.1:99999/orders",
    f"postgresql://u:{_C}@127.0.0.1:-1/orders",
    f"postgresql://u:{_C}@127.0.0.1:port/orders",
    f"postgresql://u:{_C}@127.0.0.1:1/orders?sslmode=nosuch",
    f"postgresql://u:{_C}@127.0.0.1:1/orders?nosuch=1",
    f"postgresql://u:{_C}@127.0.0.1:1/orders?connect_timeout=soon",
    f"postgresql://u:{_C}@127.0.0.1:1,127.0.0.1:2/orders",
    f"postgresql://u:{_C}@127.0.0.1:1:2/orders",
    f"postgresql://u:{_C}@127.0.0.1:1/orders?target_session_attrs=nosuch",
    f"postgresql://u:{_C}@no host.invalid:1/orders",
    f"postgresql://u:{_C}@:1/orders?host=/no/such/directory",
    f"postgresql://u:{_C}",
    f"postgresql://127.0.0.1:{_C}",
    f"postgresql://127.0.0.1:{_C}/orders",
    f"postgresql://u:{_C}@127.0.0.1:1/orders?service=nosuch",
    # in the parameters
    f"postgresql://u:p@127.0.0.1:1/orders?password={_C}&nosuch",
    f"postgresql://u@127.0.0.1:1/orders?password={_C}",
    f"postgresql://u@127.0.0.1:1/orders?PASSWORD={_C}",
    f"postgresql://u@127.0.0.1:1/orders?passwd={_C}",
    f"postgresql://u@127.0.0.1:1/orders?pass%77ord={_C}",
    f"postgresql://u@127.0.0.1:1/orders?password={_C}=1",
    f"postgresql://u@127.0.0.1:1/orders?sslpassword={_C}&sslkey=/no/such/key",
    f"postgresql://u@127.0.0.1:1/orders&password={_C}",
    f"postgresql://u@127.0.0.1:1/orders;password={_C}",
    f"postgresql://u@127.0.0.1:1/orders?options=-c%20x={_C}&password={_C}%zz",
    # not a URL at all
    f"host=127.0.0.1 port=1 password={_C}",
    f"password={_C} host=127.0.0.1 port=1",
    f"host = 127.0.0.1 password = {_C}",
)
"""Locations that name no database, each with the canary as a part of its password."""


def every_command() -> Iterator[list[str]]:
    """The words of every command of the program, with what it requires."""
    yield from _commands(typer.main.get_command(app), [])


def _commands(command: Any, words: list[str]) -> Iterator[list[str]]:
    below = getattr(command, "commands", None)
    for name, each in (below or {}).items():
        yield from _commands(each, [*words, name])
    if below is None:
        yield [*words, *_required(command)]


def _required(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, TyperArgument):
            yield "1"
        elif parameter.required:
            yield from (parameter.opts[0], "done")


def check_silence(words: list[str], *locations: str) -> None:
    """Run a command there, which has to fail without a word of the canary, in every way."""
    for location in locations:
        for debug in ("", "1"):
            result = run(*words, "-d", location, env={"ORDERCLI_DEBUG": debug})
            assert CANARY not in result.stdout + result.stderr, (words, location)
            if words == ["profiles"]:  # it shows them, and what is wrong with each
                continue
            assert result.exit_code in (1, 2), (words, location)
            assert result.stdout == "", (words, location)
            assert "\nordercli: " in f"\n{result.stderr}"
