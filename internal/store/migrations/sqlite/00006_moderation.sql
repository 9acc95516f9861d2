-- +goose Up

-- Whose node an actor is on, by its URI: policies are about hosts, handles may
-- say something else.
ALTER TABLE actors ADD COLUMN host TEXT NOT NULL DEFAULT '';
UPDATE actors SET host = lower(substr(uri, instr(uri, '://') + 3, instr(substr(uri, instr(uri, '://') + 3) || '/', '/') - 1)) WHERE domain <> '';
CREATE INDEX actors_host ON actors (host, id) WHERE domain <> '';

-- What the policy for the host means for the actor, and what moderators decided
-- of him alone. limited is true for either.
ALTER TABLE actors ADD COLUMN domain_blocked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN account_limited BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0; -- when his followers were last moved

-- Domains of which a person does not want to hear.
CREATE TABLE domain_blocks (
    id              INTEGER PRIMARY KEY,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    domain          TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (actor_id, domain)
);
CREATE INDEX domain_blocks_page ON domain_blocks (actor_id, id);

-- A decision that ended follows, which may be taken back.
CREATE TABLE severances (
    id              INTEGER PRIMARY KEY,
    kind            TEXT    NOT NULL,                    -- domain_block, user_domain_block, account_suspension
    target          TEXT    NOT NULL,                    -- domain or handle
    actor_id        INTEGER NOT NULL DEFAULT 0,          -- who was suspended, or who blocked the domain
    created_at      INTEGER NOT NULL,
    restored_at     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX severances_target ON severances (kind, target, id);

CREATE TABLE severed_follows (
    id              INTEGER PRIMARY KEY,
    severance_id    INTEGER NOT NULL REFERENCES severances (id),
    uri             TEXT    NOT NULL,                    -- of the Follow
    local_id        INTEGER NOT NULL REFERENCES actors (id),
    other_id        INTEGER NOT NULL REFERENCES actors (id),
    ours            BOOLEAN NOT NULL,                    -- the local one followed the other
    show_boosts     BOOLEAN NOT NULL,
    notify          BOOLEAN NOT NULL,
    languages       TEXT    NOT NULL DEFAULT '[]',       -- JSON
    UNIQUE (severance_id, local_id, other_id, ours)
);

CREATE TABLE reports (
    id              INTEGER PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,             -- of the Flag, or a name of our own
    reporter_id     INTEGER NOT NULL REFERENCES actors (id),
    target_id       INTEGER NOT NULL REFERENCES actors (id),
    category        TEXT    NOT NULL,                    -- spam, legal, violation, other
    comment         TEXT    NOT NULL,
    rule_ids        TEXT    NOT NULL DEFAULT '[]',       -- JSON
    forwarded       BOOLEAN NOT NULL DEFAULT FALSE,
    assigned_id     INTEGER NOT NULL DEFAULT 0,
    resolved_id     INTEGER NOT NULL DEFAULT 0,          -- by whom
    resolved_at     INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);
CREATE INDEX reports_open ON reports (id) WHERE resolved_at = 0;
CREATE INDEX reports_pair ON reports (reporter_id, target_id) WHERE resolved_at = 0;

CREATE TABLE report_posts (
    report_id       INTEGER NOT NULL REFERENCES reports (id),
    post_id         INTEGER NOT NULL REFERENCES posts (id),
    PRIMARY KEY (report_id, post_id)
);

CREATE TABLE report_notes (
    id              INTEGER PRIMARY KEY,
    report_id       INTEGER NOT NULL REFERENCES reports (id),
    actor_id        INTEGER NOT NULL REFERENCES actors (id),
    text            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX report_notes_report ON report_notes (report_id, id);

-- A notification may be about a report or a severance. SQLite changes no
-- constraint: the table is made anew.
CREATE TABLE notifications_anew (
    id              INTEGER PRIMARY KEY,
    reader_id       INTEGER NOT NULL REFERENCES users (actor_id),
    kind            TEXT    NOT NULL,
    from_id         INTEGER NOT NULL REFERENCES actors (id),
    post_id         INTEGER NOT NULL DEFAULT 0,
    subject_id      INTEGER NOT NULL DEFAULT 0,          -- of a report or severance
    created_at      INTEGER NOT NULL,
    UNIQUE (reader_id, kind, from_id, post_id, subject_id)
);
INSERT INTO notifications_anew (id, reader_id, kind, from_id, post_id, created_at) SELECT id, reader_id, kind, from_id, post_id, created_at FROM notifications;
DROP TABLE notifications;
ALTER TABLE notifications_anew RENAME TO notifications;
CREATE INDEX notifications_page ON notifications (reader_id, id);
CREATE INDEX notifications_post ON notifications (post_id) WHERE post_id <> 0;
CREATE INDEX notifications_from ON notifications (from_id, reader_id);
