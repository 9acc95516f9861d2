-- +goose Up

-- Posts that wait for their time; a draft is one whose time is far away.
CREATE TABLE scheduled_posts (
    id              INTEGER PRIMARY KEY,
    actor_id        INTEGER NOT NULL REFERENCES users (actor_id),
    scheduled_at    INTEGER NOT NULL,
    draft           TEXT    NOT NULL,                    -- JSON, as its author would post it
    problem         TEXT    NOT NULL DEFAULT '',         -- why it was not published at its time
    created_at      INTEGER NOT NULL
);
CREATE INDEX scheduled_posts_page ON scheduled_posts (actor_id, id);
CREATE INDEX scheduled_posts_day ON scheduled_posts (actor_id, scheduled_at);

-- Files that such a post will have are no unused uploads.
ALTER TABLE media ADD COLUMN scheduled_id INTEGER NOT NULL DEFAULT 0;
CREATE INDEX media_scheduled ON media (scheduled_id, position) WHERE scheduled_id <> 0;
DROP INDEX media_unused;
CREATE INDEX media_unused ON media (created_at) WHERE post_id = 0 AND scheduled_id = 0;

-- What pages that posts link to say of themselves, by address.
CREATE TABLE cards (
    id              INTEGER PRIMARY KEY,
    url             TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL DEFAULT 'link',     -- link, photo
    title           TEXT    NOT NULL DEFAULT '',         -- '': the page says nothing, or could not be had
    description     TEXT    NOT NULL DEFAULT '',
    language        TEXT    NOT NULL DEFAULT '',
    author_name     TEXT    NOT NULL DEFAULT '',
    author_url      TEXT    NOT NULL DEFAULT '',
    provider_name   TEXT    NOT NULL DEFAULT '',
    provider_url    TEXT    NOT NULL DEFAULT '',
    image_url       TEXT    NOT NULL DEFAULT '',
    image_description TEXT  NOT NULL DEFAULT '',
    blurhash        TEXT    NOT NULL DEFAULT '',
    width           INTEGER NOT NULL DEFAULT 0,
    height          INTEGER NOT NULL DEFAULT 0,
    published_at    INTEGER NOT NULL DEFAULT 0,
    fresh_until     INTEGER NOT NULL                     -- when the page is asked again, if somebody links to it
);

CREATE TABLE post_cards (
    post_id         INTEGER PRIMARY KEY REFERENCES posts (id),
    card_id         INTEGER NOT NULL REFERENCES cards (id)
);
CREATE INDEX post_cards_card ON post_cards (card_id, post_id);

-- The options of the poll that a post asked before an edit.
ALTER TABLE post_versions ADD COLUMN options TEXT NOT NULL DEFAULT '[]'; -- JSON [title]
