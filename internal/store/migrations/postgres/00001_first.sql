-- +goose Up

-- Times are milliseconds since 1970 in UTC; 0 stands for never. Ids are 64 bits,
-- ordered by time. A column that ends in _uri holds an ActivityPub id.

-- Everybody and everything that can act, here or elsewhere.
CREATE TABLE actors (
    id              BIGINT PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,                    -- Person, Service, Group, Application, Organization
    username        TEXT    NOT NULL,                    -- as its owner writes it
    domain          TEXT    NOT NULL DEFAULT '',         -- handle domain; '' for ours
    display_name    TEXT    NOT NULL DEFAULT '',
    note            TEXT    NOT NULL DEFAULT '',         -- sanitised HTML
    note_source     TEXT    NOT NULL DEFAULT '',
    url             TEXT    NOT NULL DEFAULT '',
    inbox_uri       TEXT    NOT NULL DEFAULT '',
    shared_inbox_uri TEXT   NOT NULL DEFAULT '',
    outbox_uri      TEXT    NOT NULL DEFAULT '',
    followers_uri   TEXT    NOT NULL DEFAULT '',
    following_uri   TEXT    NOT NULL DEFAULT '',
    featured_uri    TEXT    NOT NULL DEFAULT '',
    avatar          TEXT    NOT NULL DEFAULT '',         -- path of ours, or a remote URL
    header          TEXT    NOT NULL DEFAULT '',
    avatar_description TEXT NOT NULL DEFAULT '',
    header_description TEXT NOT NULL DEFAULT '',
    fields          TEXT    NOT NULL DEFAULT '[]',       -- JSON [{name,value,source,verified_at}]
    emojis          TEXT    NOT NULL DEFAULT '[]',       -- JSON [{shortcode,url}]
    also_known_as   TEXT    NOT NULL DEFAULT '[]',       -- JSON [uri]
    moved_to_uri    TEXT    NOT NULL DEFAULT '',
    successor_id    BIGINT  NOT NULL DEFAULT 0,          -- who answers for a leaver
    locked          BOOLEAN NOT NULL DEFAULT FALSE,
    bot             BOOLEAN NOT NULL DEFAULT FALSE,
    discoverable    BOOLEAN NOT NULL DEFAULT TRUE,
    indexable       BOOLEAN NOT NULL DEFAULT TRUE,
    hide_collections BOOLEAN NOT NULL DEFAULT FALSE,
    memorial        BOOLEAN NOT NULL DEFAULT FALSE,
    lifecycle       TEXT    NOT NULL DEFAULT 'active',   -- active, suspended, deprovisioned, erased
    limited         BOOLEAN NOT NULL DEFAULT FALSE,      -- kept out of public timelines
    statuses_count  BIGINT  NOT NULL DEFAULT 0,
    followers_count BIGINT  NOT NULL DEFAULT 0,
    following_count BIGINT  NOT NULL DEFAULT 0,
    last_status_at  BIGINT  NOT NULL DEFAULT 0,
    revision        BIGINT  NOT NULL DEFAULT 1,          -- grows with every change that a reader can see
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    fetched_at      BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX actors_domain ON actors (domain) WHERE domain <> '';

-- Every handle an actor has or had. Old ones keep resolving.
CREATE TABLE handles (
    name            TEXT    NOT NULL,                    -- lower case
    domain          TEXT    NOT NULL,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    is_current      BOOLEAN NOT NULL DEFAULT TRUE,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (name, domain)
);
CREATE INDEX handles_actor ON handles (actor_id);

CREATE TABLE actor_keys (
    key_id          TEXT    NOT NULL PRIMARY KEY,        -- URI
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    algorithm       TEXT    NOT NULL,                    -- rsa, ed25519
    public_key      TEXT    NOT NULL,                    -- PEM
    private_key     TEXT    NOT NULL DEFAULT '',         -- PEM; ours only
    created_at      BIGINT  NOT NULL,
    retired_at      BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX actor_keys_actor ON actor_keys (actor_id);

-- What is known of a local person or service beyond the actor.
CREATE TABLE users (
    actor_id        BIGINT PRIMARY KEY REFERENCES actors (id),
    email           TEXT    NOT NULL DEFAULT '',
    role            TEXT    NOT NULL DEFAULT 'member',
    hold_seconds    BIGINT  NOT NULL DEFAULT -1,         -- -1: as the node says
    default_visibility TEXT NOT NULL DEFAULT 'public',
    default_sensitive BOOLEAN NOT NULL DEFAULT FALSE,
    default_language TEXT   NOT NULL DEFAULT '',
    created_at      BIGINT  NOT NULL,
    signed_in_at    BIGINT  NOT NULL DEFAULT 0
);

-- A person is an issuer and a subject, never an e-mail address or a name.
CREATE TABLE identities (
    issuer          TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    claims          TEXT    NOT NULL DEFAULT '{}',       -- JSON, as of the last sign-in
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_actor ON identities (actor_id);

-- A sign-in on its way through a provider, bound to the browser that began it.
CREATE TABLE sign_ins (
    state_hash      TEXT    NOT NULL PRIMARY KEY,
    browser_hash    TEXT    NOT NULL,
    provider        TEXT    NOT NULL,
    nonce           TEXT    NOT NULL,
    verifier        TEXT    NOT NULL,                    -- PKCE
    return_to       TEXT    NOT NULL DEFAULT '',
    expires_at      BIGINT  NOT NULL
);

CREATE TABLE sign_in_links (
    token_hash      TEXT    NOT NULL PRIMARY KEY,
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    expires_at      BIGINT  NOT NULL,
    used_at         BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
    id              BIGINT PRIMARY KEY,
    token_hash      TEXT    NOT NULL UNIQUE,
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    issuer          TEXT    NOT NULL DEFAULT '',
    provider_sid    TEXT    NOT NULL DEFAULT '',         -- OIDC sid
    id_token        TEXT    NOT NULL DEFAULT '',         -- hint for RP-initiated logout
    user_agent      TEXT    NOT NULL DEFAULT '',
    address         TEXT    NOT NULL DEFAULT '',
    created_at      BIGINT  NOT NULL,
    seen_at         BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    ended_at        BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX sessions_actor ON sessions (actor_id);
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at <> 0;

CREATE TABLE oauth_apps (
    id              BIGINT PRIMARY KEY,
    client_id       TEXT    NOT NULL UNIQUE,
    secret_hash     TEXT    NOT NULL,
    name            TEXT    NOT NULL,
    website         TEXT    NOT NULL DEFAULT '',
    redirect_uris   TEXT    NOT NULL,                    -- one a line
    scopes          TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL
);

CREATE TABLE oauth_codes (
    code_hash       TEXT    NOT NULL PRIMARY KEY,
    app_id          BIGINT  NOT NULL REFERENCES oauth_apps (id),
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    redirect_uri    TEXT    NOT NULL,
    scopes          TEXT    NOT NULL,
    challenge       TEXT    NOT NULL DEFAULT '',         -- PKCE S256
    created_at      BIGINT  NOT NULL,
    expires_at      BIGINT  NOT NULL,
    used_at         BIGINT  NOT NULL DEFAULT 0,
    token_id        BIGINT  NOT NULL DEFAULT 0           -- what it was exchanged for
);

CREATE TABLE oauth_tokens (
    id              BIGINT PRIMARY KEY,
    token_hash      TEXT    NOT NULL UNIQUE,
    app_id          BIGINT  NOT NULL DEFAULT 0,          -- 0: made by the owner's command
    actor_id        BIGINT  NOT NULL DEFAULT 0,          -- 0: the app itself
    acted_by        BIGINT  NOT NULL DEFAULT 0,          -- the person who acts as a shared account
    scopes          TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    used_at         BIGINT  NOT NULL DEFAULT 0,
    expires_at      BIGINT  NOT NULL DEFAULT 0,
    revoked_at      BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX oauth_tokens_actor ON oauth_tokens (actor_id);
CREATE INDEX oauth_tokens_revoked ON oauth_tokens (revoked_at) WHERE revoked_at <> 0;

-- Posts and boosts, ours and theirs. A boost is a row with boost_of_id.
CREATE TABLE posts (
    id              BIGINT PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,
    url             TEXT    NOT NULL DEFAULT '',
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    acted_by        BIGINT  NOT NULL DEFAULT 0,
    kind            TEXT    NOT NULL DEFAULT 'Note',
    local           BOOLEAN NOT NULL,
    visibility      TEXT    NOT NULL,                    -- public, unlisted, private, direct
    scope           TEXT    NOT NULL DEFAULT 'world',    -- here, organisation, partners, world
    label           TEXT    NOT NULL DEFAULT '',         -- classification
    listed          BOOLEAN NOT NULL DEFAULT FALSE,      -- belongs in public timelines
    thread_id       BIGINT  NOT NULL,                    -- the first post known of its conversation
    conversation_uri TEXT   NOT NULL DEFAULT '',
    in_reply_to_id  BIGINT  NOT NULL DEFAULT 0,
    in_reply_to_uri TEXT    NOT NULL DEFAULT '',
    in_reply_to_actor_id BIGINT  NOT NULL DEFAULT 0,
    boost_of_id     BIGINT  NOT NULL DEFAULT 0,
    quote_of_id     BIGINT  NOT NULL DEFAULT 0,
    quote_of_uri    TEXT    NOT NULL DEFAULT '',
    content         TEXT    NOT NULL DEFAULT '',         -- sanitised HTML
    source          TEXT    NOT NULL DEFAULT '',         -- what the author wrote
    spoiler         TEXT    NOT NULL DEFAULT '',
    sensitive       BOOLEAN NOT NULL DEFAULT FALSE,
    language        TEXT    NOT NULL DEFAULT '',
    emojis          TEXT    NOT NULL DEFAULT '[]',       -- JSON [{shortcode,url}]
    tags            TEXT    NOT NULL DEFAULT '[]',       -- JSON [name], as written
    app_id          BIGINT  NOT NULL DEFAULT 0,
    replies_count   BIGINT  NOT NULL DEFAULT 0,
    boosts_count    BIGINT  NOT NULL DEFAULT 0,
    favourites_count BIGINT  NOT NULL DEFAULT 0,
    version         BIGINT  NOT NULL DEFAULT 1,
    revision        BIGINT  NOT NULL DEFAULT 1,          -- grows with every change that a reader can see
    published_at    BIGINT  NOT NULL,
    received_at     BIGINT  NOT NULL,
    edited_at       BIGINT  NOT NULL DEFAULT 0,
    deleted_at      BIGINT  NOT NULL DEFAULT 0,
    held_until      BIGINT  NOT NULL DEFAULT 0           -- until then it is its author's alone
);
CREATE INDEX posts_actor ON posts (actor_id, id);
CREATE INDEX posts_thread ON posts (thread_id, id);
CREATE INDEX posts_reply ON posts (in_reply_to_id, id) WHERE in_reply_to_id <> 0;
CREATE INDEX posts_orphan ON posts (in_reply_to_uri) WHERE in_reply_to_uri <> '' AND in_reply_to_id = 0;
CREATE INDEX posts_listed ON posts (id) WHERE listed;
CREATE INDEX posts_listed_local ON posts (id) WHERE listed AND local;
CREATE INDEX posts_listed_remote ON posts (id) WHERE listed AND NOT local;
CREATE UNIQUE INDEX posts_boost ON posts (boost_of_id, actor_id) WHERE boost_of_id <> 0 AND deleted_at = 0;
CREATE INDEX posts_held ON posts (held_until) WHERE held_until <> 0;

-- What a post said before each edit. The first stays for evidence.
CREATE TABLE post_versions (
    post_id         BIGINT  NOT NULL REFERENCES posts (id),
    version         BIGINT  NOT NULL,
    content         TEXT    NOT NULL,
    source          TEXT    NOT NULL,
    spoiler         TEXT    NOT NULL,
    sensitive       BOOLEAN NOT NULL,
    language        TEXT    NOT NULL,
    media           TEXT    NOT NULL DEFAULT '[]',       -- JSON, as shown then
    acted_by        BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (post_id, version)
);

-- Ids that must stay dead, of posts and activities never seen alive, too. Only
-- what the same actor makes is dead: nobody can bury another's.
CREATE TABLE tombstones (
    uri             TEXT    NOT NULL,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id), -- who said so
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (uri, actor_id)
);

CREATE TABLE mentions (
    post_id         BIGINT  NOT NULL REFERENCES posts (id),
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    silent          BOOLEAN NOT NULL DEFAULT FALSE,      -- addressed, not named in the text
    PRIMARY KEY (post_id, actor_id)
);
CREATE INDEX mentions_actor ON mentions (actor_id, post_id);

CREATE TABLE post_tags (
    tag             TEXT    NOT NULL,                    -- lower case
    post_id         BIGINT  NOT NULL REFERENCES posts (id),
    PRIMARY KEY (tag, post_id)
);
CREATE INDEX post_tags_post ON post_tags (post_id);

CREATE TABLE media (
    id              BIGINT PRIMARY KEY,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    post_id         BIGINT  NOT NULL DEFAULT 0,          -- 0: not yet posted
    position        BIGINT  NOT NULL DEFAULT 0,
    kind            TEXT    NOT NULL,                    -- image, gifv, video, audio, unknown
    mime            TEXT    NOT NULL DEFAULT '',
    path            TEXT    NOT NULL DEFAULT '',         -- ours, below data_dir/media
    preview_path    TEXT    NOT NULL DEFAULT '',
    remote_url      TEXT    NOT NULL DEFAULT '',
    description     TEXT    NOT NULL DEFAULT '',
    blurhash        TEXT    NOT NULL DEFAULT '',
    width           BIGINT  NOT NULL DEFAULT 0,
    height          BIGINT  NOT NULL DEFAULT 0,
    preview_width   BIGINT  NOT NULL DEFAULT 0,
    preview_height  BIGINT  NOT NULL DEFAULT 0,
    focus_x         DOUBLE PRECISION NOT NULL DEFAULT 0,
    focus_y         DOUBLE PRECISION NOT NULL DEFAULT 0,
    size            BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL
);
CREATE INDEX media_post ON media (post_id, position) WHERE post_id <> 0;
CREATE INDEX media_unused ON media (created_at) WHERE post_id = 0;

CREATE TABLE follows (
    id              BIGINT PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,             -- of the Follow activity
    follower_id     BIGINT  NOT NULL REFERENCES actors (id),
    target_id       BIGINT  NOT NULL REFERENCES actors (id),
    accepted        BOOLEAN NOT NULL DEFAULT FALSE,
    show_boosts     BOOLEAN NOT NULL DEFAULT TRUE,
    notify          BOOLEAN NOT NULL DEFAULT FALSE,
    languages       TEXT    NOT NULL DEFAULT '[]',       -- JSON
    created_at      BIGINT  NOT NULL,
    UNIQUE (follower_id, target_id)
);
CREATE INDEX follows_target ON follows (target_id, accepted, id);
CREATE INDEX follows_follower ON follows (follower_id, accepted, id);

CREATE TABLE blocks (
    id              BIGINT PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    target_id       BIGINT  NOT NULL REFERENCES actors (id),
    created_at      BIGINT  NOT NULL,
    UNIQUE (actor_id, target_id)
);
CREATE INDEX blocks_target ON blocks (target_id);

CREATE TABLE mutes (
    id              BIGINT PRIMARY KEY,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    target_id       BIGINT  NOT NULL REFERENCES actors (id),
    notifications   BOOLEAN NOT NULL DEFAULT TRUE,
    expires_at      BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    UNIQUE (actor_id, target_id)
);

CREATE TABLE favourites (
    id              BIGINT PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,             -- of the Like activity
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    post_id         BIGINT  NOT NULL REFERENCES posts (id),
    created_at      BIGINT  NOT NULL,
    UNIQUE (post_id, actor_id)
);
CREATE INDEX favourites_actor ON favourites (actor_id, id);

CREATE TABLE bookmarks (
    id              BIGINT PRIMARY KEY,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    post_id         BIGINT  NOT NULL REFERENCES posts (id),
    created_at      BIGINT  NOT NULL,
    UNIQUE (actor_id, post_id)
);
CREATE INDEX bookmarks_page ON bookmarks (actor_id, id);

CREATE TABLE pins (
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    post_id         BIGINT  NOT NULL REFERENCES posts (id),
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (actor_id, post_id)
);

-- A home timeline is a range of this table.
CREATE TABLE home_entries (
    reader_id       BIGINT  NOT NULL,
    post_id         BIGINT  NOT NULL,
    PRIMARY KEY (reader_id, post_id)
);
CREATE INDEX home_entries_post ON home_entries (post_id);

CREATE TABLE notifications (
    id              BIGINT PRIMARY KEY,
    reader_id       BIGINT  NOT NULL REFERENCES users (actor_id),
    kind            TEXT    NOT NULL,                    -- mention, reblog, favourite, follow, follow_request, update, status
    from_id         BIGINT  NOT NULL REFERENCES actors (id),
    post_id         BIGINT  NOT NULL DEFAULT 0,
    created_at      BIGINT  NOT NULL,
    UNIQUE (reader_id, kind, from_id, post_id)
);
CREATE INDEX notifications_page ON notifications (reader_id, id);
CREATE INDEX notifications_post ON notifications (post_id) WHERE post_id <> 0;

CREATE TABLE markers (
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    timeline        TEXT    NOT NULL,                    -- home, notifications
    last_read_id    BIGINT  NOT NULL,
    version         BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    PRIMARY KEY (actor_id, timeline)
);

CREATE TABLE account_notes (
    actor_id        BIGINT  NOT NULL REFERENCES users (actor_id),
    target_id       BIGINT  NOT NULL REFERENCES actors (id),
    comment         TEXT    NOT NULL,
    PRIMARY KEY (actor_id, target_id)
);

CREATE TABLE idempotency_keys (
    actor_id        BIGINT  NOT NULL,
    key             TEXT    NOT NULL,
    post_id         BIGINT  NOT NULL,
    created_at      BIGINT  NOT NULL,
    PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Activities that arrived, once for each sender.
CREATE TABLE arrivals (
    activity_uri    TEXT    NOT NULL,
    host            TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    received_at     BIGINT  NOT NULL,
    PRIMARY KEY (activity_uri, host)
);
CREATE INDEX arrivals_age ON arrivals (received_at);

-- Activities on their way out. The body is kept once for all who get it.
CREATE TABLE activities (
    id              BIGINT PRIMARY KEY,
    uri             TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    actor_id        BIGINT  NOT NULL REFERENCES actors (id),
    object_uri      TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL
);
CREATE INDEX activities_age ON activities (created_at);

CREATE TABLE deliveries (
    id              BIGINT PRIMARY KEY,
    activity_id     BIGINT  NOT NULL REFERENCES activities (id),
    object_uri      TEXT    NOT NULL,
    inbox           TEXT    NOT NULL,
    host            TEXT    NOT NULL,
    state           TEXT    NOT NULL DEFAULT 'pending',  -- pending, done, dead
    attempts        BIGINT  NOT NULL DEFAULT 0,
    next_at         BIGINT  NOT NULL,
    last_status     BIGINT  NOT NULL DEFAULT 0,
    last_error      TEXT    NOT NULL DEFAULT '',
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    UNIQUE (activity_id, inbox)
);
CREATE INDEX deliveries_open ON deliveries (host, object_uri, id) WHERE state = 'pending';
CREATE INDEX deliveries_state ON deliveries (state, id) WHERE state <> 'done';
CREATE INDEX deliveries_age ON deliveries (updated_at) WHERE state <> 'pending';

CREATE TABLE delivery_attempts (
    id              BIGINT PRIMARY KEY,
    delivery_id     BIGINT  NOT NULL REFERENCES deliveries (id),
    status          BIGINT  NOT NULL,                    -- HTTP; 0: no answer
    error           TEXT    NOT NULL DEFAULT '',
    duration        BIGINT  NOT NULL,                    -- milliseconds
    created_at      BIGINT  NOT NULL
);
CREATE INDEX delivery_attempts_delivery ON delivery_attempts (delivery_id, id);

-- Which organisations we talk to. *.example.org stands for all below it.
CREATE TABLE partners (
    domain          TEXT    NOT NULL PRIMARY KEY,
    policy          TEXT    NOT NULL,                    -- allow, limit, block
    organisation    BOOLEAN NOT NULL DEFAULT FALSE,      -- a node of our own
    comment         TEXT    NOT NULL DEFAULT '',
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL
);

-- The audit trail: each line holds the hash of the one before.
CREATE TABLE audit_lines (
    seq             BIGINT PRIMARY KEY,
    created_at      BIGINT  NOT NULL,
    actor_id        BIGINT  NOT NULL,                    -- 0: the node itself, or its command line
    acted_by        BIGINT  NOT NULL DEFAULT 0,
    action          TEXT    NOT NULL,
    subject         TEXT    NOT NULL,
    detail          TEXT    NOT NULL,                    -- JSON
    previous_hash   TEXT    NOT NULL,
    hash            TEXT    NOT NULL
);
CREATE INDEX audit_lines_actor ON audit_lines (actor_id, seq);
