"""How long to wait and how much to do at a time: one value, handed in from the top."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The waits, in seconds, and the sizes of batches, in orders, that one run keeps to."""

    connect_seconds: int = 10
    """For a connection to PostgreSQL, each host; the driver takes whole seconds, 2 at least."""

    kept_connection_seconds: float = 30.0
    """After its login, before a connection to PostgreSQL is no longer used for what comes next."""

    silent_seconds: float = 10.0
    """Without a byte from PostgreSQL, after which it is asked for a sign of life."""

    sign_of_life_seconds: float = 5.0
    """For that sign, before the server counts as frozen."""

    lock_seconds: float = 3.0
    """For a lock when changing: the service must not wait behind a change that itself waits."""

    reading_lock_seconds: float = 30.0
    """For a lock when reading: only a change of the tables themselves keeps a reader waiting."""

    busy_seconds: float = 30.0
    """For a SQLite file that another program holds."""

    retry_pauses_seconds: tuple[float, ...] = (0.2, 0.4, 0.8)
    """Between the tries of what failed for a lock, a deadlock or a lost connection."""

    settling_seconds: float = 1.2
    """Before changed orders are looked at again: the service goes over its orders once a second."""

    appearance_pauses_seconds: tuple[float, ...] = (0.2, 0.4, 0.8, 1.6)
    """Between the looks for an order that the live service makes a little later than it answers."""

    service_connect_seconds: float = 10.0
    """For a connection to the live service."""

    service_answer_seconds: float = 30.0
    """For a whole answer of the live service, its headers and its body."""

    service_jobs: int = 4
    """Orders that the live service is asked for at a time."""

    jobs_seconds: float = 300.0
    """For the jobs of a paused order to end, before it can be cancelled or resumed."""

    jobs_pauses_seconds: tuple[float, float] = (0.1, 10.0)
    """Between looks whether they have ended: the first, and the longest; each is twice the last."""

    deaf_seconds: float = 0.4
    """After a question has opened full screen: keys meant for the page may still come."""

    batch_orders: int = 500
    """Orders that are looked at at once and, on a server, changed in one transaction."""

    sqlite_batch_orders: int = 10_000
    """Orders that one transaction changes in SQLite: every commit waits for the disk."""
