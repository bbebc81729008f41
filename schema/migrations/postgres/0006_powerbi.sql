-- The service principal through which a tenant speaks with Power BI: one for each tenant at most.
CREATE TABLE powerbi_connections (
    tenant_id  BIGINT PRIMARY KEY REFERENCES tenants (id),
    directory  TEXT COLLATE "C" NOT NULL,
    client_id  TEXT COLLATE "C" NOT NULL,
    secret     TEXT COLLATE "C" NOT NULL,     -- sealed, for this directory and client
    created_at BIGINT NOT NULL
);

-- Which token was put into which data source of Power BI, which never tells what it holds.
CREATE TABLE powerbi_holders (
    tenant_id     BIGINT NOT NULL REFERENCES tenants (id),
    gateway_id    TEXT COLLATE "C" NOT NULL,
    datasource_id TEXT COLLATE "C" NOT NULL,
    token_id      TEXT COLLATE "C" NOT NULL,
    put_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, gateway_id, datasource_id)
);
