-- The service principal through which a tenant speaks with Power BI: one for each tenant at most.
CREATE TABLE powerbi_connections (
    tenant_id  INTEGER PRIMARY KEY REFERENCES tenants (id),
    directory  TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    secret     TEXT NOT NULL,     -- sealed, for this directory and client
    created_at INTEGER NOT NULL
) STRICT;

-- Which token was put into which data source of Power BI, which never tells what it holds.
CREATE TABLE powerbi_holders (
    tenant_id     INTEGER NOT NULL REFERENCES tenants (id),
    gateway_id    TEXT NOT NULL,
    datasource_id TEXT NOT NULL,
    token_id      TEXT NOT NULL,
    put_at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, gateway_id, datasource_id)
) STRICT;
