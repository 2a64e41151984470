"""What it costs to spread the orders over two more servers."""

from __future__ import annotations

from data import fill_postgresql
from harness.federation import federated as spread
from harness.postgres_server import PostgresServer, WheelServer
from measure import table
from places import Place, ordercli

_WORKS = {
    "list": ["list", "--format", "table", "--limit", "50"],
    "list -u user5@example.org": [
        "list",
        "-f",
        "table",
        "--limit",
        "50",
        "-u",
        "user5@example.org",
    ],
    "list -s running": ["list", "--format", "table", "--limit", "50", "-s", "running"],
    "summary": ["summary"],
    "pause --dry-run of 3 in 100,000": ["pause", "-u", "user5@example.org", "-s", "running", "-n"],
}


def measured(place: Place, orders: int) -> str:
    """The same work on orders that are spread, beside one server."""
    wheels = [WheelServer(), WheelServer()]
    try:
        database = spread(place.server, [PostgresServer(wheel.url) for wheel in wheels])
        fill_postgresql(database.location, orders)
        alone = place.location("postgresql", orders)
        rows = [
            [
                name,
                *place.in_turn(
                    *(ordercli(*words, location=url) for url in (database.location, alone))
                ),
            ]
            for name, words in _WORKS.items()
        ]
    finally:
        for wheel in wheels:
            wheel.stop()
    return table([f"{orders:,} orders on two more servers", "s", "x of one server", "MB"], rows)
