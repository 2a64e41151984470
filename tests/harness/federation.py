"""Orders spread over two more PostgreSQL servers: partitions that are foreign tables there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from ordercli.store import schema
from ordercli.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.postgres_server import PostgresServer

_ORDERS = """
    id bigint NOT NULL, owner varchar(100) NOT NULL, label varchar(50) NOT NULL,
    creation_date timestamp NOT NULL, expiration_date timestamp, percent_complete int NOT NULL,
    files_in_error int NOT NULL, status varchar(20) NOT NULL, status_date timestamp NOT NULL,
    waiting_for_user boolean NOT NULL
"""
_DATASETS = """
    id bigint NOT NULL, order_id bigint, dataset_label varchar(128) NOT NULL, files_count int,
    files_size bigint, objects_count int
"""
_ON_A_SHARD = f"""
    CREATE TABLE t_order ({_ORDERS}, PRIMARY KEY (id), UNIQUE (owner, label));
    CREATE INDEX ON t_order (creation_date);
    CREATE INDEX ON t_order (owner);
    CREATE INDEX ON t_order (status, creation_date);
    CREATE TABLE t_dataset_task ({_DATASETS}, PRIMARY KEY (id));
    CREATE INDEX ON t_dataset_task (order_id, files_size, files_count, objects_count);
"""
_ON_THE_COORDINATOR = f"""
    CREATE EXTENSION postgres_fdw;
    CREATE TABLE t_order ({_ORDERS}) PARTITION BY HASH (id);
    CREATE TABLE t_dataset_task ({_DATASETS}) PARTITION BY HASH (order_id);
    COMMENT ON TABLE t_order IS 'made by ordercli';
"""
_A_SHARD = """
    CREATE SERVER {shard} FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host {host}, port {port}, dbname {dbname}, use_remote_estimate 'true',
                 fetch_size '10000', async_capable 'true');
    CREATE USER MAPPING FOR CURRENT_USER SERVER {shard} OPTIONS (user {user}, password {password});
    CREATE FOREIGN TABLE {orders} PARTITION OF t_order
        FOR VALUES WITH (MODULUS {number}, REMAINDER {place})
        SERVER {shard} OPTIONS (table_name 't_order');
    CREATE FOREIGN TABLE {datasets} PARTITION OF t_dataset_task
        FOR VALUES WITH (MODULUS {number}, REMAINDER {place})
        SERVER {shard} OPTIONS (table_name 't_dataset_task');
"""


def federated(coordinator: PostgresServer, shards: Sequence[PostgresServer]) -> Database:
    """A database of ours, without orders, whose orders and datasets lie on the shards."""
    url = coordinator.create_database()
    coordinator.execute(url, _ON_THE_COORDINATOR)
    for place, shard in enumerate(shards):
        there = shard.create_database()
        shard.execute(there, _ON_A_SHARD)
        named = conninfo_to_dict(there)
        values = {
            **{name: sql.Literal(str(named[name])) for name in ("host", "port", "dbname", "user")},
            "password": sql.Literal(str(named["password"])),
            "shard": sql.Identifier(f"shard_{place}"),
            "orders": sql.Identifier(f"t_order_{place}"),
            "datasets": sql.Identifier(f"t_dataset_task_{place}"),
            "number": sql.Literal(len(shards)),
            "place": sql.Literal(place),
        }
        coordinator.execute(url, sql.SQL(_A_SHARD).format(**values))
    database = Database(url)
    schema.initialise(database)
    return database
