-- The tables of a live service of the newest version: more columns, more indexes, another order.

CREATE SEQUENCE seq_order START WITH 1 INCREMENT BY 50;
CREATE SEQUENCE seq_task START WITH 1 INCREMENT BY 50;
CREATE SEQUENCE seq_data_file START WITH 1 INCREMENT BY 50;
CREATE SEQUENCE seq_basket START WITH 1 INCREMENT BY 50;

CREATE TABLE t_basket (
    id bigint NOT NULL,
    owner varchar(128) NOT NULL,
    quota int8 NOT NULL DEFAULT 0,
    PRIMARY KEY (id),
    CONSTRAINT uk_basket_owner UNIQUE (owner)
);

CREATE TABLE t_order (
    id bigint NOT NULL,
    owner varchar(100) NOT NULL,
    label varchar(50) NOT NULL,
    status varchar(20) NOT NULL,
    status_date timestamp(6) NOT NULL,
    creation_date timestamp(6) NOT NULL,
    expiration_date timestamp(6),
    avail_count_update_date timestamp(6),
    available_count int4 NOT NULL DEFAULT 0,
    files_in_error int4 NOT NULL,
    percent_complete int4 NOT NULL,
    waiting_for_user boolean NOT NULL,
    frontend_url text NOT NULL DEFAULT '',
    url text,
    message text,
    correlation_id varchar(100),
    PRIMARY KEY (id),
    CONSTRAINT uk_order_owner_label UNIQUE (owner, label)
);
COMMENT ON TABLE t_order IS 'Orders of the users of this project';
CREATE INDEX idx_order_owner ON t_order (owner);
CREATE INDEX idx_order_creation_date ON t_order (creation_date);
CREATE INDEX idx_order_status ON t_order (status);
CREATE INDEX idx_order_creation_date_owner ON t_order (creation_date, owner);
CREATE INDEX idx_order_owner_status ON t_order (owner, status);
CREATE INDEX idx_order_correlation ON t_order (correlation_id);

CREATE TABLE t_task (
    id bigint NOT NULL,
    job_id uuid,
    PRIMARY KEY (id)
);

CREATE TABLE t_dataset_task (
    id bigint NOT NULL,
    dataset_ip_id varchar(128) NOT NULL DEFAULT '',
    dataset_label varchar(128) NOT NULL,
    objects_count int4,
    files_count int4,
    files_size int8,
    order_id bigint,
    selection_request jsonb,
    process_dataset_description jsonb,
    file_selection_description jsonb,
    PRIMARY KEY (id),
    CONSTRAINT fk_dataset_task_order FOREIGN KEY (order_id) REFERENCES t_order (id)
);

CREATE TABLE t_files_task (
    id bigint NOT NULL,
    dataset_task_id bigint,
    order_id bigint NOT NULL,
    owner varchar(100) NOT NULL DEFAULT '',
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
    state_date timestamp(6),
    error_cause text,
    url text NOT NULL,
    version int4 NOT NULL DEFAULT 1,
    PRIMARY KEY (id),
    CONSTRAINT fk_data_file_files_task FOREIGN KEY (files_task_id) REFERENCES t_files_task (id)
);
CREATE INDEX idx_data_file_order ON t_data_file (order_id);
CREATE INDEX idx_data_file_order_state ON t_data_file (order_id, state);
