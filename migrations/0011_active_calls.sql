CREATE VIEW active_calls AS
SELECT
  id, room_name, type, mode, state, initiator_id, host_id, conversation_id,
  created_at, answered_at, connected_at, next_due_at
FROM calls
WHERE state IN ('initiating', 'ringing', 'connecting', 'connected', 'reconnecting');
