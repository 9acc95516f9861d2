-- +goose Up

-- The words of posts and of people's profiles, as internal/search took them out,
-- with the places where they stand. What begins with = @ or # is no word but a
-- fact. What has come lately waits in a list that every search reads: it is
-- kept short.
CREATE TABLE post_words (
    id              BIGINT   NOT NULL PRIMARY KEY,
    words           TSVECTOR NOT NULL
);
CREATE INDEX post_words_words ON post_words USING gin (words) WITH (gin_pending_list_limit = 256);

CREATE TABLE actor_words (
    id              BIGINT   NOT NULL PRIMARY KEY,
    words           TSVECTOR NOT NULL
);
CREATE INDEX actor_words_words ON actor_words USING gin (words) WITH (gin_pending_list_limit = 256);

-- What was written or changed since its words were last taken out. The stamp is
-- another for each change.
CREATE TABLE unindexed_posts (
    id              BIGINT  NOT NULL PRIMARY KEY,
    stamp           BIGINT  NOT NULL
);
CREATE TABLE unindexed_actors (
    id              BIGINT  NOT NULL PRIMARY KEY,
    stamp           BIGINT  NOT NULL
);
INSERT INTO unindexed_posts (id, stamp) SELECT id, 0 FROM posts WHERE boost_of_id = 0 AND deleted_at = 0;
INSERT INTO unindexed_actors (id, stamp) SELECT id, 0 FROM actors;

-- Hashtags that were ever used, to be found by how they begin.
CREATE TABLE tags (
    tag             TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- lower case
    used_at         BIGINT  NOT NULL                     -- last
);
