CREATE TABLE calls (
  id uuid PRIMARY KEY,
  -- Counts the decisions on this call: a commit holds only if nobody else has decided meanwhile.
  version integer NOT NULL CHECK (version >= 1),
  room_name text NOT NULL UNIQUE CHECK (room_name <> ''),
  type text NOT NULL CHECK (type IN ('audio', 'video')),
  mode text NOT NULL CHECK (mode IN ('direct', 'group')),
  state text NOT NULL CHECK (state IN (
    'initiating', 'ringing', 'connecting', 'connected', 'reconnecting',
    'ended', 'failed', 'busy', 'declined', 'missed', 'cancelled'
  )),
  initiator_id text NOT NULL,
  host_id text,
  conversation_id text,
  metadata jsonb NOT NULL CHECK (jsonb_typeof(metadata) = 'object'),
  seq integer NOT NULL CHECK (seq >= 1),
  max_participants integer NOT NULL CHECK (max_participants >= 2),
  timings jsonb NOT NULL CHECK (jsonb_typeof(timings) = 'object'),
  created_at timestamptz(3) NOT NULL,
  answered_at timestamptz(3),
  connected_at timestamptz(3),
  ended_at timestamptz(3),
  duration_seconds integer NOT NULL CHECK (duration_seconds >= 0),
  end_reason text CHECK (end_reason IN (
    'hangup', 'host_ended', 'declined', 'no_answer', 'cancelled', 'busy', 'connect_timeout',
    'connection_lost', 'solo_timeout', 'max_duration', 'media_failure', 'admin_ended'
  )),
  ended_by text,
  solo_expires_at timestamptz(3),
  warned_for timestamptz(3),
  last_exit jsonb CHECK (jsonb_typeof(last_exit) = 'object'),
  -- When time alone changes this call next; what the deadline scan looks for.
  next_due_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL DEFAULT ringline_now(),

  CONSTRAINT calls_only_groups_have_a_host CHECK ((mode = 'group') = (host_id IS NOT NULL)),
  CONSTRAINT calls_terminal_states_have_an_end CHECK (
    (state IN ('ended', 'failed', 'busy', 'declined', 'missed', 'cancelled')) = (ended_at IS NOT NULL)
    AND (ended_at IS NULL) = (end_reason IS NULL)
    AND (ended_by IS NULL OR ended_at IS NOT NULL)
  ),
  CONSTRAINT calls_terminal_states_have_no_deadline CHECK (
    ended_at IS NULL OR (next_due_at IS NULL AND solo_expires_at IS NULL)
  ),
  CONSTRAINT calls_running_states_were_answered CHECK (
    (state NOT IN ('initiating', 'ringing') OR answered_at IS NULL)
    AND (state NOT IN ('connecting', 'connected', 'reconnecting') OR answered_at IS NOT NULL)
    AND (state NOT IN ('connected', 'reconnecting') OR connected_at IS NOT NULL)
    AND (connected_at IS NULL OR answered_at IS NOT NULL)
  ),
  CONSTRAINT calls_times_are_in_order CHECK (
    answered_at >= created_at AND connected_at >= answered_at AND ended_at >= created_at
  )
);

CREATE TRIGGER calls_keep_updated_at BEFORE UPDATE ON calls
FOR EACH ROW EXECUTE FUNCTION keep_updated_at();

CREATE INDEX calls_due ON calls (next_due_at) WHERE next_due_at IS NOT NULL;

CREATE INDEX calls_newest_first ON calls (created_at DESC, id DESC);
-- Also for the calls that live, and for counting: among millions that are over, they are few.
CREATE INDEX calls_by_state ON calls (state, created_at DESC, id DESC);
CREATE INDEX calls_by_conversation ON calls (conversation_id, created_at DESC, id DESC)
WHERE conversation_id IS NOT NULL;

-- What retention deletes, oldest first.
CREATE INDEX calls_by_end ON calls (ended_at) WHERE ended_at IS NOT NULL;
