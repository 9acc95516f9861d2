-- +goose Up

-- What somebody may do beyond what the role allows, by name.
ALTER TABLE users ADD COLUMN permissions TEXT NOT NULL DEFAULT '';
