-- +goose Up

-- What renews a token, and what did before it: who shows that a second time
-- has stolen it, or was stolen from.
ALTER TABLE oauth_tokens ADD COLUMN refresh_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_tokens ADD COLUMN spent_hash TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX oauth_tokens_refresh ON oauth_tokens (refresh_hash) WHERE refresh_hash <> '';
CREATE UNIQUE INDEX oauth_tokens_spent ON oauth_tokens (spent_hash) WHERE spent_hash <> '';
CREATE INDEX oauth_tokens_app ON oauth_tokens (app_id) WHERE revoked_at = 0;
CREATE INDEX oauth_tokens_expiry ON oauth_tokens (expires_at) WHERE expires_at <> 0;
