-- +goose Up

-- The collection of the thread that a post is in, as its author's node names
-- it. FEP-7888
ALTER TABLE posts ADD COLUMN context_uri TEXT NOT NULL DEFAULT '';
UPDATE posts SET context_uri = conversation_uri WHERE conversation_uri LIKE 'http%'
 AND (NOT local OR thread_id IN (SELECT id FROM posts WHERE local AND in_reply_to_uri = ''));
