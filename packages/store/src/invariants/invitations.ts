import { IN_SCOPE, LIVE_CALL, type QueryInvariant } from './invariant.ts';

const INVITATIONS = `
  calls
  JOIN call_invitations ON call_invitations.call_id = calls.id
  JOIN call_participants
    ON call_participants.call_id = calls.id AND call_participants.user_id = call_invitations.user_id`;

/**
 * What the latest invitation may have come to while its participant is in a state. One who declined, was busy or did
 * not answer can still join a group call, so the states from the accept on allow these outcomes, too.
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
        '%s was rung %s times and has %s invitations, the last numbered %s', user_id, rings, kept.number, kept.last
      ) AS detail
      FROM calls
      JOIN call_participants ON call_participants.call_id = calls.id
      CROSS JOIN LATERAL (
        SELECT count(*) AS number, coalesce(max(ring), 0) AS last FROM call_invitations
        WHERE call_id = call_participants.call_id AND user_id = call_participants.user_id
      ) AS kept
      WHERE ${IN_SCOPE} AND (kept.number <> rings OR kept.last <> rings)
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
    holds: 'Every invitation to a call that is over has its outcome.',
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
