-- Where notices of a tenant go, beside the mail addresses of the users concerned.
CREATE TABLE notice_targets (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant_id  INTEGER NOT NULL REFERENCES tenants (id),
    channel    TEXT NOT NULL CHECK (channel IN ('webhook', 'email')),
    address    TEXT NOT NULL,
    secret     TEXT,             -- sealed; a webhook's signing secret
    created_at INTEGER NOT NULL,
    removed_at INTEGER
) STRICT;
CREATE UNIQUE INDEX notice_targets_address ON notice_targets (tenant_id, channel, address) WHERE removed_at IS NULL;

-- What people are told. The id follows from the occasion, so that no two processes tell one occasion twice.
CREATE TABLE notices (
    id             TEXT PRIMARY KEY,
    tenant_id      INTEGER NOT NULL REFERENCES tenants (id),
    at             INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    severity       TEXT NOT NULL,
    token_id       TEXT,
    user_name      TEXT,
    data_source_id TEXT,
    details        TEXT NOT NULL -- JSON object
) STRICT;
CREATE INDEX notices_tenant ON notices (tenant_id, at);

-- One row for each place a notice goes to. A process that delivers holds a lease.
CREATE TABLE deliveries (
    notice_id    TEXT NOT NULL REFERENCES notices (id),
    channel      TEXT NOT NULL,
    address      TEXT NOT NULL,
    target_id    INTEGER,          -- null: a user's own address
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    lease        TEXT,
    leased_until INTEGER,
    delivered_at INTEGER,
    dead_at      INTEGER,          -- given up
    error        TEXT,             -- of the last attempt
    PRIMARY KEY (notice_id, channel, address)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE delivered_at IS NULL AND dead_at IS NULL;

-- What was last told about the refreshes of a token on a data source.
CREATE TABLE refresh_states (
    token_id       TEXT NOT NULL,
    data_source_id TEXT NOT NULL,
    tenant_id      INTEGER NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('failing', 'working', 'replaced')),
    since          INTEGER NOT NULL,
    PRIMARY KEY (token_id, data_source_id)
) STRICT;
