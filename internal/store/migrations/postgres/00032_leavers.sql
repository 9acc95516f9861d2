-- +goose Up

-- A note that nobody wrote: nothing answers it by itself.
ALTER TABLE posts ADD COLUMN automatic BOOLEAN NOT NULL DEFAULT FALSE;

-- Whom a closed account told last who answers in its place, and when.
CREATE TABLE successor_notes (
    account_id      BIGINT NOT NULL REFERENCES actors (id),
    sender_id       BIGINT NOT NULL REFERENCES actors (id),
    sent_at         BIGINT NOT NULL,
    PRIMARY KEY (account_id, sender_id)
);

-- Browsers by which people have signed in.
CREATE TABLE devices (
    id              BIGINT PRIMARY KEY,
    account_id      BIGINT NOT NULL REFERENCES actors (id),
    token_hash      TEXT NOT NULL,                       -- of its cookie
    user_agent      TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',
    first_seen_at   BIGINT NOT NULL,
    last_seen_at    BIGINT NOT NULL,
    unclaimed       BOOLEAN NOT NULL DEFAULT FALSE       -- the person has not said yet that it was them
);
CREATE UNIQUE INDEX devices_token ON devices (account_id, token_hash);
CREATE INDEX devices_seen ON devices (last_seen_at);
ALTER TABLE sessions ADD COLUMN device_id BIGINT NOT NULL DEFAULT 0;
