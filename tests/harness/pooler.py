"""Debian's PgBouncer in front of a database: one connection to the server, which many share."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import conninfo_to_dict

from harness.postgres_server import _free_port, _unprivileged_account

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 10


@contextmanager
def pooled(url: str, mode: str, connections: int = 1) -> Iterator[str]:
    """The URL of the database through a pooler in this mode, ``session`` or ``transaction``."""
    named = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    folder = Path(tempfile.mkdtemp(prefix="ordercli-pooler-", dir="/tmp"))
    port = _free_port()
    (folder / "users").write_text(f'"{named["user"]}" "{named["password"]}"\n')
    (folder / "pooler.ini").write_text(
        f"[databases]\n* = host={named['host']} port={named['port']}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users'}\npool_mode = {mode}\n"
        f"default_pool_size = {connections}\nlogfile = {folder / 'log'}\npidfile =\n"
    )
    account = _unprivileged_account()
    if account:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account["user"], account["group"])
    program = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin")
    assert program, "install pgbouncer"
    process = subprocess.Popen(
        [program, "-q", folder / "pooler.ini"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **account,
    )  # fmt: skip
    try:
        _wait_for(port, folder / "log")
        login = f"{named['user']}:{named['password']}"
        yield f"postgresql://{login}@127.0.0.1:{port}/{named['dbname']}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"pgbouncer does not start: {log.read_text()}")
        time.sleep(0.05)
