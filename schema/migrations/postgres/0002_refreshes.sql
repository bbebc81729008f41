-- Which pages belong to one chain: a keyed hash of the path and the options without the page link.
ALTER TABLE requests ADD COLUMN chain BIGINT;

-- Refused credentials are part of a refresh: by data source, with the first and last instant of the minute.
CREATE TABLE refusals_of_sources (
    token_id        TEXT COLLATE "C" NOT NULL, -- '' when the token does not exist
    reason          TEXT COLLATE "C" NOT NULL,
    address         TEXT COLLATE "C" NOT NULL,
    data_source_id  TEXT COLLATE "C" NOT NULL, -- '' when it does not exist
    minute          BIGINT NOT NULL,
    tenant_id       BIGINT,       -- of the token, else of the data source
    refused         BIGINT NOT NULL,
    first_at        BIGINT NOT NULL,
    last_at         BIGINT NOT NULL,
    last_request_id TEXT COLLATE "C",
    client          TEXT COLLATE "C",          -- User-Agent of the last
    PRIMARY KEY (token_id, reason, address, data_source_id, minute)
);
INSERT INTO refusals_of_sources
    (token_id, reason, address, data_source_id, minute, tenant_id, refused, first_at, last_at, last_request_id)
    SELECT token_id, reason, address, '', minute, tenant_id, refused, minute, minute, last_request_id FROM refusals;
DROP TABLE refusals;
ALTER TABLE refusals_of_sources RENAME TO refusals;
CREATE INDEX refusals_minute ON refusals (minute);
CREATE INDEX refusals_tenant ON refusals (tenant_id, minute);
