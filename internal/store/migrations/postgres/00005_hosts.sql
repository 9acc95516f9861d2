-- +goose Up

-- How other nodes take what we send. A row is written when that changes, not
-- with each delivery; a host without one has always answered.
CREATE TABLE hosts (
    host            TEXT    NOT NULL PRIMARY KEY,
    state           TEXT    NOT NULL,                    -- healthy, failing, unavailable
    failures        BIGINT NOT NULL DEFAULT 0,          -- tries in vain since it answered last
    failing_since   BIGINT NOT NULL DEFAULT 0,
    last_success_at BIGINT NOT NULL DEFAULT 0,
    last_failure_at BIGINT NOT NULL DEFAULT 0,
    next_probe_at   BIGINT NOT NULL DEFAULT 0,          -- while it is unavailable: when one delivery is tried
    last_error      TEXT    NOT NULL DEFAULT '',
    updated_at      BIGINT NOT NULL
);
CREATE INDEX hosts_troubled ON hosts (state, next_probe_at) WHERE state <> 'healthy';

-- A delivery in somebody's hands is nobody else's until then.
ALTER TABLE deliveries ADD COLUMN taken_until BIGINT NOT NULL DEFAULT 0;
CREATE INDEX deliveries_due ON deliveries (next_at) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (host, id) WHERE state = 'dead';

-- The activity is for the followers of its actor: it says which they are, FEP-8fcf.
ALTER TABLE activities ADD COLUMN for_followers BOOLEAN NOT NULL DEFAULT FALSE;

-- When a job that is asleep wakes up for the activity: one is enough.
ALTER TABLE activities ADD COLUMN alarm_at BIGINT NOT NULL DEFAULT 0;

CREATE INDEX actors_inbox ON actors (inbox_uri) WHERE domain <> '';
CREATE INDEX actors_shared_inbox ON actors (shared_inbox_uri, id) WHERE domain <> '';
