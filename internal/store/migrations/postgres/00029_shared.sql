-- +goose Up

-- The people who may act as a shared account.
CREATE TABLE shared_members (
    account_id      BIGINT NOT NULL REFERENCES actors (id),
    person_id       BIGINT NOT NULL REFERENCES actors (id),
    added_by        BIGINT NOT NULL DEFAULT 0,          -- 0: the command line
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (account_id, person_id)
);
CREATE INDEX shared_memberships ON shared_members (person_id);

-- The person who acts as the shared account of the row.
ALTER TABLE sessions ADD COLUMN acted_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE oauth_codes ADD COLUMN acted_by BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_acted_by ON sessions (acted_by) WHERE acted_by <> 0;
CREATE INDEX oauth_tokens_acted_by ON oauth_tokens (acted_by) WHERE acted_by <> 0;

-- What a bot's token is for, and who answers for the bot.
ALTER TABLE oauth_tokens ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN run_by BIGINT NOT NULL DEFAULT 0;
