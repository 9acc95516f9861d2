-- +goose Up

-- The audit trail by what was done, and to whom.
CREATE INDEX audit_lines_action ON audit_lines (action, seq);
CREATE INDEX audit_lines_subject ON audit_lines (subject, seq);

-- A sign-in that signs nobody in: whoever runs the node sees what the provider says.
ALTER TABLE sign_ins ADD COLUMN trial BOOLEAN NOT NULL DEFAULT FALSE;
