import type { Call, Invitation } from '@ringline/domain';
import type { Queries } from './database.ts';
import type { Commit } from './decision.ts';
import { toIso } from './instants.ts';
import { fillOutbox } from './outbox.ts';
import { toCallRow, toParticipantRow } from './rows.ts';

/** What was written of one call. */
export interface Written {
  /** null: the call is as it was, and so is its version. */
  version: number | null;
  outboxId: string | null;
}

type Row = Record<string, unknown>;

function list(columns: readonly string[], table?: string): string {
  return columns.map((column) => (table === undefined ? column : `${table}.${column}`)).join(', ');
}

/** Rows travel as one JSON parameter, which Postgres reads by the columns' own types. */
function recordset(table: string): string {
  return `json_populate_recordset(NULL::${table}, $1)`;
}

/** The ids of those that are new indeed. */
async function insertCalls(tx: Queries, calls: readonly Call[]): Promise<Set<string>> {
  const rows: Row[] = calls.map((call) => ({ ...toCallRow(call), version: 1 }));
  const columns = list(Object.keys(rows[0] ?? {}));
  const inserted = await tx.rows<{ id: string }>(
    `INSERT INTO calls (${columns}) SELECT ${columns} FROM ${recordset('calls')}
     ON CONFLICT (id) DO NOTHING RETURNING id`,
    [JSON.stringify(rows)],
  );
  return new Set(inserted.map(({ id }) => id));
}

/**
 * Inserts or updates those that differ from what is kept, and returns the calls that have one. In the order of
 * user ids, so that of two starts that want the same users none waits for the other in a circle.
 */
async function saveParticipants(tx: Queries, calls: readonly Call[]): Promise<string[]> {
  const rows = calls.flatMap((call) =>
    call.participants.map((participant, position) => toParticipantRow(call, participant, position)),
  );
  const columns = Object.keys(rows[0] ?? {});
  const kept = list(columns, 'kept');
  const next = list(columns, 'excluded');
  const saved = await tx.rows<{ call_id: string }>(
    `INSERT INTO call_participants AS kept (${list(columns)})
     SELECT ${list(columns)} FROM ${recordset('call_participants')}
     ORDER BY user_id COLLATE "C"
     ON CONFLICT (call_id, user_id) DO UPDATE SET (${list(columns)}) = ROW (${next})
     WHERE (${kept}) IS DISTINCT FROM (${next})
     RETURNING kept.call_id`,
    [JSON.stringify(rows)],
  );
  return saved.map(({ call_id }) => call_id);
}

/** Updates the calls that differ from what is kept, themselves or in a participant; each gets a new version. */
async function updateCalls(
  tx: Queries,
  calls: readonly Call[],
  changed: readonly string[],
): Promise<Map<string, number>> {
  const rows = calls.map(toCallRow);
  const columns = Object.keys(rows[0] ?? {});
  const updated = await tx.rows<{ id: string; version: number }>(
    `UPDATE calls SET (${list(columns)}, version) = ROW (${list(columns, 'next')}, calls.version + 1)
     FROM ${recordset('calls')} AS next
     WHERE calls.id = next.id AND (
       calls.id = ANY ($2::uuid[])
       OR (${list(columns, 'calls')}) IS DISTINCT FROM (${list(columns, 'next')})
     )
     RETURNING calls.id, calls.version`,
    [JSON.stringify(rows), changed],
  );
  return new Map(updated.map(({ id, version }) => [id, version]));
}

/** One that was opened and settled in the same commit is listed twice: what it came to is what counts. */
function keepLatest(invitations: readonly Invitation[]): Invitation[] {
  return [
    ...new Map(invitations.map((one) => [JSON.stringify([one.userId, one.ring]), one])).values(),
  ];
}

async function saveInvitations(tx: Queries, commits: readonly Commit[]): Promise<void> {
  const rows = commits.flatMap(({ call, invitations }) =>
    keepLatest(invitations).map((one) => ({
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
  if (rows.length === 0) return;
  const columns = Object.keys(rows[0] ?? {});
  await tx.rows(
    `INSERT INTO call_invitations (${list(columns)})
     SELECT ${list(columns)} FROM ${recordset('call_invitations')}
     ON CONFLICT (call_id, user_id, ring)
     DO UPDATE SET (${list(columns)}) = ROW (${list(columns, 'excluded')})`,
    [JSON.stringify(rows)],
  );
}

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
  if (rows.length === 0) return;
  const columns = list(Object.keys(rows[0] ?? {}));
  await tx.rows(
    `INSERT INTO call_events (${columns}) SELECT ${columns} FROM ${recordset('call_events')}`,
    [JSON.stringify(rows)],
  );
}

/** The outbox row of each call that has something to tell. */
async function saveOutbox(tx: Queries, commits: readonly Commit[]): Promise<Map<string, string>> {
  const filled = await fillOutbox(
    tx,
    commits.map(({ call, outbox }) => ({ callId: call.id, messages: outbox })),
  );
  return new Map(filled.map(({ id, callId }) => [callId, id]));
}

async function followUp(tx: Queries, commits: readonly Commit[]): Promise<Map<string, string>> {
  await saveInvitations(tx, commits);
  await appendEvents(tx, commits);
  return saveOutbox(tx, commits);
}

/** Writes a call that is new; null if there is one of that id already. */
export async function writeNewCall(
  tx: Queries,
  commit: Commit,
): Promise<{ version: number; outboxId: string | null } | null> {
  const { call } = commit;
  const inserted = await insertCalls(tx, [call]);
  if (!inserted.has(call.id)) return null;
  await saveParticipants(tx, [call]);
  const outboxIds = await followUp(tx, [commit]);
  return { version: 1, outboxId: outboxIds.get(call.id) ?? null };
}

/** Writes decisions on calls whose rows the transaction has locked, each on another call; in the same order. */
export async function writeLockedCalls(
  tx: Queries,
  commits: readonly Commit[],
): Promise<Written[]> {
  const calls = commits.map(({ call }) => call);
  const changed = await saveParticipants(tx, calls);
  const versions = await updateCalls(tx, calls, changed);
  const outboxIds = await followUp(tx, commits);
  return commits.map(({ call }) => ({
    version: versions.get(call.id) ?? null,
    outboxId: outboxIds.get(call.id) ?? null,
  }));
}
