CREATE TABLE call_participants (
  call_id uuid NOT NULL REFERENCES calls ON DELETE CASCADE,
  user_id text NOT NULL CHECK (user_id <> ''),
  -- The order in which they came into the call.
  position integer NOT NULL CHECK (position >= 0),
  name text,
  picture text,
  state text NOT NULL CHECK (state IN (
    'invited', 'ringing', 'joining', 'joined', 'reconnecting',
    'left', 'declined', 'missed', 'busy', 'cancelled', 'removed'
  )),
  audio_enabled boolean NOT NULL,
  video_enabled boolean NOT NULL,
  screen_sharing boolean NOT NULL,
  invited_by text,
  invited_at timestamptz(3) NOT NULL,
  ringing_at timestamptz(3),
  ring_expires_at timestamptz(3),
  -- When an unacknowledged ring was last sent again, of whichever invitation.
  ring_repeated_at timestamptz(3),
  joined_at timestamptz(3),
  left_at timestamptz(3),
  stayed_ms bigint NOT NULL CHECK (stayed_ms >= 0),
  rings integer NOT NULL CHECK (rings >= 0),
  barred boolean NOT NULL,
  device_id text,
  accepted_at timestamptz(3),
  staying_since timestamptz(3),
  deadline timestamptz(3),
  session_sid text,
  session_joined_at_ms bigint,
  sessions_over_until_ms bigint NOT NULL,
  exit_at timestamptz(3),
  exit_cause text CHECK (exit_cause IN (
    'left', 'removed', 'connect_timeout', 'grace_ran_out', 'declined', 'missed', 'busy', 'call_ended'
  )),
  exit_by text,
  -- What the call is to this user, for the filters of their history.
  outcome text NOT NULL CHECK (outcome IN (
    'completed', 'missed', 'declined', 'cancelled', 'busy', 'failed', 'ongoing'
  )),
  -- The call's, so that one index pages through a user's history.
  call_created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  PRIMARY KEY (call_id, user_id),
  CONSTRAINT call_participants_rung_have_a_deadline CHECK (
    state NOT IN ('invited', 'ringing') OR ring_expires_at IS NOT NULL
  ),
  CONSTRAINT call_participants_ringing_since CHECK (state <> 'ringing' OR ringing_at IS NOT NULL),
  CONSTRAINT call_participants_in_accepted CHECK (
    state NOT IN ('joining', 'joined', 'reconnecting')
    OR (accepted_at IS NOT NULL AND left_at IS NULL)
  ),
  CONSTRAINT call_participants_joined_have_a_session CHECK (
    state NOT IN ('joined', 'reconnecting')
    OR (session_sid IS NOT NULL AND joined_at IS NOT NULL AND staying_since IS NOT NULL)
  ),
  CONSTRAINT call_participants_only_in_hold_a_place CHECK (
    state IN ('joining', 'joined', 'reconnecting')
    OR (device_id IS NULL AND deadline IS NULL AND session_sid IS NULL AND staying_since IS NULL)
  ),
  CONSTRAINT call_participants_out_have_an_exit CHECK (
    (state IN ('left', 'declined', 'missed', 'busy', 'cancelled', 'removed')) = (exit_at IS NOT NULL)
    AND (exit_at IS NULL) = (exit_cause IS NULL)
    AND (exit_by IS NULL OR exit_at IS NOT NULL)
  ),
  CONSTRAINT call_participants_only_out_are_barred CHECK (NOT barred OR exit_at IS NOT NULL),
  CONSTRAINT call_participants_sessions_are_whole CHECK (
    (session_sid IS NULL) = (session_joined_at_ms IS NULL)
  ),
  CONSTRAINT call_participants_live_are_ongoing CHECK (
    (outcome = 'ongoing') = (state IN ('invited', 'ringing', 'joining', 'joined', 'reconnecting'))
  )
);

CREATE TRIGGER call_participants_keep_updated_at BEFORE UPDATE ON call_participants
FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

-- The claim: nobody is Live in two calls, on any number of replicas.
CREATE UNIQUE INDEX call_participants_claim ON call_participants (user_id)
WHERE state IN ('invited', 'ringing', 'joining', 'joined', 'reconnecting');

CREATE INDEX call_participants_history
ON call_participants (user_id, call_created_at DESC, call_id DESC);

CREATE INDEX call_participants_unacknowledged
ON call_participants (greatest(invited_at, ring_repeated_at)) WHERE state = 'invited';
