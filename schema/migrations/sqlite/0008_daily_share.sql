-- Per cent of the portal's daily calls up to which feeds are read; null: the service's setting.
ALTER TABLE connections ADD COLUMN daily_share INTEGER;
