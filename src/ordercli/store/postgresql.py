"""Connections to PostgreSQL, named in any way that its own tools understand."""

from __future__ import annotations

import os
import re
from functools import partial
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from ordercli.base.errors import DatabaseError, UsageError, how_to_install
from ordercli.base.language import _
from ordercli.store.sqlite import file_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ordercli.base.limits import Limits
    from ordercli.store.pipeline import PipelinedConnection

_PASSWORDS = re.compile(r"password=([^&;]*)", re.IGNORECASE)
_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")


def is_url(location: str) -> bool:
    """Whether this names a PostgreSQL database."""
    return location.startswith(_SCHEMES)


def connect(
    location: str,
    limits: Limits,
    *,
    schema: str | None = None,
    latest: bool = False,
    warned: Callable[[str], object] | None = None,
) -> PipelinedConnection:
    """A connection to the server of the URL, or of libpq's own variables where it leaves them out.

    ``latest`` asks for a server that takes writes, unless the URL or libpq's variable says which of
    several servers is meant: a standby may not have yet what was written a moment ago. ``schema``
    is where the orders are, should they not be found. ``warned`` takes what the server warns of
    later, such as a commit that no standby has. Raises DatabaseError where the driver is
    missing and UsageError on a URL that is wrong, without repeating it: it may hold a password. The
    driver's own errors pass through. A server that freezes is given up: see WatchedConnection.
    """
    require_driver()
    from ordercli.store.pipeline import PipelinedConnection  # noqa: PLC0415 - imports the driver

    parameters = _parameters(location)
    if latest and "PGTARGETSESSIONATTRS" not in os.environ:
        parameters.setdefault("target_session_attrs", "read-write")
    if "connect_timeout" not in parameters and "PGCONNECT_TIMEOUT" not in os.environ:
        parameters["connect_timeout"] = limits.connect_seconds
    parameters.setdefault("fallback_application_name", "ordercli")
    parameters["client_encoding"] = "UTF8"
    # Prepared statements would stay on a pooled connection; transactions are begun by hand.
    try:
        connection = PipelinedConnection.connect(
            **parameters, prepare_threshold=None, autocommit=True
        )
    except UnicodeError:  # a name that no host can have, such as a..b
        raise _malformed() from None
    connection.limits = limits
    connection.schema = schema
    if warned is not None:
        connection.add_notice_handler(partial(_pass_on, warned))
    return connection


def _pass_on(warned: Callable[[str], object], notice: Any) -> None:
    if notice.severity_nonlocalized == "WARNING":
        warned("; ".join(filter(None, (notice.message_primary, notice.message_detail))))


def copied(
    connection: PipelinedConnection,
    statement: str,
    values: Mapping[str, Any],
    delimiter: str,
    number: int,
) -> Iterator[list[bytes]]:
    """The rows of a statement as COPY writes them in CSV, so many at a time.

    The driver's own errors pass through. Where rows are there already they are taken without its
    way of waiting, which would take longer than all else.
    """
    from psycopg import ClientCursor  # noqa: PLC0415 - an extra, and slow to import

    query = ClientCursor(connection).mogrify(statement, values)
    options = f"FORMAT csv, DELIMITER '{delimiter}'"
    connection.send_last(f"COPY ({query}) TO STDOUT ({options})".encode())
    next(connection.results())
    rows = _rows_of(connection)
    while gathered := list(islice(rows, number)):
        yield gathered


def _rows_of(connection: PipelinedConnection) -> Iterator[bytes]:
    underlying = connection.pgconn
    while (answer := underlying.get_copy_data(1))[0] >= 0:
        if answer[0]:
            yield bytes(answer[1])
        else:
            connection.wait_for_more()
    for _result in connection.results():
        pass


def place_of(location: str) -> str:
    """The database and the host that a URL, or libpq's variables, name: ``orders at db.example``.

    Raises UsageError on a URL that is wrong.
    """
    found = _parameters(location)
    name = found.get("dbname") or os.environ.get("PGDATABASE") or found.get("service")
    host = found.get("host") or os.environ.get("PGHOST")
    place = _("{database} at {host}").format(
        database=name or _("the PostgreSQL database"), host=host or "localhost"
    )
    return without_secrets(place, location)


def secrets_in(location: str) -> list[str]:
    """The passwords that a location or the environment holds, as they may turn up in messages."""
    if not is_url(location):
        return []
    credentials = location.partition("://")[2].rpartition("@")[0]
    found = [os.environ.get("PGPASSWORD", ""), credentials.partition(":")[2]]
    found += _PASSWORDS.findall(location)
    return [secret for raw in found for secret in {raw, unquote(raw)} if secret]


def without_secrets(text: str, location: str) -> str:
    """The text without the passwords of a location or of the environment."""
    for secret in secrets_in(location):
        text = text.replace(secret, "***")
    return text


def shown_location(location: str) -> str:
    """The path or the URL, with nothing in it that may be a secret: user, servers and name."""
    if not is_url(location):
        try:
            file_of(location)
        except UsageError:
            return "***"
        return location
    try:
        found = _parameters(location)
    except (UsageError, DatabaseError):
        return "postgresql://***"
    hosts, ports = (str(found.get(key) or "").split(",") for key in ("host", "port"))
    servers = [
        f"{host}:{port}" if port else host for host, port in zip_longest(hosts, ports, fillvalue="")
    ]
    user = f"{quote(str(found['user']))}@" if found.get("user") else ""
    name = quote(without_secrets(str(found.get("dbname") or ""), location), safe="*")
    return f"postgresql://{user}{','.join(servers)}/{name}"


def require_driver() -> Any:
    """The driver; raises DatabaseError where it is not installed."""
    try:
        import psycopg  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise DatabaseError(
            _("the PostgreSQL driver is not installed"),
            how_to_install("'psycopg[binary]'"),
        ) from None
    return psycopg


def _parameters(location: str) -> dict[str, Any]:
    from psycopg import ProgrammingError  # noqa: PLC0415 - an extra
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415 - an extra

    url = "postgresql://" + location.partition("://")[2]
    try:
        found = dict(conninfo_to_dict(url))
    except (ProgrammingError, UnicodeError, ValueError):
        found = None
    if found is None or not _is_plain(url, found):
        raise _malformed()
    return found


def _malformed() -> UsageError:
    return UsageError(
        _("the PostgreSQL URL is malformed"),
        _("write postgresql://USER@HOST:PORT/DATABASE, with %40 for an @ in a password"),
    )


def _is_plain(url: str, parameters: dict[str, Any]) -> bool:
    """Whether host, port and database are no part of a password: its @ and / must be encoded."""
    path = url.partition("://")[2].partition("?")[0].partition("/")[2]
    ports = str(parameters.get("port") or "0").replace(",", "")
    return "@" not in f"{parameters.get('host')}{path}" and ports.isdigit()
