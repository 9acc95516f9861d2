-- +goose Up

-- What this node keeps to itself, made once.
CREATE TABLE secrets (
    name            TEXT    NOT NULL PRIMARY KEY,
    value           TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
);

-- Copies of files of other nodes, below data_dir, and what was asked for in vain.
CREATE TABLE remote_files (
    key             TEXT    NOT NULL PRIMARY KEY,        -- made of the address; the file is named by it
    url             TEXT    NOT NULL,
    mime            TEXT    NOT NULL DEFAULT '',         -- as its bytes say; '' where it could not be had
    size            INTEGER NOT NULL DEFAULT 0,
    width           INTEGER NOT NULL DEFAULT 0,
    height          INTEGER NOT NULL DEFAULT 0,
    failures        INTEGER NOT NULL DEFAULT 0,          -- in a row
    retry_at        INTEGER NOT NULL DEFAULT 0,
    fetched_at      INTEGER NOT NULL DEFAULT 0,
    used_at         INTEGER NOT NULL
);
CREATE INDEX remote_files_used ON remote_files (used_at);

-- The group that a post belongs to, FEP-1b12, and when its replies were last read.
ALTER TABLE posts ADD COLUMN audience_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN replies_read_at INTEGER NOT NULL DEFAULT 0;

-- When a remote actor may next be asked anew, how often that failed in a row,
-- and when its first posts were read.
ALTER TABLE actors ADD COLUMN refresh_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actors ADD COLUMN refresh_failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actors ADD COLUMN outbox_read_at INTEGER NOT NULL DEFAULT 0;
