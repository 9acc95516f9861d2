-- +goose Up

-- Posts by the address that people see, and who kept or pins one.
CREATE INDEX posts_url ON posts (url) WHERE url <> '';
CREATE INDEX bookmarks_post ON bookmarks (post_id);
CREATE INDEX pins_post ON pins (post_id);

-- The posts for few that somebody wrote or is named in, among all the others.
ALTER TABLE mentions ADD COLUMN direct BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE mentions SET direct = TRUE WHERE post_id IN (SELECT id FROM posts WHERE visibility = 'direct');
CREATE INDEX mentions_direct ON mentions (actor_id, post_id) WHERE direct;
CREATE INDEX posts_direct ON posts (actor_id, id) WHERE visibility = 'direct';

-- A domain that is asked for is found, whichever it is.
DROP INDEX actors_domain_page;
CREATE INDEX actors_domain_page ON actors (domain, id);
CREATE INDEX actors_joined ON actors (domain, created_at);

-- On which day somebody posted last, for the directory.
ALTER TABLE actors ADD COLUMN last_status_day BIGINT GENERATED ALWAYS AS (last_status_at / 86400000) STORED;
CREATE INDEX actors_active ON actors (last_status_day) WHERE discoverable;
