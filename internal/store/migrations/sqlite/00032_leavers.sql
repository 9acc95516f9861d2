-- +goose Up

-- A note that nobody wrote: nothing answers it by itself.
ALTER TABLE posts ADD COLUMN automatic BOOLEAN NOT NULL DEFAULT FALSE;

-- Whom a closed account told last who answers in its place, and when.
CREATE TABLE successor_notes (
    account_id      INTEGER NOT NULL REFERENCES actors (id),
    sender_id       INTEGER NOT NULL REFERENCES actors (id),
    sent_at         INTEGER NOT NULL,
    PRIMARY KEY (account_id, sender_id)
);

-- Browsers by which people have signed in.
CREATE TABLE devices (
    id              INTEGER PRIMARY KEY,
    account_id      INTEGER NOT NULL REFERENCES actors (id),
    token_hash      TEXT NOT NULL,                       -- of its cookie
    user_agent      TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',
    first_seen_at   INTEGER NOT NULL,
    last_seen_at    INTEGER NOT NULL,
    unclaimed       BOOLEAN NOT NULL DEFAULT FALSE       -- the person has not said yet that it was them
);
CREATE UNIQUE INDEX devices_token ON devices (account_id, token_hash);
CREATE INDEX devices_seen ON devices (last_seen_at);
ALTER TABLE sessions ADD COLUMN device_id INTEGER NOT NULL DEFAULT 0;
