-- Up Migration

-- Since when the device of an initiator whom nobody has answered yet has had no socket. Processes of the last release
-- neither read nor write it: to them the initiator is there, as always.
ALTER TABLE call_participants ADD COLUMN disconnected_at timestamptz(3);

-- For the call services, which look every second whether one of these is back.
CREATE INDEX call_participants_disconnected ON call_participants (call_id)
WHERE disconnected_at IS NOT NULL AND state IN ('joining', 'joined', 'reconnecting');
