-- LiveKit's webhooks that were taken in: a second delivery is known by its id, and the timeline of a call
-- shows what LiveKit said when.
CREATE TABLE livekit_reports (
  id text PRIMARY KEY CHECK (id <> ''),
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  event text NOT NULL CHECK (event <> ''),
  user_id text,
  sid text,
  at timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT ringline_now()
);

CREATE INDEX livekit_reports_by_call ON livekit_reports (call_id);
CREATE INDEX livekit_reports_by_age ON livekit_reports (received_at);
