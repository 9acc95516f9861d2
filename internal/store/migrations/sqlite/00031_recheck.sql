-- +goose Up

-- What an identity provider is asked by whether somebody is still there, when it
-- last said so and when it was last asked.
ALTER TABLE identities ADD COLUMN refresh_token TEXT NOT NULL DEFAULT '';
ALTER TABLE identities ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE identities ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX identities_checked ON identities (issuer, checked_at) WHERE refresh_token <> '';
ALTER TABLE enrolments ADD COLUMN refresh_token TEXT NOT NULL DEFAULT '';

-- When, how and to whom somebody proved who they are that lets an app act.
ALTER TABLE oauth_codes ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE oauth_codes ADD COLUMN acr TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_codes ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_tokens ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE oauth_tokens ADD COLUMN acr TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_tokens ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
UPDATE oauth_tokens SET proved_at = created_at WHERE app_id = 0;
