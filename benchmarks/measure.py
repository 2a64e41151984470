"""Whole processes, run in turn so that a machine that drifts does so for all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
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
    rounds = [[run(command) for command in commands] for _ in range(runs + 1)][1:]
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


def environment() -> dict[str, str]:
    """That of this process, but for settings of Python that would keep it from its compiled files.

    An installed program has those; one that is run from its sources makes them when first run.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
    }


def run(command: Command) -> Figures:
    """One run, under GNU time: what this process itself has grown to would count as the child's."""
    with tempfile.NamedTemporaryFile("r") as told, Path(os.devnull).open("wb") as nowhere:
        begun = time.perf_counter()
        finished = subprocess.run(
            ["/usr/bin/time", "-q", "-o", told.name, "-f", "%M", *command.words],
            check=False, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=subprocess.PIPE,
            env={**environment(), **(command.env or {})},
        )  # fmt: skip
        seconds = time.perf_counter() - begun
        kilobytes = told.read()
    if finished.returncode:
        said = finished.stderr.decode()
        raise SystemExit(f"{command.words[0]} ended with {finished.returncode}: {said}")
    return Figures(seconds, int(kilobytes) * 1024)
