-- Up Migration

-- Every quality sample, scored. Partitioned by the day (UTC) of arrival, so that forgetting a day is dropping a table;
-- the key is the sample's id in the stream (`<milliseconds of arrival>-<sequence>`), by which a second delivery is
-- known. No foreign key: rows are written by the thousand, and are gone long before their call.
CREATE TABLE call_quality_metrics (
  arrived_at timestamptz(3) NOT NULL,
  sequence bigint NOT NULL CHECK (sequence >= 0),
  call_id uuid NOT NULL,
  user_id text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('send', 'receive')),
  -- By the client's clock: good for how long ago one was after the other, and for nothing else.
  measured_at timestamptz(3) NOT NULL,
  jitter_ms real NOT NULL,
  packet_loss_percent real NOT NULL,
  round_trip_ms real NOT NULL,
  bandwidth_kbps real,
  audio_level real,
  fps real,
  width integer,
  height integer,
  codec text,
  freeze_count integer,
  device text,
  r real NOT NULL CHECK (r BETWEEN 0 AND 100),
  mos real NOT NULL CHECK (mos BETWEEN 1 AND 4.5),
  level text NOT NULL CHECK (level IN ('excellent', 'good', 'fair', 'poor')),

  PRIMARY KEY (arrived_at, sequence)
) PARTITION BY RANGE (arrived_at);

CREATE INDEX call_quality_metrics_by_call ON call_quality_metrics (call_id);

CREATE FUNCTION quality_partition_name(day date) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ SELECT 'call_quality_metrics_' || to_char(day, 'YYYYMMDD') $$;

-- Makes the partition of a day, and says whether there was none. Attached rather than created in its place, which would
-- wait for every insert that is under way, and let all others wait.
CREATE FUNCTION make_quality_partition(day date) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
  name text := quality_partition_name(day);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('make_quality_partition'));
  IF to_regclass(name) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE call_quality_metrics INCLUDING ALL)', name);
  EXECUTE format(
    'ALTER TABLE call_quality_metrics ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
  );
  RETURN true;
END
$$;

-- The days that have a partition.
CREATE VIEW quality_partitions AS
SELECT to_date(right(relname, 8), 'YYYYMMDD') AS day, relname::text AS name
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'call_quality_metrics'::regclass;

-- Drops all partitions of days before this one, and says how many those were.
CREATE FUNCTION drop_quality_partitions(before date) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
  partition record;
  dropped integer := 0;
BEGIN
  -- Dropping waits for who reads the table, and lets who writes wait behind it: rather later than long.
  SET LOCAL lock_timeout = '2s';
  FOR partition IN SELECT name FROM quality_partitions WHERE day < before LOOP
    EXECUTE format('DROP TABLE %I', partition.name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END
$$;

-- Down Migration
DROP FUNCTION drop_quality_partitions;
DROP VIEW quality_partitions;
DROP FUNCTION make_quality_partition;
DROP FUNCTION quality_partition_name;
DROP TABLE call_quality_metrics;
