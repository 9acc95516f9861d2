-- +goose Up

-- Nearly every delivery is made at once, and is written to four times on its
-- way: each index it is in counts. What is old goes by its activity's age.
DROP INDEX deliveries_age;

CREATE TABLE delivery_attempts_lean (
    delivery_id     INTEGER NOT NULL REFERENCES deliveries (id),
    id              INTEGER NOT NULL,
    status          INTEGER NOT NULL,                    -- HTTP; 0: no answer
    error           TEXT    NOT NULL DEFAULT '',
    duration        INTEGER NOT NULL,                    -- milliseconds
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (delivery_id, id)
) WITHOUT ROWID;
INSERT INTO delivery_attempts_lean SELECT delivery_id, id, status, error, duration, created_at FROM delivery_attempts;
DROP TABLE delivery_attempts;
ALTER TABLE delivery_attempts_lean RENAME TO delivery_attempts;
