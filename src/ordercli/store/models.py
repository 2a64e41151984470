"""The tables, exactly as the service has them, and our own audit trail, declared once.

They are made and inspected from here. What reads and changes orders takes ``tables``, generated
from this by ``make tables``: to import SQLModel takes as long as a whole ``list``.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Identity, Index, Integer, String, Text, text
from sqlmodel import Column, Field, ForeignKey, SQLModel, UniqueConstraint

from ordercli.store.column_types import LongInteger, UtcTimestamp


class Order(SQLModel, table=True):
    """One order of a user."""

    __tablename__ = "t_order"
    __table_args__ = (
        UniqueConstraint("owner", "label", name="uk_t_order_label_owner"),
        Index("idx_order_owner", "owner"),
        Index("idx_order_creation_date", "creation_date"),
        Index("idx_order_status_creation_date", "status", "creation_date"),
        Index("idx_order_creation_date_owner", "creation_date", "owner"),
        Index("idx_order_owner_status", "owner", "status"),
        Index(
            "idx_order_waiting",
            "creation_date",
            sqlite_where=text("waiting_for_user = 1"),
            postgresql_where=text("waiting_for_user"),
        ),
    )

    id: int = Field(sa_column=Column(LongInteger, primary_key=True, autoincrement=False))
    owner: str = Field(sa_column=Column(String(100), nullable=False))
    label: str = Field(sa_column=Column(String(50), nullable=False))
    creation_date: datetime = Field(sa_column=Column(UtcTimestamp, nullable=False))
    expiration_date: datetime | None = Field(sa_column=Column(UtcTimestamp))
    percent_complete: int = Field(sa_column=Column(Integer, nullable=False))
    files_in_error: int = Field(sa_column=Column(Integer, nullable=False))
    status: str = Field(sa_column=Column(String(20), nullable=False))
    status_date: datetime = Field(sa_column=Column(UtcTimestamp, nullable=False))
    waiting_for_user: bool = Field(sa_column=Column(Boolean, nullable=False))


class DatasetTask(SQLModel, table=True):
    """What an order holds of one dataset; its three numbers may be null."""

    __tablename__ = "t_dataset_task"
    __table_args__ = (
        # It holds what is summed, so that sums read it alone.
        Index("idx_dataset_task_totals", "order_id", "files_size", "files_count", "objects_count"),
    )

    id: int = Field(sa_column=Column(LongInteger, primary_key=True, autoincrement=False))
    order_id: int | None = Field(sa_column=Column(LongInteger, ForeignKey("t_order.id")))
    dataset_label: str = Field(sa_column=Column(String(128), nullable=False))
    files_count: int | None = Field(sa_column=Column(Integer))
    files_size: int | None = Field(sa_column=Column(BigInteger))
    objects_count: int | None = Field(sa_column=Column(Integer))


class Event(SQLModel, table=True):
    """One change of one order: the audit trail, which outlives the order."""

    __tablename__ = "ordercli_event"
    __table_args__ = (
        Index("idx_ordercli_event_order_id", "order_id"),
        Index("idx_ordercli_event_date", "event_date"),
        Index("idx_ordercli_event_operation", "operation"),
    )

    id: int | None = Field(
        default=None,
        # An identity column, not a sequence: a role that may insert needs no second right.
        sa_column=Column(LongInteger, Identity(), primary_key=True),
    )
    order_id: int = Field(sa_column=Column(LongInteger, nullable=False))
    action: str = Field(sa_column=Column(String(20), nullable=False))
    from_status: str = Field(sa_column=Column(String(20), nullable=False))
    to_status: str = Field(sa_column=Column(String(20), nullable=False))
    event_date: datetime = Field(sa_column=Column(UtcTimestamp, nullable=False))
    actor: str = Field(sa_column=Column(String(200), nullable=False))
    reason: str | None = Field(sa_column=Column(Text))
    operation: str = Field(sa_column=Column(String(36), nullable=False))


TABLES = SQLModel.metadata.tables
"""The tables with their indexes, by name."""
