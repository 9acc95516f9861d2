-- +goose Up

-- The words of posts and of people's profiles, as internal/search took them out:
-- parted by blanks, in the order in which they stand. What begins with = @ or #
-- is no word but a fact. rowid is the id of the post or actor.
CREATE VIRTUAL TABLE post_words USING fts5 (words, content='', contentless_delete=1, tokenize="ascii tokenchars '=@#:._-'");
CREATE VIRTUAL TABLE actor_words USING fts5 (words, content='', contentless_delete=1, prefix='1 2 3', tokenize="ascii tokenchars '=@#:._~-'");

-- What was written or changed since its words were last taken out. The stamp is
-- another for each change.
CREATE TABLE unindexed_posts (
    id              INTEGER PRIMARY KEY,
    stamp           INTEGER NOT NULL
);
CREATE TABLE unindexed_actors (
    id              INTEGER PRIMARY KEY,
    stamp           INTEGER NOT NULL
);
INSERT INTO unindexed_posts (id, stamp) SELECT id, 0 FROM posts WHERE boost_of_id = 0 AND deleted_at = 0;
INSERT INTO unindexed_actors (id, stamp) SELECT id, 0 FROM actors;

-- Hashtags that were ever used, to be found by how they begin.
CREATE TABLE tags (
    tag             TEXT    NOT NULL PRIMARY KEY,        -- lower case
    used_at         INTEGER NOT NULL                     -- last
) WITHOUT ROWID;
