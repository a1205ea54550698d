-- Work that one process does at a time; who stops renewing loses it.
CREATE TABLE leases (
  name text PRIMARY KEY,
  holder text NOT NULL CHECK (holder <> ''),
  expires_at timestamptz(3) NOT NULL
);
