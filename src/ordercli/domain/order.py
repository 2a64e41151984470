"""One order in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ordercli.base.values import Kind
from ordercli.domain.columns import Field

if TYPE_CHECKING:
    from ordercli.base.values import Row, Value
    from ordercli.domain.anomalies import Anomalies

DATASET_FIELDS = (
    Field("dataset_label", "Dataset", Kind.TEXT),
    Field("files_count", "Files count", Kind.NUMBER),
    Field("files_size", "Size", Kind.BYTES),
    Field("objects_count", "Objects count", Kind.NUMBER),
)


@dataclass(frozen=True)
class Dataset:
    """What an order holds of one dataset; the size is in bytes, and all three may be unknown.

    A value that can't be right may be a text where a number should be.
    """

    id: Value
    label: Value
    files_count: Value
    files_size: Value
    objects_count: Value


@dataclass(frozen=True)
class OrderDetail:
    """All there is to know of one order: every column, and its status as it is stored.

    ``history``, newest first, is None where none can be read; ``older`` is how many events it
    leaves out.
    """

    values: Row
    datasets: tuple[Dataset, ...]
    history: tuple[Row, ...] | None
    older: int
    anomalies: Anomalies
