-- One row per ring, each with exactly one outcome in the end; the participant's own row goes round.
CREATE TABLE call_invitations (
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  user_id text NOT NULL CHECK (user_id <> ''),
  ring integer NOT NULL CHECK (ring >= 1),
  invited_by text NOT NULL,
  invited_at timestamptz(3) NOT NULL,
  -- null for one who was busy, and so was never rung.
  expires_at timestamptz(3),
  outcome text CHECK (outcome IN ('accepted', 'declined', 'missed', 'busy', 'cancelled')),
  ended_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  PRIMARY KEY (call_id, user_id, ring),
  CONSTRAINT call_invitations_outcome_is_the_end CHECK ((outcome IS NULL) = (ended_at IS NULL)),
  CONSTRAINT call_invitations_open_ones_expire CHECK (outcome IS NOT NULL OR expires_at IS NOT NULL)
);

CREATE TRIGGER call_invitations_keep_updated_at BEFORE UPDATE ON call_invitations
FOR EACH ROW EXECUTE FUNCTION keep_updated_at();
