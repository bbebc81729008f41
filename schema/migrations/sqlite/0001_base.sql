-- Times are milliseconds since 1970 (UTC), lengths of time seconds. `*_key` columns hold names as they are compared:
-- NFC, ASCII letters in lower case. Rows that others or the history name are marked as removed, never deleted.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE tenants (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    suspended_at INTEGER
) STRICT;

CREATE TABLE policies (
    tenant_id         INTEGER PRIMARY KEY REFERENCES tenants (id),
    max_lifetime      INTEGER,          -- null: tokens live until they are revoked
    max_active_tokens INTEGER NOT NULL,
    max_idle          INTEGER,          -- null: no token expires by not being used
    rate_token        INTEGER NOT NULL, -- requests per minute
    rate_user         INTEGER NOT NULL,
    rate_tenant       INTEGER NOT NULL,
    concurrent        INTEGER NOT NULL,
    allow_addresses   TEXT NOT NULL     -- JSON list of CIDRs; empty: from everywhere
) STRICT;

CREATE TABLE users (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id   INTEGER NOT NULL REFERENCES tenants (id),
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL,
    email       TEXT,
    role        TEXT NOT NULL CHECK (role IN ('analyst', 'admin', 'service')),
    owner_id    INTEGER REFERENCES users (id), -- who answers for a service user
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER,
    removed_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX users_name ON users (tenant_id, name_key) WHERE removed_at IS NULL;

CREATE TABLE groups (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id  INTEGER NOT NULL REFERENCES tenants (id),
    name       TEXT NOT NULL,
    name_key   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (tenant_id, name_key)
) STRICT;

CREATE TABLE group_members (
    group_id INTEGER NOT NULL REFERENCES groups (id),
    user_id  INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (group_id, user_id)
) STRICT;
CREATE INDEX group_members_user ON group_members (user_id);

CREATE TABLE connections (
    id             TEXT PRIMARY KEY,
    tenant_id      INTEGER NOT NULL REFERENCES tenants (id),
    name           TEXT NOT NULL,
    name_key       TEXT NOT NULL,
    kind           TEXT NOT NULL CHECK (kind IN ('token', 'oauth')),
    credential     TEXT NOT NULL,    -- sealed; bound to this row
    portal_id      INTEGER,
    status         TEXT NOT NULL CHECK (status IN ('unknown', 'working', 'rejected')),
    status_message TEXT,
    version        INTEGER NOT NULL, -- grows with each change of the credential
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    removed_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX connections_name ON connections (tenant_id, name_key) WHERE removed_at IS NULL;

CREATE TABLE tokens (
    id                TEXT PRIMARY KEY,
    tenant_id         INTEGER NOT NULL REFERENCES tenants (id),
    user_id           INTEGER NOT NULL REFERENCES users (id),
    label             TEXT NOT NULL,
    hash              TEXT NOT NULL, -- argon2id, PHC string
    tag               BLOB,          -- HMAC-SHA-256 under the key tag_key
    tag_key           TEXT,
    scope             TEXT,          -- JSON list of data sources; null: all of the user's
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER,       -- null: never
    max_idle          INTEGER,
    idle_grace        INTEGER,       -- not expired by max_idle before this
    expired_at        INTEGER,       -- first seen expired: stays so
    retiring_at       INTEGER,
    rotated_to        TEXT REFERENCES tokens (id),
    revoked_at        INTEGER,
    revoke_reason     TEXT,
    last_used_at      INTEGER,
    last_used_address TEXT,
    CHECK ((tag IS NULL) = (tag_key IS NULL))
) STRICT;
CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_living ON tokens (tenant_id, expires_at) WHERE revoked_at IS NULL AND expired_at IS NULL;

CREATE TABLE data_sources (
    id            TEXT PRIMARY KEY,
    tenant_id     INTEGER NOT NULL REFERENCES tenants (id),
    name          TEXT NOT NULL,
    owner_id      INTEGER NOT NULL REFERENCES users (id),
    connection_id TEXT NOT NULL REFERENCES connections (id),
    definition    TEXT NOT NULL, -- JSON
    version       INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    deleted_at    INTEGER
) STRICT;
CREATE INDEX data_sources_tenant ON data_sources (tenant_id, owner_id);
CREATE INDEX data_sources_connection ON data_sources (connection_id);

-- Names and types of what a data source shows, no values. A version is written once and never changed.
CREATE TABLE data_source_models (
    data_source_id TEXT NOT NULL REFERENCES data_sources (id),
    version        INTEGER NOT NULL,
    model          TEXT NOT NULL, -- JSON
    created_at     INTEGER NOT NULL,
    PRIMARY KEY (data_source_id, version)
) STRICT;

CREATE TABLE user_shares (
    data_source_id TEXT NOT NULL REFERENCES data_sources (id),
    user_id        INTEGER NOT NULL REFERENCES users (id),
    PRIMARY KEY (data_source_id, user_id)
) STRICT;
CREATE INDEX user_shares_user ON user_shares (user_id);

CREATE TABLE group_shares (
    data_source_id TEXT NOT NULL REFERENCES data_sources (id),
    group_id       INTEGER NOT NULL REFERENCES groups (id),
    PRIMARY KEY (data_source_id, group_id)
) STRICT;
CREATE INDEX group_shares_group ON group_shares (group_id);

-- Who did what. Names are copied, not referenced: an entry must say the same for ever.
CREATE TABLE history (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    action         TEXT NOT NULL,
    actor          TEXT NOT NULL,
    tenant_id      INTEGER,
    token_id       TEXT,
    user_name      TEXT,
    data_source_id TEXT,
    outcome        TEXT NOT NULL,
    reason         TEXT,
    request_id     TEXT,
    details        TEXT NOT NULL -- JSON object
) STRICT;
CREATE INDEX history_tenant ON history (tenant_id, at);
CREATE INDEX history_token ON history (token_id, at) WHERE token_id IS NOT NULL;
CREATE INDEX history_data_source ON history (data_source_id, at) WHERE data_source_id IS NOT NULL;
CREATE TRIGGER history_is_append_only BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is append-only');
END;

-- One row for each answered request. No values: literals of filters are replaced before they come here.
CREATE TABLE requests (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    request_id     TEXT NOT NULL,
    tenant_id      INTEGER,
    token_id       TEXT,
    user_name      TEXT,
    data_source_id TEXT,
    entity_set     TEXT,
    query          TEXT,
    address        TEXT,
    client         TEXT,             -- User-Agent
    status         INTEGER NOT NULL,
    error_code     TEXT,
    row_count      INTEGER NOT NULL,
    byte_count     INTEGER NOT NULL,
    duration       INTEGER NOT NULL, -- milliseconds
    upstream_calls INTEGER NOT NULL,
    nulled_values  INTEGER NOT NULL,
    more           INTEGER NOT NULL  -- 1: the answer had a link to a next page
) STRICT;
CREATE INDEX requests_tenant ON requests (tenant_id, at);
CREATE INDEX requests_token ON requests (token_id, at) WHERE token_id IS NOT NULL;
CREATE INDEX requests_data_source ON requests (data_source_id, at) WHERE data_source_id IS NOT NULL;

-- Refused credentials, counted: a flood grows a number, not the file.
CREATE TABLE refusals (
    token_id        TEXT NOT NULL, -- '' when the token does not exist
    reason          TEXT NOT NULL,
    address         TEXT NOT NULL,
    minute          INTEGER NOT NULL,
    tenant_id       INTEGER,
    refused         INTEGER NOT NULL,
    last_request_id TEXT,
    PRIMARY KEY (token_id, reason, address, minute)
) STRICT;
CREATE INDEX refusals_minute ON refusals (minute);
