-- Up Migration

-- How a call was for each participant and direction, kept as long as the call: its samples are forgotten long before.
CREATE TABLE call_quality_summaries (
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  user_id text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('send', 'receive')),
  samples integer NOT NULL CHECK (samples >= 1),
  minimum_mos real NOT NULL,
  median_mos real NOT NULL,
  -- The five seconds with the lowest mean.
  worst_mos real NOT NULL,
  worst_at timestamptz(3) NOT NULL,
  -- Shares of time at each level; their sum is 1.
  excellent real NOT NULL,
  good real NOT NULL,
  fair real NOT NULL,
  poor real NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  PRIMARY KEY (call_id, user_id, direction)
);

CREATE TRIGGER call_quality_summaries_keep_updated_at BEFORE UPDATE ON call_quality_summaries
FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

-- The same of the samples that are there. Each speaks for the time since the one before it, five seconds at most, and the
-- first of a line for five seconds; five seconds are counted from the first sample on.
CREATE FUNCTION summarise_quality(of_calls uuid[]) RETURNS TABLE (
  call_id uuid, user_id text, direction text, samples integer, minimum_mos real, median_mos real,
  worst_mos real, worst_at timestamptz, excellent real, good real, fair real, poor real
)
LANGUAGE sql STABLE
AS $$
  WITH sample AS (
    SELECT call_id, user_id, direction, mos, level,
      least(coalesce(extract(epoch FROM measured_at - lag(measured_at) OVER line), 5), 5) AS seconds,
      date_bin('5 seconds', measured_at, first_value(measured_at) OVER line) AS five_seconds
    FROM call_quality_metrics
    WHERE call_id = ANY (of_calls)
    WINDOW line AS (PARTITION BY call_id, user_id, direction ORDER BY measured_at, arrived_at, sequence)
  ),
  worst AS (
    SELECT DISTINCT ON (call_id, user_id, direction)
      call_id, user_id, direction, five_seconds AS at, avg(mos) AS mos
    FROM sample
    GROUP BY call_id, user_id, direction, five_seconds
    ORDER BY call_id, user_id, direction, avg(mos), five_seconds
  )
  SELECT call_id, user_id, direction,
    count(*)::integer,
    min(sample.mos),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY sample.mos)::real,
    worst.mos::real,
    worst.at,
    (sum(seconds * (level = 'excellent')::integer) / sum(seconds))::real,
    (sum(seconds * (level = 'good')::integer) / sum(seconds))::real,
    (sum(seconds * (level = 'fair')::integer) / sum(seconds))::real,
    (sum(seconds * (level = 'poor')::integer) / sum(seconds))::real
  FROM sample JOIN worst USING (call_id, user_id, direction)
  GROUP BY call_id, user_id, direction, worst.mos, worst.at
$$;

-- Down Migration
DROP FUNCTION summarise_quality;
DROP TABLE call_quality_summaries;
