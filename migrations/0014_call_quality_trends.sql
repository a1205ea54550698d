-- Up Migration

-- How each line goes, for as long as its call is not summarised: what was told of it, and what speaks for a change.
CREATE TABLE call_quality_trends (
  call_id uuid NOT NULL,
  user_id text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('send', 'receive')),
  trend jsonb NOT NULL CHECK (jsonb_typeof(trend) = 'object'),
  updated_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  PRIMARY KEY (call_id, user_id, direction)
);

-- The few that are not calm: every ingester asks for them once a second.
CREATE INDEX call_quality_trends_moving ON call_quality_trends (call_id)
WHERE NOT (trend -> 'run' = 'null' AND trend ->> 'level' = 'excellent');

CREATE TRIGGER call_quality_trends_keep_updated_at BEFORE UPDATE ON call_quality_trends
FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

-- Down Migration
DROP TABLE call_quality_trends;
