-- The tables of a live service of version 1.3, as far as they matter beside orders and datasets.

CREATE SEQUENCE seq_order START WITH 1 INCREMENT BY 50;
CREATE SEQUENCE seq_task START WITH 1 INCREMENT BY 50;
CREATE SEQUENCE seq_data_file START WITH 1 INCREMENT BY 50;
CREATE SEQUENCE seq_basket START WITH 1 INCREMENT BY 50;

CREATE TABLE t_basket (
    id bigint NOT NULL,
    owner varchar(100) NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uk_basket_owner UNIQUE (owner)
);

CREATE TABLE t_order (
    id bigint NOT NULL,
    available_count int4 NOT NULL DEFAULT 0,
    avail_count_update_date timestamp,
    creation_date timestamp NOT NULL,
    expiration_date timestamp,
    files_in_error int4 NOT NULL,
    frontend_url varchar(128) NOT NULL DEFAULT '',
    label varchar(50) NOT NULL,
    owner varchar(100) NOT NULL,
    percent_complete int4 NOT NULL,
    status varchar(20) NOT NULL,
    status_date timestamp NOT NULL,
    url text,
    waiting_for_user boolean NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uk_order_owner_label UNIQUE (owner, label)
);

CREATE TABLE t_task (
    id bigint NOT NULL,
    job_id uuid,
    PRIMARY KEY (id)
);

CREATE TABLE t_dataset_task (
    id bigint NOT NULL,
    order_id bigint,
    dataset_ip_id varchar(128) NOT NULL DEFAULT '',
    dataset_label varchar(128) NOT NULL,
    files_count int4,
    files_size int8,
    objects_count int4,
    selection_request jsonb,
    PRIMARY KEY (id),
    CONSTRAINT fk_dataset_task_order FOREIGN KEY (order_id) REFERENCES t_order (id)
);

CREATE TABLE t_files_task (
    id bigint NOT NULL,
    dataset_task_id bigint,
    order_id bigint NOT NULL,
    ended boolean NOT NULL DEFAULT false,
    waiting_for_user boolean NOT NULL DEFAULT false,
    PRIMARY KEY (id),
    CONSTRAINT fk_files_task_task FOREIGN KEY (id) REFERENCES t_task (id),
    CONSTRAINT fk_files_task_dataset FOREIGN KEY (dataset_task_id) REFERENCES t_dataset_task (id)
);

CREATE TABLE t_data_file (
    id bigint NOT NULL,
    order_id bigint NOT NULL,
    files_task_id bigint,
    filename varchar(255) NOT NULL,
    filesize int8,
    state varchar(16) NOT NULL,
    url text NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT fk_data_file_files_task FOREIGN KEY (files_task_id) REFERENCES t_files_task (id)
);
CREATE INDEX idx_data_file_order ON t_data_file (order_id);
