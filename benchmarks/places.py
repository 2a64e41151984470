"""Where databases to measure are made, and the program that is run on them."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from data import fill_postgresql, fill_sqlite
from harness.postgres_server import PostgresServer, WheelServer
from measure import Command, in_turn
from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL, MIDDLE, LARGE = 10_000, 1_000_000, 10_000_000
WITH_FILES = 100_000
"""Orders of a database that a million files are added to."""

ORDERS_FOUND = {"PGOPTIONS": "-c search_path=order_,public"}
"""For `psql`, which looks for a service's orders nowhere else."""

PROGRAMS = Path(sys.executable).parent
_SERVICE_SCHEMA = Path(__file__).parent.parent / "tests" / "harness" / "schemas" / "service-2.0.sql"


@dataclass
class Place:
    """Where databases are made: by kind and number of orders, each when it is first asked for."""

    folder: Path
    server: PostgresServer
    runs: int

    def __post_init__(self) -> None:
        self._made: dict[tuple[str, int], str] = {}

    def location(self, kind: str, orders: int) -> str:
        """The database of this kind (sqlite, postgresql or service) with so many orders."""
        if (kind, orders) not in self._made:
            sys.stderr.write(f"making {orders:,} orders ({kind})\n")
            self._made[kind, orders] = self._make(kind, orders)
        return self._made[kind, orders]

    def _make(self, kind: str, orders: int) -> str:
        if kind == "sqlite":
            path = self.folder / f"{orders}.db"
            fill_sqlite(path, orders)
            return str(path)
        url = self.server.create_database()
        if kind == "postgresql":
            schema.initialise(Database(url))
        else:
            self.server.execute(url, _SERVICE_SCHEMA.read_text(encoding="utf-8"))
        fill_postgresql(url, orders)
        return url

    def in_turn(self, *commands: Command) -> list[str]:
        """Seconds of the first, then the ratio to each of the others and its own memory."""
        ours, *others = in_turn(commands, self.runs)
        ratios = [f"{ours.seconds / other.seconds:.2f}" for other in others]
        memories = [f"{each.memory / 1e6:.0f}" for each in (ours, *others)]
        return [f"{ours.seconds:.3f}", " / ".join(ratios), " / ".join(memories)]


def ordercli(*words: str, location: str = "", env: dict[str, str] | None = None) -> Command:
    """The program, on a database."""
    return Command(
        [str(PROGRAMS / "ordercli"), *words], env={"ORDERCLI_DATABASE": location, **(env or {})}
    )


@contextmanager
def place_of(runs: int) -> Iterator[Place]:
    """A folder and a server for all databases, gone at the end."""
    with ExitStack() as closing:
        folder = closing.enter_context(tempfile.TemporaryDirectory())
        wheel = WheelServer()
        closing.callback(wheel.stop)
        yield Place(Path(folder), PostgresServer(wheel.url), runs)
