-- +goose Up

-- How the owner of a profile wants it cut, and which sites may name its owner
-- as an author.
ALTER TABLE actors ADD COLUMN hide_featured BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN hide_media BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN hide_media_replies BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE actors ADD COLUMN attributions TEXT NOT NULL DEFAULT '[]'; -- JSON [domain]

-- Where others find the hashtags on the profiles of ours.
UPDATE actors SET featured_tags_uri = uri || '/featured_tags' WHERE domain = '';

-- The directory, and whom many follow.
CREATE INDEX actors_directory ON actors (id) WHERE discoverable;
CREATE INDEX actors_directory_local ON actors (id) WHERE discoverable AND domain = '';
CREATE INDEX actors_followed ON actors (followers_count) WHERE discoverable;

-- Whose posts are under a hashtag: what somebody has said under it is counted
-- without looking at what others have.
ALTER TABLE post_tags ADD COLUMN actor_id BIGINT  NOT NULL DEFAULT 0;
UPDATE post_tags SET actor_id = COALESCE((SELECT p.actor_id FROM posts p WHERE p.id = post_tags.post_id), 0);
CREATE INDEX post_tags_actor ON post_tags (actor_id, tag, post_id);

-- Mutes whose time comes.
CREATE INDEX mutes_ending ON mutes (expires_at) WHERE expires_at <> 0;
CREATE INDEX mutes_page ON mutes (actor_id, id);

-- Accounts that somebody recommends to others, under a name.
CREATE TABLE collections (
    id              BIGINT PRIMARY KEY,
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    name            TEXT    NOT NULL,
    description     TEXT    NOT NULL DEFAULT '',
    language        TEXT    NOT NULL DEFAULT '',
    tag             TEXT    NOT NULL DEFAULT '',         -- as written
    sensitive       BOOLEAN NOT NULL DEFAULT FALSE,
    discoverable    BOOLEAN NOT NULL DEFAULT TRUE,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL
);
CREATE INDEX collections_actor ON collections (actor_id, id);

-- Who is in a collection. Who took themselves out stays, so that nobody puts
-- them in again.
CREATE TABLE collection_items (
    id              BIGINT PRIMARY KEY,
    collection_id   BIGINT  NOT NULL REFERENCES collections (id),
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    state           TEXT    NOT NULL,                    -- accepted, revoked
    created_at      BIGINT  NOT NULL,
    UNIQUE (collection_id, actor_id)
);
CREATE INDEX collection_items_page ON collection_items (collection_id, id);
CREATE INDEX collection_items_actor ON collection_items (actor_id, collection_id);
