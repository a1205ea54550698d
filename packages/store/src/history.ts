import type { Direction } from '@ringline/contract';
import type { Call, CallState, CallType, Instant, Outcome } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toIso } from './instants.ts';
import { toLoaded, WHOLE_CALL, type WholeCall } from './load.ts';
import { afterPosition, conjunction, parseCursor, toPage } from './paging.ts';

/** What is not given, or null, is not filtered by. */
export interface HistoryQuery {
  limit: number;
  cursor?: string | null | undefined;
  type?: CallType | null | undefined;
  outcome?: Outcome | null | undefined;
  direction?: Direction | null | undefined;
  conversationId?: string | null | undefined;
}

export interface HistoryEntry {
  call: Call;
  direction: Direction;
  outcome: Outcome;
}

export interface CallsQuery {
  limit: number;
  cursor?: string | null | undefined;
  /** A participant's, in whatever state. */
  userId?: string | null | undefined;
  state?: CallState | null | undefined;
  conversationId?: string | null | undefined;
  /** Created at this instant or later, */
  from?: Instant | null | undefined;
  /** and before this one. */
  to?: Instant | null | undefined;
}

/** The cursor that was handed in is none of ours. */
export interface BadCursor {
  badCursor: true;
}

/** What the calls were to one user, newest first. A cursor stays good while new calls come. */
export async function listHistory(
  db: Queries,
  userId: string,
  { limit, cursor, type, outcome, direction, conversationId }: HistoryQuery,
): Promise<{ entries: HistoryEntry[]; nextCursor: string | null } | BadCursor> {
  const position = cursor == null ? undefined : parseCursor(cursor);
  if (position === null) return { badCursor: true };
  const { sql, values } = conjunction([
    ['call_history.user_id = $?', userId],
    [afterPosition('call_history.call_created_at', 'call_history.call_id'), position],
    ['call_history.type = $?', type],
    ['call_history.outcome = $?', outcome],
    ['call_history.direction = $?', direction],
    ['call_history.conversation_id = $?', conversationId],
  ]);
  const rows = await db.rows<{ whole: WholeCall; direction: Direction; outcome: Outcome }>(
    `SELECT call_history.direction, call_history.outcome, ${WHOLE_CALL} AS whole
     FROM call_history JOIN calls ON calls.id = call_history.call_id
     WHERE ${sql}
     ORDER BY call_history.call_created_at DESC, call_history.call_id DESC
     LIMIT ${limit + 1}`,
    values,
  );
  const entries = rows.map(({ whole, ...entry }) => ({ call: toLoaded(whole).call, ...entry }));
  const { page, nextCursor } = toPage(entries, limit, ({ call }) => call);
  return { entries: page, nextCursor };
}

/** All calls, for the host app's back end and for operators, newest first. */
export async function listCalls(
  db: Queries,
  { limit, cursor, userId, state, conversationId, from, to }: CallsQuery,
): Promise<{ calls: Call[]; nextCursor: string | null } | BadCursor> {
  const position = cursor == null ? undefined : parseCursor(cursor);
  if (position === null) return { badCursor: true };
  const { sql, values } = conjunction([
    [afterPosition('created_at', 'id'), position],
    ['id IN (SELECT call_id FROM call_participants WHERE user_id = $?)', userId],
    ['state = $?', state],
    ['conversation_id = $?', conversationId],
    ['created_at >= $?', from == null ? null : toIso(from)],
    ['created_at < $?', to == null ? null : toIso(to)],
  ]);
  const rows = await db.rows<{ whole: WholeCall }>(
    `SELECT ${WHOLE_CALL} AS whole FROM calls WHERE ${sql}
     ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`,
    values,
  );
  const calls = rows.map(({ whole }) => toLoaded(whole).call);
  const { page, nextCursor } = toPage(calls, limit, (call) => call);
  return { calls: page, nextCursor };
}
