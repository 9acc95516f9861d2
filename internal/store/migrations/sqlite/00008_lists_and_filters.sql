-- +goose Up

-- What a person does not want to read, or only after a warning.
CREATE TABLE filters (
    id              INTEGER PRIMARY KEY,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    title           TEXT    NOT NULL,
    contexts        TEXT    NOT NULL,                    -- JSON [home, notifications, public, thread, account]
    action          TEXT    NOT NULL DEFAULT 'warn',     -- warn, hide, blur
    expires_at      INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL
);
CREATE INDEX filters_actor ON filters (actor_id, id);

CREATE TABLE filter_keywords (
    id              INTEGER PRIMARY KEY,
    filter_id       INTEGER NOT NULL REFERENCES filters (id),
    keyword         TEXT    NOT NULL,
    whole_word      BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE INDEX filter_keywords_filter ON filter_keywords (filter_id, id);

CREATE TABLE filter_posts (
    id              INTEGER PRIMARY KEY,
    filter_id       INTEGER NOT NULL REFERENCES filters (id),
    post_id         INTEGER NOT NULL REFERENCES posts (id),
    UNIQUE (filter_id, post_id)
);

-- Grows with every change to the filters of the person.
ALTER TABLE users ADD COLUMN filters_revision INTEGER NOT NULL DEFAULT 0;

-- Some of those whom a person follows, to be read apart.
CREATE TABLE lists (
    id              INTEGER PRIMARY KEY,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    title           TEXT    NOT NULL,
    replies_policy  TEXT    NOT NULL DEFAULT 'list',     -- to whom members' answers are shown: none, list, followed
    exclusive       BOOLEAN NOT NULL DEFAULT FALSE,      -- what they post stays out of home
    created_at      INTEGER NOT NULL
);
CREATE INDEX lists_actor ON lists (actor_id, id);

CREATE TABLE list_members (
    id              INTEGER PRIMARY KEY,
    list_id         INTEGER NOT NULL REFERENCES lists (id),
    actor_id        INTEGER NOT NULL REFERENCES actors (id),
    UNIQUE (list_id, actor_id)
);
CREATE INDEX list_members_page ON list_members (list_id, id);
CREATE INDEX list_members_actor ON list_members (actor_id, list_id);

-- The timeline of a list is a range of this table.
CREATE TABLE list_entries (
    list_id         INTEGER NOT NULL,
    post_id         INTEGER NOT NULL,
    PRIMARY KEY (list_id, post_id)
) WITHOUT ROWID;
CREATE INDEX list_entries_post ON list_entries (post_id);

CREATE TABLE tag_follows (
    id              INTEGER PRIMARY KEY,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    tag             TEXT    NOT NULL,                    -- lower case
    created_at      INTEGER NOT NULL,
    UNIQUE (actor_id, tag)
);
CREATE INDEX tag_follows_page ON tag_follows (actor_id, id);
CREATE INDEX tag_follows_tag ON tag_follows (tag, actor_id);

-- Posts for few, in one thread and between the same people, as one of them
-- has them.
CREATE TABLE conversations (
    id              INTEGER PRIMARY KEY,
    reader_id       INTEGER NOT NULL REFERENCES users (actor_id),
    thread_id       INTEGER NOT NULL,
    participants    TEXT    NOT NULL,                    -- ids of the others in order, joined by commas
    last_post_id    INTEGER NOT NULL,
    unread          BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (reader_id, thread_id, participants)
);
CREATE INDEX conversations_page ON conversations (reader_id, last_post_id);
CREATE INDEX conversations_thread ON conversations (thread_id);
CREATE INDEX conversations_last ON conversations (last_post_id);

CREATE TABLE conversation_posts (
    conversation_id INTEGER NOT NULL REFERENCES conversations (id),
    post_id         INTEGER NOT NULL REFERENCES posts (id),
    PRIMARY KEY (conversation_id, post_id)
);
CREATE INDEX conversation_posts_post ON conversation_posts (post_id);

-- Threads of which a person wants to hear nothing more.
CREATE TABLE thread_mutes (
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    thread_id       INTEGER NOT NULL,
    PRIMARY KEY (actor_id, thread_id)
);
CREATE INDEX thread_mutes_thread ON thread_mutes (thread_id);

-- Whom people show on their profiles.
CREATE TABLE endorsements (
    id              INTEGER PRIMARY KEY,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    target_id       INTEGER NOT NULL REFERENCES actors (id),
    created_at      INTEGER NOT NULL,
    UNIQUE (actor_id, target_id)
);
CREATE INDEX endorsements_page ON endorsements (actor_id, id);

-- Whom a person does not want to be shown as somebody to follow.
CREATE TABLE dismissed_suggestions (
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    target_id       INTEGER NOT NULL REFERENCES actors (id),
    PRIMARY KEY (actor_id, target_id)
);

-- What many were about in the last days, as it was counted last.
CREATE TABLE trends (
    kind            TEXT    NOT NULL,                    -- tag, post
    place           INTEGER NOT NULL,
    tag             TEXT    NOT NULL DEFAULT '',
    post_id         INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (kind, place)
);
