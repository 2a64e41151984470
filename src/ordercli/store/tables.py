"""The tables, for reading and changing; made from ``models`` by ``make tables``, not by hand."""

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, String, Table, Text

from ordercli.store.column_types import Flag, LongInteger, UtcTimestamp

_metadata = MetaData()

orders = Table(
    "t_order",
    _metadata,
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("owner", String(length=100), nullable=False),
    Column("label", String(length=50), nullable=False),
    Column("creation_date", UtcTimestamp, nullable=False),
    Column("expiration_date", UtcTimestamp),
    Column("percent_complete", Integer, nullable=False),
    Column("files_in_error", Integer, nullable=False),
    Column("status", String(length=20), nullable=False),
    Column("status_date", UtcTimestamp, nullable=False),
    Column("waiting_for_user", Flag, nullable=False),
    Column("message", String(length=255)),
)

dataset_tasks = Table(
    "t_dataset_task",
    _metadata,
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("order_id", LongInteger),
    Column("dataset_label", String(length=128), nullable=False),
    Column("files_count", Integer),
    Column("files_size", BigInteger),
    Column("objects_count", Integer),
)

data_files = Table(
    "t_data_file",
    _metadata,
    Column("id", LongInteger, primary_key=True, autoincrement=False),
    Column("order_id", LongInteger, nullable=False),
    Column("name", String(length=255)),
    Column("size", BigInteger),
    Column("mime_type", String(length=255)),
    Column("data_type", String(length=32)),
    Column("data_objects_ip_id", String(length=128)),
    Column("state", String(length=16), nullable=False),
    Column("download_error_reason", Text),
)

events = Table(
    "ordercli_event",
    _metadata,
    Column("id", LongInteger, Identity(), primary_key=True),
    Column("order_id", LongInteger, nullable=False),
    Column("action", String(length=20), nullable=False),
    Column("from_status", String(length=20), nullable=False),
    Column("to_status", String(length=20), nullable=False),
    Column("from_waiting", Flag),
    Column("to_waiting", Flag),
    Column("event_date", UtcTimestamp, nullable=False),
    Column("actor", String(length=200), nullable=False),
    Column("reason", Text),
    Column("operation", String(length=36), nullable=False),
)
