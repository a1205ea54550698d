-- An operator who ends a call while it rings calls the ring off: the callee has not missed it.
UPDATE call_participants SET outcome = 'cancelled'
FROM calls
WHERE calls.id = call_participants.call_id
  AND calls.end_reason = 'admin_ended'
  AND call_participants.state = 'cancelled'
  AND call_participants.outcome = 'missed';
