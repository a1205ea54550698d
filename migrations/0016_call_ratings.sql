-- Up Migration

-- What users say of a call; the last word of each counts.
CREATE TABLE call_ratings (
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  user_id text NOT NULL,
  stars integer NOT NULL CHECK (stars BETWEEN 1 AND 5),
  comment text,
  rated_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  PRIMARY KEY (call_id, user_id)
);

-- Down Migration
DROP TABLE call_ratings;
