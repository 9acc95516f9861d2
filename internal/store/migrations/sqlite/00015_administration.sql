-- +goose Up

-- What administrators look for.
CREATE INDEX actors_local ON actors (id) WHERE domain = '';
CREATE INDEX actors_domain_page ON actors (domain, id) WHERE domain <> '';
DROP INDEX actors_domain;
CREATE INDEX actors_suspended ON actors (id) WHERE lifecycle = 'suspended' OR suspended_there;
CREATE INDEX actors_limited ON actors (id) WHERE limited;
CREATE INDEX sessions_address ON sessions (address, actor_id);
CREATE INDEX reports_settled ON reports (id) WHERE resolved_at <> 0;
CREATE INDEX reports_resolution ON reports (resolved_at) WHERE resolved_at <> 0;
CREATE INDEX reports_target ON reports (target_id, id);
CREATE INDEX reports_reporter ON reports (reporter_id, id);

-- What they count.
CREATE INDEX users_created ON users (created_at);
CREATE INDEX remote_files_url ON remote_files (url);
CREATE INDEX media_ours ON media (size) WHERE path <> '';

-- On which days, counted from 1970 in UTC, one of ours was here.
CREATE TABLE active_days (
    day             INTEGER NOT NULL,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    PRIMARY KEY (day, actor_id)
) WITHOUT ROWID;
CREATE INDEX active_days_actor ON active_days (actor_id, day);
INSERT INTO active_days (day, actor_id)
 SELECT signed_in_at / 86400000, actor_id FROM users WHERE signed_in_at <> 0
 UNION SELECT s.seen_at / 86400000, s.actor_id FROM sessions s
 UNION SELECT t.used_at / 86400000, t.actor_id FROM oauth_tokens t WHERE t.used_at <> 0 AND t.actor_id IN (SELECT u.actor_id FROM users u);

-- A policy has a name in numbers, as clients want it.
ALTER TABLE partners ADD COLUMN id INTEGER NOT NULL DEFAULT 0;
UPDATE partners SET id = created_at * 65536 + (SELECT COUNT(*) FROM partners p WHERE p.domain < partners.domain);
CREATE UNIQUE INDEX partners_id ON partners (id);

-- Networks from which nobody comes in.
CREATE TABLE ip_blocks (
    id              INTEGER PRIMARY KEY,
    network         TEXT    NOT NULL UNIQUE,             -- as 192.0.2.0/24
    comment         TEXT    NOT NULL DEFAULT '',
    expires_at      INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
);

-- Whose addresses of mail get no account when they sign in for the first time:
-- those of a domain and all below it, and single ones as hashes.
CREATE TABLE email_domain_blocks (
    id              INTEGER PRIMARY KEY,
    domain          TEXT    NOT NULL UNIQUE,
    created_at      INTEGER NOT NULL
);
CREATE TABLE email_domain_refusals (
    block_id        INTEGER NOT NULL REFERENCES email_domain_blocks (id) ON DELETE CASCADE,
    day             INTEGER NOT NULL,
    person          TEXT    NOT NULL,                    -- hash of issuer and subject
    uses            INTEGER NOT NULL,
    PRIMARY KEY (block_id, day, person)
);
CREATE TABLE canonical_email_blocks (
    id              INTEGER PRIMARY KEY,
    hash            TEXT    NOT NULL UNIQUE,             -- SHA-256 of the address without what tells nothing apart
    created_at      INTEGER NOT NULL
);
