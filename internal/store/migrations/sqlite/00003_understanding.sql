-- +goose Up

-- Their own node has suspended them: hidden while it says so. Apart from
-- lifecycle, which is what we decided.
ALTER TABLE actors ADD COLUMN suspended_there BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN featured_tags_uri TEXT NOT NULL DEFAULT '';
ALTER TABLE actors ADD COLUMN featured_at INTEGER NOT NULL DEFAULT 0; -- when we last asked what they feature

-- What a favourite said beyond that: an emoji, with a picture if it is not a character.
ALTER TABLE favourites ADD COLUMN emoji TEXT NOT NULL DEFAULT '';
ALTER TABLE favourites ADD COLUMN emoji_url TEXT NOT NULL DEFAULT '';

-- The hashtags that people show on their profiles, in their order.
CREATE TABLE featured_tags (
    id              INTEGER NOT NULL UNIQUE,
    actor_id        INTEGER NOT NULL REFERENCES actors (id),
    tag             TEXT    NOT NULL,                    -- lower case
    name            TEXT    NOT NULL,                    -- as written
    position        INTEGER NOT NULL,
    PRIMARY KEY (actor_id, tag)
);
