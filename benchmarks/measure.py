"""Whole processes, run in turn so that a machine that drifts does so for all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Command:
    """What to run, and what is special in its environment."""

    words: Sequence[str]
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Figures:
    """Of several runs of one command: median seconds, and the most memory in bytes."""

    seconds: float
    memory: int


def in_turn(commands: Sequence[Command], runs: int) -> list[Figures]:
    """Each command's figures, from so many rounds after one that is not counted."""
    rounds = [[_run(command) for command in commands] for _ in range(runs + 1)][1:]
    return [
        Figures(
            statistics.median(each.seconds for each in column), max(each.memory for each in column)
        )
        for column in zip(*rounds, strict=True)
    ]


def table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _run(command: Command) -> Figures:
    with Path(os.devnull).open("wb") as nowhere:
        begun = time.perf_counter()
        process = subprocess.Popen(
            list(command.words), stdin=subprocess.DEVNULL, stdout=nowhere, stderr=subprocess.PIPE,
            env={**os.environ, **(command.env or {})},
        )  # fmt: skip
        assert process.stderr
        with process.stderr as stream:
            said = stream.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command.words[0]} ended with {process.returncode}: {said.decode()}")
    return Figures(seconds, usage.ru_maxrss * 1024)
