-- +goose Up

-- Logout tokens of identity providers that were obeyed: each counts once.
CREATE TABLE logout_tokens (
    issuer          TEXT    NOT NULL,
    jti             TEXT    NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (issuer, jti)
);
CREATE INDEX logout_tokens_expiry ON logout_tokens (expires_at);
CREATE INDEX sessions_provider ON sessions (issuer, provider_sid) WHERE provider_sid <> '';
