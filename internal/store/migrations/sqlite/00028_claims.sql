-- +goose Up

-- Who signs in for the first time and still has to choose a name.
CREATE TABLE enrolments (
    token_hash      TEXT    NOT NULL PRIMARY KEY,
    browser_hash    TEXT    NOT NULL,
    provider        TEXT    NOT NULL,
    issuer          TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    claims          TEXT    NOT NULL,                    -- JSON
    id_token        TEXT    NOT NULL DEFAULT '',
    return_to       TEXT    NOT NULL DEFAULT '',
    expires_at      INTEGER NOT NULL
);

-- When a person last chose another name, and what of the profile is the
-- directory's to say (JSON).
ALTER TABLE users ADD COLUMN renamed_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN directory TEXT NOT NULL DEFAULT '';
