-- What was decided and has not been sent yet: one row per commit, gone once it is published.
CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  messages json NOT NULL CHECK (json_typeof(messages) = 'array'),
  created_at timestamptz(3) NOT NULL DEFAULT ringline_now()
);

-- For the cascade, and to see what a call has still to say.
CREATE INDEX outbox_by_call ON outbox (call_id);
