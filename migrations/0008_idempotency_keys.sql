-- How a request was answered the first time. The call is checked at the commit, since the key is written
-- first: whoever repeats a request waits there, and has touched nothing yet.
CREATE TABLE idempotency_keys (
  user_id text NOT NULL CHECK (user_id <> ''),
  key text NOT NULL CHECK (key <> ''),
  fingerprint text NOT NULL,
  status integer NOT NULL CHECK (status BETWEEN 200 AND 599),
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  refusal jsonb CHECK (jsonb_typeof(refusal) = 'object'),
  merged boolean NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  PRIMARY KEY (user_id, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
CREATE INDEX idempotency_keys_by_call ON idempotency_keys (call_id);
