"""The orders of the live service of the tests: its rules kept over a real database."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import sql

from harness.service_rules import ADMINISTRATORS, BECOMES, LINKS, LONGEST_LABEL, REMOVERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.service_faults import Fault, Odd
    from harness.service_rules import Version

USER = "admin@example.org"

_HOME = "SELECT table_schema FROM information_schema.tables WHERE table_name = 't_order'"


@dataclass
class Behaviour:
    """How the service is to behave; all is well unless a test says otherwise.

    ``job_seconds``: how long the jobs of a running order go on after its pause.
    ``gathering_seconds``: how long the files of a pending order are still gathered after its pause,
    which is then lost. ``retry_seconds``: how long a retried order keeps its status.
    ``hidden`` are orders that this login may not see, ``forbidden`` actions that its role may not.
    ``expired_status`` is the answer to a token that is not accepted, as old gateways differ.
    """

    fault: Callable[[str, int], Fault | Odd | None] = lambda _action, _order: None
    before: Callable[[str, int], None] = lambda _action, _order: None
    job_seconds: float = 0
    gathering_seconds: float = 0
    retry_seconds: float = 0
    pause_seconds: float = 0
    answer_seconds: float = 0
    token_uses: int = 10**9
    token_seconds: int = 3600
    expired_status: int = 401
    while_jobs_end: str | None = None
    refusal: str | None = None
    with_processing: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)
    maintenance: bool = False
    role: str = "PROJECT_ADMIN"
    login_status: int = 200
    login_odd: Odd | None = None


class Reply(NamedTuple):
    """The status of an answer, and its JSON; None for an empty body."""

    status: int
    document: dict[str, Any] | None = None

    @property
    def message(self) -> str:
        """The reason of a refusal; empty without one."""
        return str((self.document or {}).get("messages", [""])[0])


_DONE = Reply(200)


def refused(message: str, status: int = 401) -> Reply:
    """A refusal with its message ("A refusal is 401")."""
    return Reply(status, {"messages": [message]})


class ServiceOrders:
    """What the service does to orders, in the database at ``location``, as one version.

    ``violations`` tell what would have lost data, or done something twice, in the real one.
    """

    def __init__(self, location: str, version: Version, schema: str | None = None) -> None:
        """Connect; ``schema`` is where the orders are, found when it is not given."""
        self.version = version
        self.behaviour = Behaviour()
        self.violations: list[str] = []
        self._connection = psycopg.connect(location, autocommit=True, client_encoding="utf8")
        found = schema or self._connection.execute(_HOME).fetchone()
        home = found if isinstance(found, str) else (found or ("public",))[0]
        self._connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(home)))
        self._lock = threading.Lock()
        self._jobs_end: dict[int, float] = {}
        self._retried: set[int] = set()
        self._timers: list[threading.Timer] = []

    def close(self) -> None:
        """End what was to come later, and the connection."""
        for timer in self._timers:
            timer.cancel()
            timer.join()
        self._connection.close()

    def end_jobs(self) -> None:
        """Let the jobs of all orders have ended."""
        self._jobs_end.clear()

    def end_waits(self) -> None:
        """Let all come now that was to come later."""
        timers, self._timers = self._timers, []
        for timer in timers:
            timer.cancel()
            timer.join()
            timer.function(*timer.args)

    def act(self, action: str, order_id: int, body: dict[str, str] | None = None) -> Reply:
        """Do what a request asks for, as the rules allow."""
        with self._lock, self._connection.transaction():
            row = self._row(order_id)
            if row is None:
                return Reply(404)  # told before rights are looked at
            if action == "look":
                return self._look(order_id, row)
            if action not in self.version.rules:
                self.violations.append(f"{action} is not there in {self.version.name}")
                return Reply(404)
            reply = self._refusal(action, order_id, row)
            if reply is None and action == "restart":
                return self._restart(order_id, row, body or {})
            if reply is None:
                self._carry_out(action, order_id, row["status"])
        return reply or _DONE

    def _row(self, order_id: int) -> dict[str, Any] | None:
        cursor = self._connection.execute(
            "SELECT id, owner, label, status, waiting_for_user FROM t_order"
            " WHERE id = %s FOR UPDATE",
            (order_id,),
        )
        row = cursor.fetchone()
        names = [column.name for column in cursor.description or ()]
        return None if row is None else dict(zip(names, row, strict=True))

    def _manages(self, row: dict[str, Any]) -> bool:
        """Whether this login may change the order ("Who may")."""
        return self.behaviour.role in ADMINISTRATORS or row["owner"] == USER

    def _look(self, order_id: int, row: dict[str, Any]) -> Reply:
        """One order with its links (line "look at one")."""
        if order_id in self.behaviour.hidden or not self._manages(row):
            return Reply(403)
        links = self.version.links_of(
            row["status"],
            self.behaviour.role,
            jobs_run=self._jobs_run(order_id),
            processed=order_id in self.behaviour.with_processing,
        )
        href = f"https://localhost/api/v1/rs-order/user/orders/{order_id}"
        content = {key: row[key] for key in ("id", "owner", "label", "status")}
        content["waitingForUser"] = row["waiting_for_user"]
        forbidden = {LINKS[action] for action in self.behaviour.forbidden}
        shown = [{"rel": rel, "href": href} for rel in links if rel not in forbidden]
        document = {"content": content, "links": shown}
        return Reply(200, document)

    def _refusal(self, action: str, order_id: int, row: dict[str, Any]) -> Reply | None:
        behaviour = self.behaviour
        if action in behaviour.forbidden or (action == "remove" and behaviour.role not in REMOVERS):
            return Reply(403)
        if behaviour.refusal is not None or not self._manages(row):
            return refused(behaviour.refusal or "USER_NOT_ALLOWED_TO_MANAGE_ORDER")
        jobs_run = self._jobs_run(order_id)
        message = self.version.refusal(
            action,
            row["status"],
            jobs_run=jobs_run,
            processed=order_id in behaviour.with_processing,
        )
        early = self.version.rules["cancel"].jobs_message
        if message and message == early and behaviour.while_jobs_end:
            message = behaviour.while_jobs_end
        if not message and action == "cancel" and jobs_run:
            self.violations.append(f"order {order_id} was cancelled while its jobs ran")
        return refused(message) if message else None

    def _restart(self, order_id: int, row: dict[str, Any], body: dict[str, str]) -> Reply:
        """A new order (line "restart")."""
        label = body["label"]
        if len(label) > LONGEST_LABEL:
            return refused("TOO_MANY_CHARACTERS_IN_LABEL", 422)
        made = self._connection.execute(
            "INSERT INTO t_order (id, owner, label, status, status_date, creation_date,"
            " files_in_error, percent_complete, waiting_for_user) SELECT (SELECT max(id) + 1"
            " FROM t_order), owner, %s, 'PENDING', now(), now(), 0, 0, false"
            " FROM t_order WHERE id = %s ON CONFLICT (owner, label) DO NOTHING RETURNING id",
            (label, order_id),
        ).fetchone()
        if made is None:
            return refused("LABEL_NOT_UNIQUE_FOR_OWNER", 422)
        content = {"id": made[0], "owner": row["owner"], "label": label, "status": "PENDING"}
        return Reply(201, {"content": content, "links": []})

    def _carry_out(self, action: str, order_id: int, status: str) -> None:
        behaviour = self.behaviour
        if action == "remove":
            for table, column in (("t_dataset_task", "order_id"), ("t_order", "id")):
                statement = f"DELETE FROM {table} WHERE {column} = %s"
                self._connection.execute(statement.encode(), (order_id,))
            return
        if action == "retry":
            if order_id in self._retried:
                self.violations.append(f"order {order_id} was retried a second time")
            self._retried.add(order_id)
            self._later(behaviour.retry_seconds, order_id, "RUNNING", status)
            return
        if action == "pause" and status == "RUNNING":
            self._jobs_end[order_id] = time.monotonic() + behaviour.job_seconds
        self._later(
            behaviour.pause_seconds if action == "pause" else 0, order_id, BECOMES[action], status
        )
        if action == "pause" and status == "PENDING" and behaviour.gathering_seconds:
            # Line "pause": when its files have been gathered, the order is written back.
            self._later(behaviour.gathering_seconds, order_id, "RUNNING", "PAUSED")

    def _later(self, seconds: float, order_id: int, status: str, before: str) -> None:
        if not seconds:
            self._write(order_id, status, before)
            return
        timer = threading.Timer(seconds, self._write_locked, (order_id, status, before))
        self._timers.append(timer)
        timer.start()

    def _write_locked(self, order_id: int, status: str, before: str) -> None:
        with self._lock:
            self._write(order_id, status, before)

    def _write(self, order_id: int, status: str, before: str) -> None:
        """Write a status; only a cancel changes ``waiting_for_user`` (line "cancel")."""
        if status == "RUNNING":
            self._retried.discard(order_id)
        self._connection.execute(
            "UPDATE t_order SET status = %s, status_date = now() AT TIME ZONE 'UTC',"
            " waiting_for_user = waiting_for_user AND %s <> 'DELETED'"
            " WHERE id = %s AND status = %s",
            (status, status, order_id, before),
        )

    def _jobs_run(self, order_id: int) -> bool:
        return time.monotonic() < self._jobs_end.get(order_id, 0)
