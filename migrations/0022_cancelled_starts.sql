-- A start that was cancelled before anything came of it has no call. Old processes read such a key as a refusal without one.
ALTER TABLE idempotency_keys ALTER COLUMN call_id DROP NOT NULL;
