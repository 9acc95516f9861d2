-- +goose Up

-- Whose a file is, is asked each time it is: what belongs to somebody who is
-- suspended or gone is not shown.
CREATE INDEX media_path ON media (path) WHERE path <> '';
CREATE INDEX media_preview ON media (preview_path) WHERE path <> '';
CREATE INDEX actors_withheld ON actors (lifecycle) WHERE domain = '' AND lifecycle <> 'active';
