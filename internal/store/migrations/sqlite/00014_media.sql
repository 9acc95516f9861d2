-- +goose Up

-- A file may be uploaded before it can be shown: until it was converted the
-- upload lies beside it, and what went wrong is told to who uploaded it.
ALTER TABLE media ADD COLUMN state TEXT NOT NULL DEFAULT '';           -- '' can be shown, processing, failed
ALTER TABLE media ADD COLUMN problem TEXT NOT NULL DEFAULT '';         -- of a failed one, for who uploaded it
ALTER TABLE media ADD COLUMN upload_path TEXT NOT NULL DEFAULT '';     -- of one that is processing

-- What is known of videos and sounds.
ALTER TABLE media ADD COLUMN duration INTEGER NOT NULL DEFAULT 0;           -- milliseconds
ALTER TABLE media ADD COLUMN frame_rate TEXT NOT NULL DEFAULT '';      -- a fraction, such as 30000/1001
ALTER TABLE media ADD COLUMN bitrate INTEGER NOT NULL DEFAULT 0;            -- bits a second
ALTER TABLE media ADD COLUMN audio_codec TEXT NOT NULL DEFAULT '';
ALTER TABLE media ADD COLUMN audio_rate INTEGER NOT NULL DEFAULT 0;         -- samples a second
ALTER TABLE media ADD COLUMN audio_channels TEXT NOT NULL DEFAULT '';
