"""Completion as a shell asks for it, and users to complete."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import typer

from harness.fill import add_order
from harness.program import environment
from ordercli.cli.app import app
from ordercli.cli.completion.answer import offers

if TYPE_CHECKING:
    from ordercli.store.database import Database


@cache
def root() -> Any:
    return typer.main.get_command(app)


def offered(*words: str) -> list[str]:
    """What is offered for the last word."""
    return [offer.value for offer in offers(root(), words)]


def completed(
    *words: str, shell: str = "zsh", env: dict[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """A run of the program as a completion script asks for it."""
    return subprocess.run(
        [sys.executable, "-m", "ordercli", *words],
        check=False,
        capture_output=True,
        text=True,
        env=environment(None, {"_ORDERCLI_COMPLETE": shell, **(env or {})}),
        timeout=30,
    )


def add_users(database: Database, names: list[str]) -> None:
    with database.writing() as connection:
        for order_id, name in enumerate(names, 1):
            add_order(connection, order_id, owner=name)
