"""The tables, exactly as the service has them, and our own audit trail, declared once.

They are made and inspected from here, and what ``db load`` brings is checked by the fields: their
types are taken strictly, no text passes for a number. What reads and changes orders takes
``tables``, generated from this by ``make tables``: to import SQLModel takes as long as a whole
``list``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError
from sqlalchemy import BigInteger, Identity, Index, Integer, String, Text, text
from sqlmodel import Column, Field, ForeignKey, SQLModel, UniqueConstraint

from ordercli.base.values import LARGEST_INTEGER
from ordercli.store.column_types import Flag, LongInteger, UtcTimestamp


def _moment(value: object) -> datetime:
    """The moment of a text in ISO 8601, UTC unless it has an offset."""
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("moment", "no date and time in ISO 8601") from None


def _without_nul(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("nul", "a text that PostgreSQL can't hold")
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]
StoredText = Annotated[str, AfterValidator(_without_nul)]


def _text(length: int) -> Any:
    """A text of 1 to ``length`` characters."""
    column: Any = Column(String(length), nullable=False)
    return Field(min_length=1, max_length=length, sa_column=column)


def _number(bits: int, column: Any, **default: Any) -> Any:
    """A number that so many bits hold."""
    most = 2 ** (bits - 1)
    return Field(ge=-most, le=most - 1, sa_column=column, **default)


def _id(column: Any, **default: Any) -> Any:
    return Field(ge=0, le=LARGEST_INTEGER, sa_column=column, **default)


class OrderFields(SQLModel):
    """The fields of one order of a user."""

    model_config = ConfigDict(strict=True)  # type: ignore[assignment]  # SQLModel's has more keys

    id: int = _number(64, Column(LongInteger, primary_key=True, autoincrement=False))
    owner: StoredText = _text(100)
    label: StoredText = _text(50)
    creation_date: Moment = Field(sa_column=Column(UtcTimestamp, nullable=False))
    expiration_date: Moment | None = Field(default=None, sa_column=Column(UtcTimestamp))
    percent_complete: int = _number(32, Column(Integer, nullable=False), default=0)
    files_in_error: int = _number(32, Column(Integer, nullable=False), default=0)
    status: StoredText = _text(20)
    status_date: Moment = Field(sa_column=Column(UtcTimestamp, nullable=False))
    waiting_for_user: bool = Field(default=False, sa_column=Column(Flag, nullable=False))
    message: StoredText | None = Field(default=None, max_length=255, sa_column=Column(String(255)))


class Order(OrderFields, table=True):
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


class DatasetFields(SQLModel):
    """What an order holds of one dataset; its three numbers may be null."""

    model_config = ConfigDict(strict=True)  # type: ignore[assignment]  # as above

    id: int | None = _id(Column(LongInteger, primary_key=True, autoincrement=False), default=None)
    order_id: int | None = Field(sa_column=Column(LongInteger, ForeignKey("t_order.id")))
    dataset_label: StoredText = _text(128)
    files_count: int | None = _number(32, Column(Integer), default=None)
    files_size: int | None = _number(64, Column(BigInteger), default=None)
    objects_count: int | None = _number(32, Column(Integer), default=None)


class DatasetTask(DatasetFields, table=True):
    """What an order holds of one dataset."""

    __tablename__ = "t_dataset_task"
    __table_args__ = (
        # It holds what is summed, so that sums read it alone.
        Index("idx_dataset_task_totals", "order_id", "files_size", "files_count", "objects_count"),
    )


class DataFile(SQLModel, table=True):
    """One file of an order, and where it has failed, why."""

    __tablename__ = "t_data_file"
    __table_args__ = (Index("idx_data_file_order", "order_id"),)

    id: int = _id(Column(LongInteger, primary_key=True, autoincrement=False))
    order_id: int = Field(sa_column=Column(LongInteger, nullable=False))
    name: str | None = Field(sa_column=Column(String(255)))
    size: int | None = Field(sa_column=Column(BigInteger))
    mime_type: str | None = Field(sa_column=Column(String(255)))
    data_type: str | None = Field(sa_column=Column(String(32)))
    data_objects_ip_id: str | None = Field(sa_column=Column(String(128)))
    state: str = Field(sa_column=Column(String(16), nullable=False))
    download_error_reason: str | None = Field(sa_column=Column(Text))


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
    # Null where that is not known: this table was first made without the two.
    from_waiting: bool | None = Field(default=None, sa_column=Column(Flag))
    to_waiting: bool | None = Field(default=None, sa_column=Column(Flag))
    event_date: datetime = Field(sa_column=Column(UtcTimestamp, nullable=False))
    actor: str = Field(sa_column=Column(String(200), nullable=False))
    reason: str | None = Field(sa_column=Column(Text))
    operation: str = Field(sa_column=Column(String(36), nullable=False))


TABLES = SQLModel.metadata.tables
"""The tables with their indexes, by name."""
