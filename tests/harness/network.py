"""Servers that are of no use."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def hanging_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def on_hanging_server(port: int, *profiles: str) -> str:
    """These profiles, each with a database there; an attempt takes two seconds at least."""
    database = f'database = "postgresql://x:canary@127.0.0.1:{port}/x"'
    return "".join(f"[profiles.{each}]\n{database}\n" for each in profiles)
