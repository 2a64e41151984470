"""The program at one chosen system call: strace makes that call fail, or sends a signal at it.

It is loaded once, and each run is a copy of the loaded one: what is struck is a run, not a start.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

from harness.program import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ordercli.store.database import Database

_LOADED = """
import json, os, sys
from ordercli.cli.app import main

def run():
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)

asked, told = sys.stdin, sys.stdout
sys.argv = ["ordercli", *json.loads(sys.argv[1])]
sys.stdout = open(os.devnull, "w")
run()
for line in asked:
    child = os.fork()
    if child == 0:
        sys.stderr = open(line.strip(), "w", buffering=1)
        print(os.getpid(), file=told, flush=True)
        os.read(0, 1)
        code = 70
        try:
            code = run()
        finally:
            os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=told, flush=True)
"""

OLD = "as it was\n"
"""What a file holds before it is written again."""

# What ends a run, and what a run can't fail at.
_SPARED = {"exit_group", "rt_sigreturn", "restart_syscall", "exit", "kill"}
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\(", re.MULTILINE)


class Call(NamedTuple):
    """A system call of a run: the one of this name with this number, from 1."""

    name: str
    number: int


class Struck(NamedTuple):
    """How a run ended; minus the signal's number where a signal ended it."""

    exit_code: int
    stderr: str


class LoadedProgram:
    """The program, loaded and ready to run these words again and again; a context manager."""

    def __init__(self, words: Sequence[object], database: Database, directory: Path) -> None:
        self._stderr = directory / "stderr"
        self._log = directory / "strace"
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-c", _LOADED, json.dumps([str(word) for word in words])],
            env=environment(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)

    def calls(self) -> list[Call]:
        """The system calls of a run that nothing befalls, in order."""
        assert self._traced([]).exit_code == 0
        numbers: Counter[str] = Counter()
        found = []
        for name in _CALL.findall(self._log.read_text()):
            numbers[name] += 1
            if name not in _SPARED:
                found.append(Call(name, numbers[name]))
        return found[1:]  # the first one waits for its start

    def struck(self, call: Call, blow: str) -> Struck:
        """A run that is struck at a call: ``error=EIO``, or ``signal=SIGKILL``."""
        return self._traced(["-e", f"inject={call.name}:{blow}:when={call.number}"])

    def _traced(self, options: Sequence[str]) -> Struck:
        assert self._process.stdin
        self._process.stdin.write(f"{self._stderr}\n".encode())
        process = self._answer()
        with subprocess.Popen(
            ["strace", "-p", str(process), "-o", self._log, *options],
            stderr=subprocess.PIPE, text=True,
        ) as tracer:  # fmt: skip
            assert tracer.stderr
            assert "attached" in tracer.stderr.readline()
            self._process.stdin.write(b"\n")
            code = self._answer()
        return Struck(code, self._stderr.read_text())

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


class Export(NamedTuple):
    """An export that can be struck, into a directory of its own."""

    program: LoadedProgram
    calls: list[Call]
    target: Path
    new: str


@contextmanager
def struck_export(database: Database, directory: Path) -> Iterator[Export]:
    """A report of the database, whole at first, to be struck."""
    target = directory / "reports" / "orders.csv"
    target.parent.mkdir()
    with LoadedProgram(["summary", "-o", target], database, directory) as program:
        calls = program.calls()
        yield Export(program, calls, target, target.read_text())


def strike(export: Export, call: Call, blow: str) -> Struck:
    """Strike one run, and check that it leaves the old file or the new one, and nothing else."""
    export.target.write_text(OLD)
    ended = export.program.struck(call, blow)
    case = (call, blow, ended)
    left = export.target.read_text()
    assert left in (OLD, export.new), case
    assert ended.exit_code or left == export.new, case
    others = [each for each in export.target.parent.iterdir() if each != export.target]
    for each in others:
        each.unlink()
    assert not others or ended.exit_code < 0, case  # nothing cleans up after kill -9
    assert "Traceback" not in ended.stderr, case
    assert ended.stderr.count("\n") <= 1, case
    if left == OLD and ended.exit_code == 1:
        assert ended.stderr.startswith("ordercli: "), case
        assert "written" not in ended.stderr, case
    if left == export.new and ended.exit_code == 1:
        assert "nothing was changed" not in ended.stderr, case
    return ended
