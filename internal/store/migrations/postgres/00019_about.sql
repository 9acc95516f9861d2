-- +goose Up

-- What the node says of itself, in its owner's words and as HTML: description,
-- extended_description, privacy_policy, contact_email, contact_account.
CREATE TABLE node_texts (
    name            TEXT    NOT NULL PRIMARY KEY,
    source          TEXT    NOT NULL,
    content         TEXT    NOT NULL,
    updated_at      BIGINT  NOT NULL
);

-- A rule that is gone stays for the reports that name it.
CREATE TABLE rules (
    id              BIGINT PRIMARY KEY,
    position        BIGINT  NOT NULL,
    text            TEXT    NOT NULL,
    hint            TEXT    NOT NULL DEFAULT '',
    deleted_at      BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE terms_of_service (
    effective_date  TEXT    NOT NULL PRIMARY KEY,        -- 2026-11-27
    source          TEXT    NOT NULL,
    content         TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL
);

CREATE TABLE announcements (
    id              BIGINT PRIMARY KEY,
    source          TEXT    NOT NULL,
    content         TEXT    NOT NULL,
    emojis          TEXT    NOT NULL DEFAULT '[]',       -- JSON
    starts_at       BIGINT  NOT NULL DEFAULT 0,          -- of what it is about
    ends_at         BIGINT  NOT NULL DEFAULT 0,          -- it is shown until then
    all_day         BOOLEAN NOT NULL DEFAULT FALSE,
    actor_id        BIGINT  NOT NULL,                    -- who made it
    published_at    BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    deleted_at      BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE announcement_reads (
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    announcement_id BIGINT  NOT NULL REFERENCES announcements (id),
    PRIMARY KEY (actor_id, announcement_id)
);

CREATE TABLE announcement_reactions (
    announcement_id BIGINT  NOT NULL REFERENCES announcements (id),
    name            TEXT    NOT NULL,                    -- an emoji, or the shortcode of one of ours
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (announcement_id, name, actor_id)
);

CREATE TABLE custom_emojis (
    shortcode       TEXT    NOT NULL PRIMARY KEY,
    path            TEXT    NOT NULL,                    -- below media
    static_path     TEXT    NOT NULL,                    -- that does not move
    category        TEXT    NOT NULL DEFAULT '',
    visible         BOOLEAN NOT NULL DEFAULT TRUE,       -- in pickers
    updated_at      BIGINT  NOT NULL
);

CREATE INDEX posts_local ON posts (id) WHERE local;
