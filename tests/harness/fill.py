"""Orders for tests, in the words of the contract, in databases of ours and of a service alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, func, insert, select

from ordercli.store.tables import data_files, dataset_tasks, orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

Moment = datetime | str
Dataset = tuple[str, int | None, int | None, int | None]


def add_order(
    connection: Connection,
    id: int | None = None,  # noqa: A002 - the column's name
    *,
    owner: str = "hello@hello.com",
    label: str | None = None,
    creation_date: Moment = "2026-03-01T10:00:00Z",
    expiration_date: Moment | None = None,
    percent_complete: int = 0,
    files_in_error: int = 0,
    status: str = "PENDING",
    status_date: Moment | None = None,
    waiting_for_user: bool = False,
    datasets: Iterable[Dataset] = (),
) -> int:
    """Add one order and give its id, the next one unless it is named.

    The label is ``order ID`` and the status dates from the creation unless said otherwise. A moment
    is a datetime or ISO 8601, UTC unless it has an offset. A dataset is its label, files count,
    files size and objects count.
    """
    order_id = _next_id(connection, orders.c.id) if id is None else id
    connection.execute(
        insert(orders).values(
            id=order_id,
            owner=owner,
            label=f"order {order_id}" if label is None else label,
            creation_date=_moment(creation_date),
            expiration_date=None if expiration_date is None else _moment(expiration_date),
            percent_complete=percent_complete,
            files_in_error=files_in_error,
            status=status,
            status_date=_moment(creation_date if status_date is None else status_date),
            waiting_for_user=waiting_for_user,
        )
    )
    for dataset in datasets:
        add_dataset(connection, order_id, dataset)
    return order_id


def add_many(
    connection: Connection,
    number: int,
    status: str = "PENDING",
    *,
    owners: Sequence[str] = (),
    labels: Sequence[str] = (),
    first: int = 1,
) -> None:
    """Add so many orders, the ids from ``first`` on, all of one status, at once.

    They are ``order ID`` of ``many@cnes.fr`` where owners or labels are not given.
    """
    moment = _moment("2026-03-01T10:00:00Z")
    row: dict[str, Any] = {"creation_date": moment, "status_date": moment, "status": status}
    row |= {"percent_complete": 0, "files_in_error": 0, "waiting_for_user": False}
    rows = [
        {
            **row,
            "id": first + place,
            "owner": owners[place] if owners else "many@cnes.fr",
            "label": labels[place] if labels else f"order {first + place}",
            "expiration_date": None,
        }
        for place in range(number)
    ]
    connection.execute(insert(orders), rows)


def add_dataset(connection: Connection, order_id: int, dataset: Dataset) -> int:
    """Add a dataset to an order and give its id."""
    label, files_count, files_size, objects_count = dataset
    dataset_id = _next_id(connection, dataset_tasks.c.id)
    connection.execute(
        insert(dataset_tasks).values(
            id=dataset_id,
            order_id=order_id,
            dataset_label=label,
            files_count=files_count,
            files_size=files_size,
            objects_count=objects_count,
        )
    )
    return dataset_id


def add_file(
    connection: Connection,
    order_id: int,
    reason: str | None = None,
    *,
    state: str = "ERROR",
    name: str = "a.nc",
    size: int | None = 1000,
) -> int:
    """Add a file to an order, one that failed unless said otherwise, and give its id."""
    file_id = _next_id(connection, data_files.c.id)
    connection.execute(
        insert(data_files).values(
            id=file_id,
            order_id=order_id,
            name=name,
            size=size,
            mime_type="application/x-netcdf",
            data_type="RAWDATA",
            data_objects_ip_id=f"URN:AIP:DATA:p:{file_id}:V1",
            state=state,
            download_error_reason=reason,
        )
    )
    return file_id


def _next_id(connection: Connection, column: Column[int]) -> int:
    return connection.execute(select(func.coalesce(func.max(column), 0) + 1)).scalar_one()


def _moment(moment: Moment) -> datetime:
    read = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return read if read.tzinfo else read.replace(tzinfo=UTC)
