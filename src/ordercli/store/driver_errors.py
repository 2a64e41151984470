"""Errors of the database drivers, explained in one line without secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from ordercli.base.errors import (
    ConnectionLostError,
    DatabaseError,
    ServerSilentError,
    TransientError,
)
from ordercli.base.language import _, marked
from ordercli.store.postgresql import without_secrets

_FAILED_SERVER = re.compile(r"- host: .+?, port: .+?, hostaddr: .+?: (.+)")
"""A line of the driver's list, which follows the error of the last server."""

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")

_CHECK = marked("'ordercli db check' tells what is there")
_GRANTS = marked("'ordercli db grants ROLE' prints what its owner has to run")
_GRANTS_TO_CHANGE = marked("'ordercli db grants ROLE --write' prints what its owner has to run")
_OWNER = marked("log in as the owner of its tables")


@dataclass(frozen=True)
class _Explanation:
    """What to say of an error whose SQLSTATE starts with, or whose message has, a mark."""

    marks: tuple[str, ...]
    what: str
    advice: str
    kind: type[DatabaseError] = DatabaseError


_EXPLANATIONS = (
    _Explanation(
        ("42P01", "no such table"), marked("{name} lacks a table of orders: {message}"),
        marked("make it with 'ordercli db init', or name another database"),
    ),
    _Explanation(("42703", "no such column"), marked("{name} lacks a column: {message}"), _CHECK),
    _Explanation(
        ("row-level security",), marked("{name} refuses: {message}"),
        marked("a policy of the table forbids it to this role: ask its owner"),
    ),
    _Explanation(
        ("42501", "permission denied"), marked("{name} refuses: {message}"), _GRANTS,
    ),
    _Explanation(
        ("22P05", "22021"), marked("{name} can't hold this text: {message}"),
        marked("take the character out"),
    ),
    _Explanation(
        ("unable to execute", "unable to bind", "unable to parse the query"),
        marked("a pgpool in front of {name} refuses: {message}"),
        marked("name the server itself, or put PgBouncer in front"),
    ),
    _Explanation(
        ("57014",), marked("{name}: {message}"),
        marked("choose fewer orders, or ask its owner for a longer statement_timeout"),
    ),
    _Explanation(
        ("25P03", "25P04"), marked("{name} ended the transaction: {message}"),
        marked("read faster, as with -o FILE, or ask its owner for a longer timeout"),
    ),
    _Explanation(
        ("root certificate file", "certificate verify failed"),
        marked("can't connect: {message}"),
        marked("name the certificate's authority in sslrootcert, or sslrootcert=system"),
    ),
    _Explanation(
        ("file is not a database", "malformed"),
        marked("{name} is not a SQLite database, or damaged"),
        marked("name another with --database"),
    ),
    _Explanation(
        ("database is locked",), marked("{name} is busy: another program holds it"),
        marked("try again later"), TransientError,
    ),
    _Explanation(
        ("40", "55P03"), marked("{name} is busy: {message}"), marked("try again later"),
        TransientError,
    ),
    _Explanation(
        ("session is read-only", "read-write mode during recovery"),
        marked("{name} can't be written: {message}"),
        marked("name the server that takes writes, or all of them, separated by commas; "
               "or turn default_transaction_read_only off"),
    ),
    _Explanation(
        ("25006", "readonly database"), marked("{name} can't be written: {message}"),
        marked("check the file's rights, or name the server that takes writes"),
    ),
    _Explanation(
        ("disk is full", "53100"), marked("{name}: the disk is full"),
        marked("make room, then repeat"),
    ),
    _Explanation(
        ("disk I/O error", "58"), marked("{name}: {message}"),
        marked("check the disk, then repeat"),
    ),
    _Explanation(
        ("unable to open database file",), marked("can't open {name}"),
        marked("check the rights of the file"),
    ),
    _Explanation(
        ("28P01", "28000", "password authentication failed", "no password supplied",
         "authentification par mot de passe", 'role "', "le r?le",  # a French server's too: at a
         "not permitted to log in", "no pg_hba.conf entry"),  # login the driver has no SQLSTATE
        marked("login refused: {message}"),
        marked("check the user and the password (PGPASSWORD or ~/.pgpass)"),
    ),
    _Explanation(
        ("3D000", 'database "', "la base de donn?es"), marked("can't connect: {message}"),
        marked("check the name of the database"),
    ),
    _Explanation(
        ("nothing came for", "timeout expired"),
        marked("{name} does not answer: {message}"),
        marked("check the address and that the server runs, then repeat"), ServerSilentError,
    ),
    _Explanation(
        ("57P", "08", "connection failed", "connection is bad", "server closed the connection",
         "failed to resolve host", "the connection is closed", "the connection is lost"),
        "{message}", marked("check the address and that the server runs, then repeat"),
        ConnectionLostError,
    ),
)  # fmt: skip


def explained(
    error: Exception,
    name: str,
    location: str,
    *,
    writing: bool = False,
    owning: bool = False,
) -> DatabaseError:
    """The error of a driver in the words of ``ordercli``; ``name`` is the database's.

    ``writing`` says that it came in a transaction that was to change something, ``owning`` in one
    that only the owner of the tables may make.
    """
    original = error.orig if isinstance(error, DBAPIError) and error.orig else error
    message = without_secrets(_in_one_line(str(original)), location)
    state = getattr(original, "sqlstate", None) or ""
    for explanation in _EXPLANATIONS:
        if any(_marked(mark, state, message) for mark in explanation.marks):
            what = _(explanation.what).format(name=name, message=message)
            advice = explanation.advice
            if writing and advice == _GRANTS:
                advice = _OWNER if owning else _GRANTS_TO_CHANGE
            return explanation.kind(what, _(advice))
    return DatabaseError(_("{name}: {message}").format(name=name, message=message), _(_CHECK))


def _marked(mark: str, state: str, message: str) -> bool:
    if mark[0].isdigit():
        return state.startswith(mark)
    return mark in _NOT_ASCII.sub("?", message)  # at a login accents are lost, or not


def _in_one_line(message: str) -> str:
    """The first line; where each of several servers failed, why each of them did."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    failures = [found[1] for line in lines if (found := _FAILED_SERVER.match(line))]
    told = ", ".join(failures).replace(", connection failed: ", ", ")
    return told or next(iter(lines), _("no reason given"))
