-- One row per user and call, as the user's history shows it.
CREATE VIEW call_history AS
SELECT
  call_participants.user_id,
  call_participants.call_id,
  call_participants.call_created_at,
  call_participants.outcome,
  CASE WHEN calls.initiator_id = call_participants.user_id THEN 'outgoing' ELSE 'incoming' END AS direction,
  call_participants.stayed_ms,
  calls.type,
  calls.mode,
  calls.state,
  calls.conversation_id,
  calls.duration_seconds,
  calls.end_reason
FROM call_participants
JOIN calls ON calls.id = call_participants.call_id;
