"""Poolers of connections in front of a database, as Debian has them: PgBouncer and pgpool."""

from __future__ import annotations

import os
import shutil
import signal
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
    from contextlib import AbstractContextManager

_START_SECONDS = 30
_PGBOUNCER = """
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {connections}
logfile = {folder}/log
pidfile =
"""
_PGPOOL = """
backend_clustering_mode = '{mode}'
backend_hostname0 = '{host}'
backend_port0 = {server_port}
listen_addresses = '127.0.0.1'
port = {port}
socket_dir = '{folder}'
pcp_listen_addresses = ''
pcp_socket_dir = '{folder}'
pool_passwd = '{folder}/users'
enable_pool_hba = on
num_init_children = {connections}
pid_file_name = '{folder}/pid'
logdir = '{folder}'
memqcache_total_size = 1MB
sr_check_period = 0
"""
"""What it keeps of the answers to its own questions takes 64 MB unless it is told."""
_STANDBY = """
backend_flag0 = 'ALWAYS_PRIMARY'
backend_weight0 = 0
backend_hostname1 = '{host}'
backend_port1 = {port}
backend_weight1 = 1
"""


def pooled(url: str, mode: str, connections: int = 1) -> AbstractContextManager[str]:
    """The URL of the database through a PgBouncer in this mode, ``session`` or ``transaction``.

    That has one connection to the server, which many share.
    """
    return _in_front_of(url, "pgbouncer", mode, connections)


def through_pgpool(
    url: str, mode: str, connections: int = 4, standby: str | None = None
) -> AbstractContextManager[str]:
    """The URL of the database through a pgpool in this mode, such as ``raw``.

    Where a ``standby`` is named, what a client only reads is sent to it.
    """
    return _in_front_of(url, "pgpool", mode, connections, standby)


@contextmanager
def _in_front_of(
    url: str, program: str, mode: str, connections: int, standby: str | None = None
) -> Iterator[str]:
    named = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    folder = Path(tempfile.mkdtemp(prefix="ordercli-pooler-", dir="/tmp"))
    port = _free_port()
    if program == "pgbouncer":
        users, configuration = '"{user}" "{password}"', _PGBOUNCER
        options = ["-q", f"{folder}/configuration"]
    else:
        users, configuration = "{user}:TEXT{password}", _PGPOOL
        (folder / "hba").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        options = ["-n", "-f", f"{folder}/configuration", "-a", f"{folder}/hba"]
        options += ["-F", f"{folder}/pcp"]
    if standby:
        configuration += _STANDBY.format(**conninfo_to_dict(standby))
    (folder / "users").write_text(users.format(**named) + "\n")
    (folder / "configuration").write_text(
        configuration.format(
            folder=folder, port=port, mode=mode, connections=connections,
            host=named["host"], server_port=named["port"],
        )
    )  # fmt: skip
    account = _unprivileged_account()
    if account:
        for path in (folder, *folder.iterdir()):
            os.chown(path, account["user"], account["group"])
    found = shutil.which(program, path=f"{os.defpath}:/usr/sbin")
    assert found, f"install {program}"
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [found, *options], stdin=subprocess.DEVNULL, stdout=output, stderr=output, **account
        )
    try:
        _wait_for(port, process, folder)
        login = f"{named['user']}:{named['password']}"
        yield f"postgresql://{login}@127.0.0.1:{port}/{named['dbname']}"
    finally:
        # Each ends at once, whoever is connected, on another signal.
        process.send_signal(signal.SIGTERM if program == "pgbouncer" else signal.SIGINT)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            written = [path.read_text() for path in sorted(folder.glob("[lo]*"))]
            raise RuntimeError(f"the pooler does not start: {written}")
        time.sleep(0.05)
