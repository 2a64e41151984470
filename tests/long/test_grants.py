"""Roles that have what ``db grants`` prints, beside every version of the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.fill import add_order
from harness.program import run
from harness.rights import every_write, granted, permitted, writes_of_a_changer

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.postgres_server import PostgresServer
    from ordercli.store.database import Database


def test_every_write_that_is_not_granted_is_denied(
    figure: Callable[[int, str], None],
    postgres_server: PostgresServer,
    service_database: Database,
) -> None:
    with service_database.writing() as connection:
        add_order(connection, datasets=[("d1", 1, 2, 3)])
    assert run("db", "init", database=service_database).exit_code == 0
    writes = every_write(service_database.location)
    reader = granted(postgres_server, service_database, "long_reader")
    changer = granted(postgres_server, service_database, "long_changer", "--write")
    its_own = set(writes_of_a_changer(history=True))
    assert permitted(service_database.location, writes) == set(writes)
    assert permitted(reader, writes) == set()
    assert permitted(changer, writes) == its_own
    for url, code in ((reader, 1), (changer, 0)):
        assert run("list", "-q", database=url).stdout == "1\n"
        assert run("pause", "1", "--direct", database=url).exit_code == code
    figure(
        10,
        f"{len(writes)} writes and locks: a reader is denied all of them, a changer "
        f"{len(writes) - len(its_own)}, and allowed the {len(its_own)} that changing takes",
    )
