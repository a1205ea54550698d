import type { Call, Invitation } from '@ringline/domain';
import type { Queries } from './database.ts';
import type { Commit } from './decision.ts';
import { toIso } from './instants.ts';
import { fillOutbox } from './outbox.ts';
import { type CallRow, type ParticipantRow, toCallRow, toParticipantRow } from './rows.ts';
import { statement } from './statement.ts';

/** The result of writing one call. */
export interface Written {
  /** Null if the call did not change. */
  version: number | null;
  outboxId: string | null;
}

const CALL_COLUMNS = [
  ...(['id', 'room_name', 'type', 'mode', 'state', 'initiator_id', 'host_id'] as const),
  ...(['conversation_id', 'metadata', 'seq', 'max_participants', 'timings'] as const),
  ...(['created_at', 'answered_at', 'connected_at', 'ended_at', 'duration_seconds'] as const),
  ...(['end_reason', 'ended_by', 'solo_expires_at', 'warned_for', 'last_exit'] as const),
  'next_due_at',
] as const satisfies readonly (keyof CallRow)[];

const PARTICIPANT_COLUMNS = [
  ...(['call_id', 'user_id', 'position', 'name', 'picture', 'state', 'audio_enabled'] as const),
  ...(['video_enabled', 'screen_sharing', 'invited_by', 'invited_at', 'ringing_at'] as const),
  ...(['ring_expires_at', 'joined_at', 'left_at', 'stayed_ms', 'rings', 'barred'] as const),
  ...(['device_id', 'accepted_at', 'staying_since', 'deadline', 'disconnected_at'] as const),
  ...(['session_sid', 'session_joined_at_ms', 'sessions_over_until_ms', 'exit_at'] as const),
  ...(['exit_cause', 'exit_by', 'outcome', 'call_created_at'] as const),
] as const satisfies readonly (keyof ParticipantRow)[];

function list(columns: readonly string[], table?: string): string {
  return columns.map((column) => (table === undefined ? column : `${table}.${column}`)).join(', ');
}

/** Rows are passed as one JSON parameter, which Postgres converts to the types of the columns. */
function recordset(table: string): string {
  return `json_populate_recordset(NULL::${table}, $1)`;
}

const INSERT_CALL = statement(
  'insert_call',
  `INSERT INTO calls (${list(CALL_COLUMNS)}, version)
   SELECT ${list(CALL_COLUMNS)}, 1 FROM ${recordset('calls')}
   ON CONFLICT (id) DO NOTHING RETURNING id`,
);

async function insertCall(tx: Queries, call: Call): Promise<boolean> {
  const inserted = await tx.rows(INSERT_CALL, [JSON.stringify([toCallRow(call)])]);
  return inserted.length > 0;
}

/** In the order of user ids, so that two starts with the same users do not deadlock. */
const SAVE_PARTICIPANTS = statement(
  'save_participants',
  `INSERT INTO call_participants AS stored (${list(PARTICIPANT_COLUMNS)})
   SELECT ${list(PARTICIPANT_COLUMNS)} FROM ${recordset('call_participants')}
   ORDER BY user_id COLLATE "C"
   ON CONFLICT (call_id, user_id) DO UPDATE
   SET (${list(PARTICIPANT_COLUMNS)}) = ROW (${list(PARTICIPANT_COLUMNS, 'excluded')})
   WHERE (${list(PARTICIPANT_COLUMNS, 'stored')})
     IS DISTINCT FROM (${list(PARTICIPANT_COLUMNS, 'excluded')})
   RETURNING stored.call_id`,
);

/** Writes the participants that changed, and returns the ids of their calls. */
async function saveParticipants(tx: Queries, calls: readonly Call[]): Promise<string[]> {
  const rows = calls.flatMap((call) =>
    call.participants.map((participant, position) => toParticipantRow(call, participant, position)),
  );
  const saved = await tx.rows<{ call_id: string }>(SAVE_PARTICIPANTS, [JSON.stringify(rows)]);
  return saved.map(({ call_id }) => call_id);
}

const UPDATE_CALLS = statement(
  'update_calls',
  `UPDATE calls
   SET (${list(CALL_COLUMNS)}, version) = ROW (${list(CALL_COLUMNS, 'next')}, calls.version + 1)
   FROM ${recordset('calls')} AS next
   WHERE calls.id = next.id AND (
     calls.id = ANY ($2::uuid[])
     OR (${list(CALL_COLUMNS, 'calls')}) IS DISTINCT FROM (${list(CALL_COLUMNS, 'next')})
   )
   RETURNING calls.id, calls.version`,
);

/** Updates the calls that changed, or whose participants changed. Returns their new versions. */
async function updateCalls(
  tx: Queries,
  calls: readonly Call[],
  withChangedParticipants: readonly string[],
): Promise<Map<string, number>> {
  const rows = JSON.stringify(calls.map(toCallRow));
  const updated = await tx.rows<{ id: string; version: number }>(UPDATE_CALLS, [
    rows,
    withChangedParticipants,
  ]);
  return new Map(updated.map(({ id, version }) => [id, version]));
}

/**
 * An invitation that began and ended in the same commit is listed twice. The later entry counts.
 */
function selectLatest(invitations: readonly Invitation[]): Invitation[] {
  return [
    ...new Map(invitations.map((one) => [JSON.stringify([one.userId, one.ring]), one])).values(),
  ];
}

const INVITATION_COLUMNS = [
  ...(['call_id', 'user_id', 'ring', 'invited_by'] as const),
  ...(['invited_at', 'expires_at', 'outcome', 'ended_at'] as const),
];

const SAVE_INVITATIONS = statement(
  'save_invitations',
  `INSERT INTO call_invitations (${list(INVITATION_COLUMNS)})
   SELECT ${list(INVITATION_COLUMNS)} FROM ${recordset('call_invitations')}
   ON CONFLICT (call_id, user_id, ring)
   DO UPDATE SET (${list(INVITATION_COLUMNS)}) = ROW (${list(INVITATION_COLUMNS, 'excluded')})`,
);

async function saveInvitations(tx: Queries, commits: readonly Commit[]): Promise<void> {
  const rows = commits.flatMap(({ call, invitations }) =>
    selectLatest(invitations).map((one) => ({
      call_id: call.id,
      user_id: one.userId,
      ring: one.ring,
      invited_by: one.invitedBy,
      invited_at: toIso(one.invitedAt),
      expires_at: toIso(one.expiresAt),
      outcome: one.outcome,
      ended_at: toIso(one.endedAt),
    })),
  );
  if (rows.length > 0) await tx.run(SAVE_INVITATIONS, [JSON.stringify(rows)]);
}

const EVENT_COLUMNS = ['call_id', 'seq', 'at', 'event', 'payload', 'actor', 'request_id'];

const APPEND_EVENTS = statement(
  'append_events',
  `INSERT INTO call_events (${list(EVENT_COLUMNS)})
   SELECT ${list(EVENT_COLUMNS)} FROM ${recordset('call_events')}`,
);

async function appendEvents(tx: Queries, commits: readonly Commit[]): Promise<void> {
  const rows = commits.flatMap(({ call, events, actor, requestId }) =>
    events.map((payload) => ({
      call_id: call.id,
      seq: payload.seq,
      at: payload.at,
      event: payload.event,
      payload,
      actor,
      request_id: requestId,
    })),
  );
  if (rows.length > 0) await tx.run(APPEND_EVENTS, [JSON.stringify(rows)]);
}

/** Returns the id of the outbox row of each call that publishes messages. */
async function saveOutbox(tx: Queries, commits: readonly Commit[]): Promise<Map<string, string>> {
  const filled = await fillOutbox(
    tx,
    commits.map(({ call, outbox }) => ({ callId: call.id, messages: outbox })),
  );
  return new Map(filled.map(({ id, callId }) => [callId, id]));
}

async function writeHistory(tx: Queries, commits: readonly Commit[]): Promise<Map<string, string>> {
  await saveInvitations(tx, commits);
  await appendEvents(tx, commits);
  return saveOutbox(tx, commits);
}

/** Writes a new call. Returns null if its id is taken. */
export async function writeNewCall(
  tx: Queries,
  commit: Commit,
): Promise<{ version: number; outboxId: string | null } | null> {
  const { call } = commit;
  if (!(await insertCall(tx, call))) return null;
  await saveParticipants(tx, [call]);
  const outboxIds = await writeHistory(tx, [commit]);
  return { version: 1, outboxId: outboxIds.get(call.id) ?? null };
}

/**
 * Writes decisions on different calls that the transaction has locked. Returns results in the same
 * order.
 */
export async function writeLockedCalls(
  tx: Queries,
  commits: readonly Commit[],
): Promise<Written[]> {
  const calls = commits.map(({ call }) => call);
  const changed = await saveParticipants(tx, calls);
  const versions = await updateCalls(tx, calls, changed);
  const outboxIds = await writeHistory(tx, commits);
  return commits.map(({ call }) => ({
    version: versions.get(call.id) ?? null,
    outboxId: outboxIds.get(call.id) ?? null,
  }));
}
