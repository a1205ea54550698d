import type { Call, Instant } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toInstant } from './instants.ts';
import { type CallRow, type ParticipantRow, toCall } from './rows.ts';
import { statement } from './statement.ts';

export interface Loaded {
  call: Call;
  version: number;
  /** The database's time when it was loaded, never before the call's last change. */
  now: Instant;
}

/** The value of `WHOLE_CALL`. */
export interface WholeCall {
  now: string;
  call: CallRow & { version: number };
  participants: ParticipantRow[];
}

/**
 * Selects a row of `calls` with its participants and the time as one value. The time never runs
 * backwards for a call, even if the clock does, as after a failover to another primary.
 */
export const WHOLE_CALL = `json_build_object(
  'now', greatest(ringline_now(), calls.updated_at),
  'call', row_to_json(calls),
  'participants', (
    SELECT json_agg(row_to_json(call_participants) ORDER BY position)
    FROM call_participants WHERE call_participants.call_id = calls.id
  )
)`;

export function toLoaded({ now, call, participants }: WholeCall): Loaded {
  return {
    call: toCall(call, participants),
    version: call.version,
    now: toInstant(now),
  };
}

const LOAD = statement(
  'load_calls',
  `SELECT ${WHOLE_CALL} AS whole FROM calls WHERE id = ANY ($1::uuid[])`,
);

/** In no particular order. Unknown ids are left out. */
export async function loadMany(db: Queries, callIds: readonly string[]): Promise<Loaded[]> {
  const rows = await db.rows<{ whole: WholeCall }>(LOAD, [callIds]);
  return rows.map(({ whole }) => toLoaded(whole));
}

export async function load(db: Queries, callId: string): Promise<Loaded | null> {
  return (await loadMany(db, [callId]))[0] ?? null;
}
