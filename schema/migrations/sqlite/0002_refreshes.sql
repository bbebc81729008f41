-- Which pages belong to one chain: a keyed hash of the path and the options without the page link.
ALTER TABLE requests ADD COLUMN chain INTEGER;

-- Refused credentials are part of a refresh: by data source, with the first and last instant of the minute.
CREATE TABLE refusals_of_sources (
    token_id        TEXT NOT NULL, -- '' when the token does not exist
    reason          TEXT NOT NULL,
    address         TEXT NOT NULL,
    data_source_id  TEXT NOT NULL, -- '' when it does not exist
    minute          INTEGER NOT NULL,
    tenant_id       INTEGER,       -- of the token, else of the data source
    refused         INTEGER NOT NULL,
    first_at        INTEGER NOT NULL,
    last_at         INTEGER NOT NULL,
    last_request_id TEXT,
    client          TEXT,          -- User-Agent of the last
    PRIMARY KEY (token_id, reason, address, data_source_id, minute)
) STRICT;
INSERT INTO refusals_of_sources
    (token_id, reason, address, data_source_id, minute, tenant_id, refused, first_at, last_at, last_request_id)
    SELECT token_id, reason, address, '', minute, tenant_id, refused, minute, minute, last_request_id FROM refusals;
DROP TABLE refusals;
ALTER TABLE refusals_of_sources RENAME TO refusals;
CREATE INDEX refusals_minute ON refusals (minute);
CREATE INDEX refusals_tenant ON refusals (tenant_id, minute);
