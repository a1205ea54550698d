-- Up Migration

-- Until then, the one who claimed the entry is publishing it; null for entries that were never claimed.
ALTER TABLE outbox ADD COLUMN claimed_until timestamptz(3);
