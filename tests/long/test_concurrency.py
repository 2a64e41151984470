"""Every order in which two parties' steps can fall, many writers at once, kills and cuts."""

from __future__ import annotations

import random
import re
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import Engine, event, select

from harness.changes import batches_of, new_change
from harness.contention import fill, in_background, states
from harness.postgres_server import connected
from harness.program import run
from operations import test_concurrency as short
from operations.test_kills import killed
from operations.test_lost_server import cut_everywhere
from ordercli.base.limits import Limits
from ordercli.domain.selection import Selection
from ordercli.domain.status import PAUSE, RESUME, Outcome
from ordercli.operations.plan import make_plan
from ordercli.store import schema
from ordercli.store.database import Database
from ordercli.store.tables import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


BLOCKED_SECONDS = 0.04
"""A step that takes longer waits for the other party."""

FINISH = "UPDATE t_order SET status = 'DONE' WHERE id = 1 AND status = 'RUNNING'"
WRITE_BACK = "UPDATE t_order SET status = 'DONE' WHERE id = 1"


class Party:
    """Work in steps, each of which has to be allowed; it has ended once ``over`` is set."""

    def __init__(self, work: Callable[[Party], None]) -> None:
        self._allowed = threading.Semaphore(0)
        self._arrived = threading.Event()
        self.over = threading.Event()
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(work,))
        self.thread.start()

    def step(self) -> None:
        """Wait until the next step is allowed."""
        self._arrived.set()
        self._allowed.acquire()

    def allow(self) -> None:
        """Let it do a step, and wait until it is done or blocked."""
        self._arrived.wait(BLOCKED_SECONDS)
        self._arrived.clear()
        self._allowed.release()
        self._arrived.wait(BLOCKED_SECONDS)

    def finish(self) -> None:
        """Let it do all that is left."""
        for _ in range(50):
            self._allowed.release()

    def _run(self, work: Callable[[Party], None]) -> None:
        try:
            work(self)
        except BaseException as error:
            self.failure = error
        finally:
            self.over.set()
            self._arrived.set()


class Ended(NamedTuple):
    """What became of the order: by whom it was changed, and how it ended."""

    status: str
    outcome: str
    recorded: int
    finished: int


@pytest.fixture
def steps() -> Iterator[Callable[[Party], None]]:
    """A function that makes every statement and commit of this thread a step of a party."""
    parties: dict[int, Party] = {}

    def before(*_: Any) -> None:
        if party := parties.get(threading.get_ident()):
            party.step()

    def follow(party: Party) -> None:
        parties[threading.get_ident()] = party

    for name in ("before_cursor_execute", "commit"):
        event.listen(Engine, name, before)
    yield follow
    for name in ("before_cursor_execute", "commit"):
        event.remove(Engine, name, before)


@pytest.mark.parametrize("write", [FINISH, WRITE_BACK], ids=["finishes", "writes back"])
def test_every_interleaving_with_a_service(
    database: Database,
    dialect: str,
    steps: Callable[[Party], None],
    write: str,
    figure: Callable[[int, str], None],
) -> None:
    """The end is one of those that are possible when one comes after the other."""
    alone = _played(database, steps, write, "")
    ours, services = alone[1], 3
    tried = 0
    ends: Counter[Ended] = Counter()
    for places in combinations(range(ours + services), services):
        order = "".join("s" if place in places else "o" for place in range(ours + services))
        ended, _ = _played(database, steps, write, order)
        ends[ended] += 1
        tried += 1
    service_first = Ended("DONE", "refused", 0, 1)
    if write == FINISH:
        possible = {service_first, Ended("PAUSED", "changed", 1, 0)}
    else:  # it writes whatever is there: ours may be written over, but never its own
        possible = {service_first, Ended("DONE", "changed", 1, 1)}
    assert set(ends) <= possible, ends
    assert len(ends) == 2
    figure(
        2,
        f"{dialect}, a service that {'finishes' if write == FINISH else 'writes back'}: "
        f"{tried} interleavings of {ours} and {services} steps, 0 lost updates",
    )


def _played(
    database: Database, steps: Callable[[Party], None], write: str, order: str
) -> tuple[Ended, int]:
    """Play the two parties in an order of their steps; the end, and the number of our steps."""
    fill(database, 1, "RUNNING")
    outcomes: list[Outcome] = []
    finished: list[int] = []
    mine = [0]

    def pause(party: Party) -> None:
        counted = party.step

        def step() -> None:
            mine[0] += 1
            counted()

        party.step = step  # type: ignore[method-assign]  # it also counts
        steps(party)
        plan = make_plan(database, PAUSE, Selection(ids=(1,)), direct=True)
        change = new_change(PAUSE)
        for batch in batches_of(database, change, plan):
            outcomes.extend(each.outcome for each in batch)

    def serve(party: Party) -> None:
        finished.append(_service(database, party, write))

    parties = {"o": Party(pause), "s": Party(serve)}
    for each in order:
        parties[each].allow()
    for party in parties.values():
        party.finish()
    for party in parties.values():
        party.thread.join(30)
        assert party.failure is None, (order, party.failure)
    status, recorded = states(database)[1]
    return Ended(status, outcomes[0].value, recorded, finished[0]), mine[0]


def _service(database: Database, party: Party, write: str) -> int:
    """Begin, write, commit, as a service does; how many orders it wrote."""
    connection: Any
    if database.path is None:
        connection = connected(database.location, autocommit=True)
    else:
        connection = sqlite3.connect(
            database.location, isolation_level=None, check_same_thread=False, timeout=20
        )
    with closing(connection):
        party.step()
        connection.execute("BEGIN" if database.path is None else "BEGIN IMMEDIATE")
        party.step()
        number: int = connection.execute(write).rowcount
        party.step()
        connection.execute("COMMIT")
        return number


def test_a_service_writes_back_what_it_read_before(
    service_database: Database, figure: Callable[[int, str], None]
) -> None:
    """Half of the rows, each at a random moment of the second after the change."""
    number = 500
    schema.initialise(service_database)
    fill(service_database, number, "RUNNING")
    chance = random.Random(short.SEED)
    written_back = sorted(chance.sample(range(1, number + 1), number // 2))

    def serve() -> None:
        moments = sorted(chance.uniform(0, 1) for _ in written_back)
        with connected(service_database.location, autocommit=True) as connection:
            read: dict[int, str] = dict(
                connection.execute("SELECT id, status FROM t_order").fetchall()
            )
            while connection.execute("SELECT FROM t_order WHERE status = 'RUNNING'").rowcount:
                time.sleep(0.01)
            begun = time.monotonic()
            in_any_order = chance.sample(written_back, len(written_back))
            for order_id, moment in zip(in_any_order, moments, strict=True):
                time.sleep(max(0, begun + moment - time.monotonic()))
                write = "UPDATE t_order SET status = %s WHERE id = %s"
                connection.execute(write, (read[order_id], order_id))

    with in_background(serve):
        words = ("pause", "-u", "*", "--yes", "--direct", "-q")
        settling = Limits(settling_seconds=4)  # other tests keep this service from its work
        result = run(*words, database=service_database, limits=settling)
    assert result.exit_code == 3
    named = re.findall(r"order (\d+) was paused, but is running now", result.stderr)
    assert sorted(map(int, named)) == written_back
    figure(
        2,
        f"a service that writes {len(written_back)} of {number} rows back as it read them before:"
        f" {len(named)} named",
    )


def test_eight_processes_change_two_thousand_orders(
    database: Database, dialect: str, tmp_path: Path, figure: Callable[[int, str], None]
) -> None:
    fill(database, short.BULK)
    ended = short.pause_at_once(database, range(1, short.BULK + 1), tmp_path)
    assert [code for code, _, _ in ended] == [0] * short.PROCESSES
    changed = sum(stdout.count('"changed"') for _, stdout, _ in ended)
    recorded = sum(number for _, number in states(database).values())
    assert changed == recorded == short.BULK
    figure(
        2,
        f"{dialect}: {short.PROCESSES} processes x {short.BULK:,} orders:"
        f" {recorded:,} events = {changed:,} changes",
    )


CHANGES = 300


def _change_often(location: str, number: int) -> None:
    """Pause and resume orders in turn, each change as a run of the program makes it."""
    database = Database(location)
    first = 1 + number * CHANGES // 2
    for turn in range(CHANGES):
        transition = (PAUSE, RESUME)[turn % 2]
        change = new_change(transition, f"{number} {turn}")
        plan = make_plan(database, transition, Selection(ids=(first + turn // 2,)))
        ((result,),) = batches_of(database, change, plan)
        assert result.outcome is Outcome.CHANGED


@pytest.mark.timeout(900)
def test_eight_processes_never_find_the_database_locked(
    sqlite_database: Database, processes: Any, figure: Callable[[int, str], None]
) -> None:
    fill(sqlite_database, short.PROCESSES * CHANGES // 2)
    begun = time.monotonic()
    started = [
        processes.Process(target=_change_often, args=(sqlite_database.location, number))
        for number in range(short.PROCESSES)
    ]
    for each in started:
        each.start()
    for each in started:
        each.join()
    failures = sum(each.exitcode != 0 for each in started)
    assert failures == 0
    with sqlite_database.reading() as connection:
        recorded = len(connection.execute(select(events.c.id)).all())
    assert recorded == short.PROCESSES * CHANGES
    figure(
        3,
        f"{short.PROCESSES} processes x {CHANGES:,} changes in {time.monotonic() - begun:.0f} s:"
        f" {recorded:,} events, {failures} failures",
    )


@pytest.mark.timeout(900)
def test_killed_at_fifty_moments(
    database: Database, dialect: str, processes: Any, figure: Callable[[int, str], None]
) -> None:
    inside = killed(database, dialect, processes, 50)
    assert inside > 10
    figure(
        7,
        f"{dialect}: kill -9 at 50 moments of 3,000 changes in six transactions, {inside} of them"
        " in the middle: 0 statuses without their event, 0 events without their status",
    )


@pytest.mark.usefixtures("impatient")
def test_cut_at_every_message(
    postgresql_database: Database,
    figure: Callable[[int, str], None],
) -> None:
    runs = cut_everywhere(postgresql_database, 14)
    assert runs >= 50
    figure(7, f"cut at each message, before it or before its answer: {runs} runs, 0 false reports")
