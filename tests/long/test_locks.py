"""A million orders are exported, and thousands changed, while a service goes on writing."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from harness.locks import Export, Watch, fill, is_refused, locked_rows, slowest_write
from harness.program import command, environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.store.database import Database

ORDERS = 1_000_000
CHANGED = 5_000

pytestmark = pytest.mark.parametrize("service_database", ["newest"], indirect=True)


@pytest.mark.timeout(600)
def test_an_export_of_a_million_orders_blocks_nobody(
    figure: Callable[[int, str], None], service_database: Database
) -> None:
    fill(service_database, ORDERS)
    export = Export(service_database)
    with Watch(service_database) as watch:
        slowest = slowest_write(service_database, range(1, 200))
        assert not is_refused(service_database, "CREATE INDEX mine ON t_order (files_in_error)")
        assert is_refused(service_database, "ALTER TABLE t_order ADD COLUMN mine int")
        assert export.rest() == ORDERS
    assert {mode for _, mode in watch.held} == {"AccessShareLock"}
    figure(
        16,
        f"export of {ORDERS:,} orders, {watch.looks} looks at pg_locks: AccessShareLock alone; "
        f"995 writes of a service meanwhile, the slowest {1000 * slowest:.0f} ms",
    )


def test_a_change_of_thousands_lets_a_service_through(
    figure: Callable[[int, str], None], service_database: Database
) -> None:
    fill(service_database, 10 * CHANGED)
    words = ("pause", "-u", "user1??@*", "--yes", "--direct", "-q")
    environs = environment(service_database)
    slowest, most, number = 0.0, 0, 0
    with subprocess.Popen(command(*words), env=environs, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            number += 1
            slowest = max(slowest, slowest_write(service_database, range(number, number + 1)))
            most = max(most, locked_rows(service_database))
            time.sleep(0.01)
    assert process.returncode == 0
    assert 0 < most <= 500
    figure(
        16,
        f"{CHANGED:,} orders changed in one run: at most {most} rows locked at a time, the slowest "
        f"of {5 * number} writes of a service took {1000 * slowest:.0f} ms",
    )
