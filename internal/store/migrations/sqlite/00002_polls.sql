-- +goose Up

-- The poll that a post of kind Question asks.
CREATE TABLE polls (
    post_id         INTEGER PRIMARY KEY REFERENCES posts (id),
    options         TEXT    NOT NULL,                    -- JSON [{title,votes}]
    multiple        BOOLEAN NOT NULL DEFAULT FALSE,
    hide_totals     BOOLEAN NOT NULL DEFAULT FALSE,      -- until it has ended
    voters_count    INTEGER NOT NULL DEFAULT 0,
    expires_at      INTEGER NOT NULL DEFAULT 0,          -- 0: open until its author closes it
    closed_at       INTEGER NOT NULL DEFAULT 0,          -- when all who voted were told
    told_at         INTEGER NOT NULL DEFAULT 0           -- ours: when others hear of the counts next
);

CREATE TABLE poll_votes (
    post_id         INTEGER NOT NULL REFERENCES polls (post_id),
    actor_id        INTEGER NOT NULL REFERENCES actors (id),
    choice          INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (post_id, actor_id, choice)
);
