-- Which deployment this database belongs to, unless DEPLOYMENT_ID says so. It is made once, by the first process that asks,
-- and is part of the names of LiveKit's rooms: several deployments can share one LiveKit.
CREATE TABLE deployment (
  the_only_row boolean PRIMARY KEY DEFAULT true CHECK (the_only_row),
  id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,39}$')
);
