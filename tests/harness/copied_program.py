"""The program, loaded once: each run that its ``launcher`` starts is a copy of the loaded one.

To load it takes many times what a run takes. Its clock stands still and operations are counted in
its home, so that its output is the same at any time. No terminal is a run's own: Ctrl-C does not
reach it. For a real start there is ``program.run_process``.
"""

from __future__ import annotations

import atexit
import gc
import os
import pkgutil
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from select import select
from uuid import NAMESPACE_OID, uuid5

NOW = "2026-03-10T12:00:00+00:00"
"""What its clock shows."""

_LOADED_WHEN_NEEDED = (
    "httpcore", "psycopg", "rich.live", "rich.markup", "rich.padding", "rich.progress",
    "rich.table", "sqlalchemy.dialects.sqlite", "sqlmodel", "tabulate",
)  # fmt: skip
_FULL_SCREEN = "ordercli.top"
_FAILED = 70
_MESSAGE_BYTES = 1 << 20

# A Python that looks for no packages starts at once.
_LAUNCHER = """#!{python} -SE
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
words = [os.getcwd(), str(len(sys.argv)), *sys.argv[1:], *map("=".join, os.environ.items())]
socket.send_fds(server, ["\\0".join(words).encode("utf-8", "surrogateescape")], [0, 1, 2])
sys.exit(int(server.recv(9) or {failed}))
"""


@cache
def launcher() -> str:
    """The script that is the program, in a terminal or off any; its server ends with this one."""
    folder = tempfile.mkdtemp(prefix="ordercli-")
    address = f"{folder}/socket"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        server = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno()), folder],
            stdin=subprocess.PIPE, pass_fds=[listener.fileno()], start_new_session=True,
        )  # fmt: skip
    atexit.register(server.communicate)
    return _LAUNCHER.format(python=sys.executable, address=address, failed=_FAILED)


def _serve(listener: socket.socket) -> None:
    """Make a copy for each that asks, until standard input ends."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select([listener, sys.stdin], [], [])[0]:
        client, _address = listener.accept()
        with client:
            if os.fork() == 0:
                _run(client)


def _load() -> None:
    package = import_module("ordercli")
    for module in pkgutil.walk_packages(package.__path__, "ordercli."):
        if not module.name.startswith(_FULL_SCREEN):
            import_module(module.name)
    for name in _LOADED_WHEN_NEEDED:
        import_module(name)
    gc.freeze()


def _run(client: socket.socket) -> None:
    """Be the run that was asked for, and end."""
    code: object = _FAILED
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _become(client)
        code = _exit_code()
    except BaseException:
        traceback.print_exc()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    client.send(str(code or 0).encode())
    os._exit(0)


def _become(client: socket.socket) -> None:
    """Take the descriptors, the place, the words and the environment of who asked."""
    asked, descriptors, _flags, _sender = socket.recv_fds(client, _MESSAGE_BYTES, 3)
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
        os.close(descriptor)
    # The system closes them.
    sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    place, count, *words = asked.decode("utf-8", "surrogateescape").split("\0")
    arguments, variables = words[: int(count) - 1], words[int(count) - 1 :]
    os.chdir(place)
    sys.argv = ["ordercli", *arguments]
    os.environ.clear()
    for variable in variables:
        name, _sign, value = variable.partition("=")
        os.environ[name] = value
    time.tzset()


def _exit_code() -> object:
    from ordercli.base.limits import Limits
    from ordercli.cli.app import app
    from ordercli.cli.invocation import Invocation
    from ordercli.cli.signals import ended_by_signals
    from ordercli.output.console import Console

    moment = datetime.fromisoformat(NOW)
    run = Invocation(Console.of_process(), lambda: moment, Limits(), _operation)
    try:
        with ended_by_signals(run.console):
            app(prog_name="ordercli", obj=run)
    except SystemExit as ended:
        return ended.code
    return 0


def _operation() -> str:
    with (Path.home() / ".operations").open("a+") as made:
        made.write(".")
        return str(uuid5(NAMESPACE_OID, str(made.tell())))


if __name__ == "__main__":
    try:
        _serve(socket.socket(fileno=int(sys.argv[1])))
    finally:
        shutil.rmtree(sys.argv[2], ignore_errors=True)
