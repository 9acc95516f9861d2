-- +goose Up

-- What kind of sign-in a session began with, in the provider's words (acr): what
-- only some may do can want a stronger one.
ALTER TABLE sessions ADD COLUMN acr TEXT NOT NULL DEFAULT '';
