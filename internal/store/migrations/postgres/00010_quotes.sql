-- +goose Up

-- Who may quote a post, in words with blanks between them: public, followers,
-- following. Of a remote post its author may be asked by others yet.
ALTER TABLE posts ADD COLUMN quotable TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN quotable_manually TEXT NOT NULL DEFAULT '';
ALTER TABLE posts ADD COLUMN quotes_count BIGINT NOT NULL DEFAULT 0;
UPDATE posts SET quotable = 'public' WHERE local AND boost_of_id = 0 AND visibility IN ('public', 'unlisted');

ALTER TABLE users ADD COLUMN default_quotable TEXT NOT NULL DEFAULT 'public'; -- public, followers, nobody

-- What a post that quotes says of it, and what became of that.
CREATE TABLE quotes (
    post_id         BIGINT PRIMARY KEY REFERENCES posts (id),
    actor_id        BIGINT NOT NULL REFERENCES actors (id),
    quoted_uri      TEXT    NOT NULL,
    quoted_id       BIGINT NOT NULL DEFAULT 0,          -- 0: not known here
    quoted_actor_id BIGINT NOT NULL DEFAULT 0,
    state           TEXT    NOT NULL,                    -- pending, accepted, rejected, revoked
    legacy          BOOLEAN NOT NULL DEFAULT FALSE,      -- in a way that knows no leave
    authorization_uri TEXT  NOT NULL DEFAULT '',
    request_uri     TEXT    NOT NULL DEFAULT ''          -- ours: what asked for leave
);
CREATE INDEX quotes_of ON quotes (quoted_id, post_id) WHERE state = 'accepted';
CREATE INDEX quotes_unknown ON quotes (quoted_uri) WHERE quoted_id = 0;
CREATE INDEX quotes_authorization ON quotes (authorization_uri) WHERE authorization_uri <> '';
CREATE INDEX quotes_request ON quotes (request_uri) WHERE request_uri <> '';

-- The leave of one of ours that a post quotes theirs. FEP-044f
CREATE TABLE quote_stamps (
    id              BIGINT PRIMARY KEY,
    quoted_id       BIGINT NOT NULL REFERENCES posts (id),
    quoting_uri     TEXT    NOT NULL,
    quoting_actor_id BIGINT NOT NULL REFERENCES actors (id),
    created_at      BIGINT NOT NULL,
    revoked_at      BIGINT NOT NULL DEFAULT 0,
    UNIQUE (quoted_id, quoting_uri)
);
