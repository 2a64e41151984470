"""A live service, its database, and an administrator's environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from harness.program import run
from harness.service_orders import USER
from harness.service_server import CLIENT_ID, CLIENT_SECRET, PASSWORD, PROJECT
from ordercli.store.tables import events, orders

if TYPE_CHECKING:
    from pathlib import Path

    from harness.program import Result
    from harness.service_server import ServiceServer
    from ordercli.base.limits import Limits
    from ordercli.store.database import Database


@dataclass(frozen=True)
class Site:
    """A live service, its database, and the environment of an administrator who has a profile."""

    database: Database
    service: ServiceServer
    env: dict[str, str]

    @classmethod
    def of(cls, database: Database, service: ServiceServer, folder: Path) -> Site:
        """The site; ``folder`` takes the configuration file."""
        configuration = folder / "config.toml"
        configuration.write_text(
            f'default_profile = "prod"\n[profiles.prod]\ndatabase = "{database.location}"\n'
            f'service = "{service.url}"\nproject = "{PROJECT}"\nuser = "{USER}"\n'
            f'client_id = "{CLIENT_ID}"\n',
            encoding="utf-8",
        )
        env = {
            "ORDERCLI_CONFIG": str(configuration),
            "ORDERCLI_SERVICE_PASSWORD": PASSWORD,
            "ORDERCLI_CLIENT_SECRET": CLIENT_SECRET,
            "ORDERCLI_ACTOR": "night-shift@ops",
            "SSL_CERT_FILE": str(service.certificates),
        }
        return cls(database, service, env)

    def run(self, *arguments: object, stdin: str | None = None, **env: str | None) -> Result:
        """Run the program in this process."""
        return run(*arguments, stdin=stdin, env={**self.env, **env})

    def run_within(self, limits: Limits, *arguments: object) -> Result:
        """Run the program in this process, with these waits and sizes."""
        return run(*arguments, env=self.env, limits=limits)

    def status(self, order_id: int) -> str | None:
        """The stored status of an order; None where there is no such order."""
        return self.statuses().get(order_id)

    def statuses(self) -> dict[int, str]:
        """The stored status of every order."""
        with self.database.reading() as connection:
            rows = connection.execute(select(orders.c.id, orders.c.status))
            return {row.id: row.status for row in rows}

    def history(self) -> list[tuple[Any, ...]]:
        """Every event: order, action, from, to, actor, reason."""
        event = events.c
        wanted = (event.order_id, event.action, event.from_status, event.to_status, event.actor,
                  event.reason)  # fmt: skip
        with self.database.reading() as connection:
            return [tuple(row) for row in connection.execute(select(*wanted).order_by(event.id))]
