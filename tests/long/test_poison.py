"""One spoilt order among a thousand, in every way that each database allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.fill import add_order
from harness.poison import POISONS, check, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from ordercli.store.database import Database

ORDERS = 1_000


def test_one_spoilt_order_in_a_thousand(
    figure: Callable[[int, str], None],
    database: Database,
    dialect: str,
) -> None:
    fill(database, ORDERS)
    right = set()
    for poison in POISONS[dialect]:
        right.add(check(database, poison))
        with database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM t_dataset_task WHERE order_id = 7")
            connection.exec_driver_sql("DELETE FROM t_order WHERE id = 7")
            add_order(connection, 7, status="RUNNING", datasets=[("d", 1, 70, 2)])
    assert right == {ORDERS - 1}
    figure(
        13,
        f"1 bad row in {ORDERS:,}, in {len(POISONS[dialect])} ways on {dialect}: {min(right)} "
        "shown right in every format, 0 tracebacks, one warning (none for an unknown status)",
    )
