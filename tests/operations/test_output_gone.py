"""The reader of the results goes away, or the disk is full: the change is made all the same."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from harness.contention import fill, states
from harness.program import command, environment

if TYPE_CHECKING:
    from ordercli.store.database import Database

NUMBER = 15_000
PAUSE = command("pause", "-u", "many*", "--yes")


@pytest.mark.parametrize("words", [[], ["-f", "json"]], ids=["lines", "json"])
def test_a_reader_that_goes_away_stops_nothing(database: Database, words: list[str]) -> None:
    fill(database, NUMBER)
    with subprocess.Popen(
        [*PAUSE, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(database)
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        stderr = process.stderr.read()
    assert process.returncode == 141
    assert stderr == (b"ordercli: the reader of the output went away: 15,000 orders were paused\n")
    assert Counter(states(database).values()) == {("PAUSED", 1): NUMBER}


def test_a_full_disk_stops_nothing(database: Database) -> None:
    fill(database, NUMBER)
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        finished = subprocess.run(
            [*PAUSE, "--max", "20000"],
            check=False, stdout=full, stderr=subprocess.PIPE, env=environment(database),
        )  # fmt: skip
    assert finished.returncode == 1
    assert finished.stderr.decode().splitlines() == [
        "ordercli: the output could not be written: 15,000 orders were paused",
        "ordercli: can't write the output: No space left on device; the output is not whole",
    ]
    assert Counter(states(database).values()) == {("PAUSED", 1): NUMBER}


def test_a_closed_stderr_stops_nothing(database: Database) -> None:
    """Not even where every order has something to be said of."""
    fill(database, 700, "DONE")
    ids = "\n".join(str(number) for number in range(1, 701))
    script = '"$@" 2>/dev/full'
    finished = subprocess.run(
        ["sh", "-c", script, "sh", *command("resume", "-", "-f", "json")],
        check=False, capture_output=True, env=environment(database), input=ids.encode(),
    )  # fmt: skip
    assert finished.returncode == 3
    assert len(json.loads(finished.stdout)) == 700


def test_results_are_there_as_soon_as_they_are_certain(postgresql_database: Database) -> None:
    """The server goes away after the second batch: what was committed has been told."""
    from harness.cable import Cable, CommitOf

    database = postgresql_database
    fill(database, 1200)
    with Cable(database, CommitOf(3), delivered=False, for_good=True) as cable:
        finished = subprocess.run(
            [*command("pause", "-u", "many*", "--yes", "-f", "json")],
            check=False, capture_output=True, env=environment(cable.location),
        )  # fmt: skip
    assert finished.returncode == 1
    assert "1,000 of 1,200 orders done, orders 1001 to 1200 are unknown" in finished.stderr.decode()
    told = [each["id"] for each in json.loads(finished.stdout) if each["outcome"] == "changed"]
    assert told == list(range(1, 1001))
    assert Counter(states(database).values()) == {("PAUSED", 1): 1000, ("PENDING", 0): 200}
