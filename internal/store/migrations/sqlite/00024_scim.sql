-- +goose Up

-- What a person's claims say that the directory knows them by (oidc.scim_claim).
ALTER TABLE identities ADD COLUMN external_id TEXT NOT NULL DEFAULT '';
UPDATE identities SET external_id = subject;
CREATE INDEX identities_external ON identities (issuer, external_id);

-- Tokens of the directories that say who is there, by SCIM.
CREATE TABLE scim_tokens (
    id              INTEGER PRIMARY KEY,
    issuer          TEXT    NOT NULL,                    -- whose people it may touch
    name            TEXT    NOT NULL,
    token_hash      TEXT    NOT NULL UNIQUE,
    created_at      INTEGER NOT NULL,
    used_at         INTEGER NOT NULL DEFAULT 0,
    expires_at      INTEGER NOT NULL DEFAULT 0,          -- 0: never
    revoked_at      INTEGER NOT NULL DEFAULT 0
);

-- Users and groups as a directory describes them. Of one that it deleted its
-- external id stays, so that who leaves and returns is the same person.
CREATE TABLE scim_resources (
    id              INTEGER PRIMARY KEY,
    issuer          TEXT    NOT NULL,
    kind            TEXT    NOT NULL,                    -- User, Group
    name            TEXT    NOT NULL,                    -- userName, displayName of a group; in small letters
    external_id     TEXT    NOT NULL DEFAULT '',
    active          BOOLEAN NOT NULL DEFAULT TRUE,
    actor_id        INTEGER NOT NULL DEFAULT 0,          -- 0: a group
    said            TEXT    NOT NULL,                    -- JSON
    version         INTEGER NOT NULL DEFAULT 1,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX scim_names ON scim_resources (issuer, kind, name) WHERE deleted_at = 0;
CREATE UNIQUE INDEX scim_externals ON scim_resources (issuer, kind, external_id) WHERE deleted_at = 0 AND external_id <> '';
CREATE INDEX scim_known ON scim_resources (issuer, kind, external_id);
CREATE INDEX scim_order ON scim_resources (issuer, kind, id) WHERE deleted_at = 0;
CREATE INDEX scim_actors ON scim_resources (actor_id) WHERE actor_id <> 0;

CREATE TABLE scim_emails (
    user_id         INTEGER NOT NULL REFERENCES scim_resources (id),
    address         TEXT    NOT NULL,                    -- in small letters
    PRIMARY KEY (user_id, address)
);
CREATE INDEX scim_addresses ON scim_emails (address);

CREATE TABLE scim_members (
    group_id        INTEGER NOT NULL REFERENCES scim_resources (id),
    user_id         INTEGER NOT NULL REFERENCES scim_resources (id),
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX scim_memberships ON scim_members (user_id);
