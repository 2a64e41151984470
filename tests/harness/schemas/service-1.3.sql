-- The tables of a live service of version 1.3. Each line names the words of "The database" in the
-- description of the domain that it comes from; what these leave open is left out.

CREATE SCHEMA order_;  -- the orders are in the schema `order_`, never in `public`
SET search_path TO order_;

CREATE TABLE t_order (
    id bigint PRIMARY KEY,                   -- `id` bigint primary key
    owner varchar(100) NOT NULL,             -- `owner` varchar(100)
    label varchar(50) NOT NULL,              -- `label` varchar(50) (since 1.3)
    creation_date timestamp NOT NULL,        -- Timestamps are `timestamp` without time zone
    expiration_date timestamp,               -- `expiration_date` (nullable)
    percent_complete int NOT NULL,           -- `percent_complete` int
    files_in_error int NOT NULL,             -- `files_in_error` int
    status varchar(20) NOT NULL,             -- `status` varchar(20)
    status_date timestamp NOT NULL,          -- `status_date`
    waiting_for_user boolean NOT NULL,       -- `waiting_for_user` boolean
    available_count int NOT NULL DEFAULT 0,  -- `available_count` int
    avail_count_update_date timestamp,       -- `avail_count_update_date` (nullable ...)
    url text,                                -- Versions differ in other columns
    UNIQUE (owner, label)                    -- `(owner, label)` is unique
);
-- older ones have none of these indexes

CREATE TABLE t_dataset_task (
    id bigint PRIMARY KEY,                    -- `t_dataset_task`: `id` bigint primary key
    order_id bigint REFERENCES t_order (id),  -- `order_id` (to `t_order.id`, not indexed)
    dataset_label varchar(128) NOT NULL,      -- `dataset_label` varchar(128)
    files_count int,                          -- `files_count` int ... all three may be null
    files_size bigint,                        -- `files_size` bigint (bytes)
    objects_count int                         -- `objects_count` int
);

CREATE TABLE t_data_file (
    id bigint PRIMARY KEY,            -- `t_data_file`: `id`
    order_id bigint NOT NULL,         -- `order_id` bigint
    name varchar(255),                -- `name` varchar(255)
    size bigint,                      -- `size` bigint
    mime_type varchar(255),           -- `mime_type`
    data_type varchar(32),            -- `data_type` varchar(32)
    data_objects_ip_id varchar(128),  -- `data_objects_ip_id` varchar(128)
    state varchar(16) NOT NULL,       -- `state` varchar(16)
    download_error_reason text        -- `download_error_reason` text (why, nullable ...)
);
