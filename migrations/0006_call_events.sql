-- The numbered events of each call, as they are sent. The key keeps `seq` unique; that it has no gaps is
-- the state machine's doing.
CREATE TABLE call_events (
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  seq integer NOT NULL CHECK (seq >= 1),
  at timestamptz(3) NOT NULL,
  event text NOT NULL CHECK (event LIKE 'call:%'),
  payload json NOT NULL CHECK (json_typeof(payload) = 'object'),
  -- Who or what decided: 'user:ann', 'service', 'admin', 'livekit', 'deadline', 'reconciler'.
  actor text NOT NULL CHECK (actor <> ''),
  request_id text,

  PRIMARY KEY (call_id, seq)
);

CREATE INDEX call_events_by_age ON call_events (at);
