-- +goose Up

-- A group is what a client shows as one: those who favourited a post within
-- some hours. Its newest member is its head, so that a page of groups is a
-- range of heads. What stands alone has no key and is its own head.
ALTER TABLE notifications ADD COLUMN group_key TEXT NOT NULL DEFAULT '';
ALTER TABLE notifications ADD COLUMN head BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE notifications ADD COLUMN filtered BOOLEAN NOT NULL DEFAULT FALSE; -- waits in a request
CREATE UNIQUE INDEX notifications_group_head ON notifications (reader_id, group_key) WHERE head AND group_key <> '';
CREATE INDEX notifications_group ON notifications (reader_id, group_key, id) WHERE group_key <> '';
CREATE INDEX notifications_heads ON notifications (reader_id, id) WHERE head AND NOT filtered;
CREATE INDEX notifications_heard ON notifications (reader_id, id) WHERE NOT filtered;
CREATE INDEX notifications_filtered ON notifications (reader_id, from_id, id) WHERE filtered;

-- What a person wants done with whom they do not know: accept, filter, drop.
CREATE TABLE notification_policies (
    actor_id         INTEGER PRIMARY KEY REFERENCES users (actor_id),
    not_following    TEXT    NOT NULL DEFAULT 'accept',
    not_followers    TEXT    NOT NULL DEFAULT 'accept',
    new_accounts     TEXT    NOT NULL DEFAULT 'accept',
    private_mentions TEXT    NOT NULL DEFAULT 'accept',
    limited_accounts TEXT    NOT NULL DEFAULT 'filter'
);

-- Somebody whose notifications wait for the reader to let them in.
CREATE TABLE notification_requests (
    id              INTEGER PRIMARY KEY,
    reader_id       INTEGER NOT NULL REFERENCES users (actor_id),
    from_id         INTEGER NOT NULL REFERENCES actors (id),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (reader_id, from_id)
);
CREATE INDEX notification_requests_page ON notification_requests (reader_id, id);

-- Whom the reader let in, whatever their policy says.
CREATE TABLE notification_permissions (
    reader_id       INTEGER NOT NULL REFERENCES users (actor_id),
    from_id         INTEGER NOT NULL REFERENCES actors (id),
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (reader_id, from_id)
);

-- Where a client app wants to be woken. The id is small: apps keep it in 32 bits.
CREATE TABLE push_subscriptions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    token_id        INTEGER NOT NULL UNIQUE REFERENCES oauth_tokens (id),
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    endpoint        TEXT    NOT NULL,
    p256dh          TEXT    NOT NULL,
    auth            TEXT    NOT NULL,
    standard        BOOLEAN NOT NULL,                    -- aes128gcm, else aesgcm
    policy          TEXT    NOT NULL,                    -- all, followed, follower, none
    alerts          TEXT    NOT NULL DEFAULT '[]',       -- JSON [kind]
    created_at      INTEGER NOT NULL
);
CREATE INDEX push_subscriptions_actor ON push_subscriptions (actor_id);
