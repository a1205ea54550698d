-- What time it is, for everything: deadlines, defaults, ages. `clock_offset` is empty in production;
-- only tests put a row there, which is how they move time.
CREATE TABLE clock_offset (
  the_only_row boolean PRIMARY KEY DEFAULT true CHECK (the_only_row),
  milliseconds bigint NOT NULL
);

-- STABLE, though a clock is not: an index can then be searched for what is due by now.
CREATE FUNCTION ringline_now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
  SELECT date_trunc('milliseconds', clock_timestamp())
    + coalesce((SELECT milliseconds FROM clock_offset), 0) * interval '1 millisecond'
$$;
