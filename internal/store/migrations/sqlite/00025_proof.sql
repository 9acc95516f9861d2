-- +goose Up

-- When the person of a session last proved at the provider who they are: what
-- an owner does wants a fresh proof. A sign-in may have to bring one.
ALTER TABLE sessions ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET proved_at = created_at;
ALTER TABLE sign_ins ADD COLUMN fresh BOOLEAN NOT NULL DEFAULT FALSE;
