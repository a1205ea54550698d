import { IN_SCOPE, LIVE_CALL, type QueryInvariant } from './invariant.ts';

const INVITATIONS = `
  calls
  JOIN call_invitations ON call_invitations.call_id = calls.id
  JOIN call_participants
    ON call_participants.call_id = calls.id AND call_participants.user_id = call_invitations.user_id`;

/**
 * Whether the outcome of an invitation agrees with the participant's state. A participant who
 * declined, was busy or did not answer can still join a group call, so the states from `joining` on
 * allow these outcomes as well.
 */
const AGREES = `CASE
  WHEN call_invitations.ring < call_participants.rings THEN call_invitations.outcome IS NOT NULL
  WHEN call_participants.state IN ('invited', 'ringing') THEN call_invitations.outcome IS NULL
  WHEN call_participants.state IN ('declined', 'missed', 'busy', 'cancelled')
    THEN call_invitations.outcome IS NOT DISTINCT FROM call_participants.state
  WHEN call_participants.state = 'removed' THEN call_invitations.outcome IS NOT NULL
  ELSE call_invitations.outcome IS NOT NULL AND call_invitations.outcome <> 'cancelled'
END`;

export const invitationInvariants: readonly QueryInvariant[] = [
  {
    name: 'one-invitation-per-ring',
    holds: 'Each ring of a participant has one invitation, numbered from 1 without a gap.',
    sql: `
      SELECT calls.id AS call_id, format(
        '%s rang %s times and has %s invitations, the last numbered %s', user_id, rings, stored.number, stored.last
      ) AS detail
      FROM calls
      JOIN call_participants ON call_participants.call_id = calls.id
      CROSS JOIN LATERAL (
        SELECT count(*) AS number, coalesce(max(ring), 0) AS last FROM call_invitations
        WHERE call_id = call_participants.call_id AND user_id = call_participants.user_id
      ) AS stored
      WHERE ${IN_SCOPE} AND (stored.number <> rings OR stored.last <> rings)
      UNION ALL
      SELECT calls.id, format('%s has an invitation and is not a participant', user_id)
      FROM calls JOIN call_invitations ON call_invitations.call_id = calls.id
      WHERE ${IN_SCOPE} AND NOT EXISTS (
        SELECT FROM call_participants
        WHERE call_id = calls.id AND user_id = call_invitations.user_id
      )`,
  },
  {
    name: 'ended-call-has-no-open-invitation',
    holds: 'Every invitation to an ended call has an outcome.',
    sql: `
      SELECT calls.id AS call_id, format('ring %s of %s has no outcome', ring, user_id) AS detail
      FROM calls JOIN call_invitations ON call_invitations.call_id = calls.id
      WHERE ${IN_SCOPE} AND NOT ${LIVE_CALL} AND outcome IS NULL`,
  },
  {
    name: 'invitation-outcome-agrees-with-participant',
    holds: 'The outcome of an invitation agrees with the state of its participant.',
    sql: `
      SELECT calls.id AS call_id, format(
        'ring %s of %s has the outcome %s; the participant is %s after %s rings', ring, call_invitations.user_id,
        coalesce(call_invitations.outcome, 'null'), call_participants.state, rings
      ) AS detail
      FROM ${INVITATIONS}
      WHERE ${IN_SCOPE} AND (${LIVE_CALL} OR call_invitations.outcome IS NOT NULL) AND NOT ${AGREES}`,
  },
];
