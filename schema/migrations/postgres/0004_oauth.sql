-- OAuth: whether somebody has to connect the portal again, and who renews the tokens just now, until when at most.
ALTER TABLE connections ADD COLUMN reconnect BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN renewal TEXT COLLATE "C";
ALTER TABLE connections ADD COLUMN renewal_until BIGINT;
