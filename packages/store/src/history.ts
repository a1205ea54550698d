import type { Direction } from '@ringline/contract';
import type { Call, CallState, CallType, Instant, Outcome } from '@ringline/domain';
import type { Queries } from './database.ts';
import { toIso } from './instants.ts';
import { toLoaded, WHOLE_CALL, type WholeCall } from './load.ts';
import { afterPosition, applyFilters, parseCursor, toPage } from './paging.ts';
import { statement } from './statement.ts';

/** Filters that are null or missing do not apply. */
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
  /** Matches participants in any state. */
  userId?: string | null | undefined;
  state?: CallState | null | undefined;
  conversationId?: string | null | undefined;
  /** Inclusive, by creation time. */
  from?: Instant | null | undefined;
  /** Exclusive. */
  to?: Instant | null | undefined;
}

/** The given cursor is not a cursor of this list. */
export interface BadCursor {
  badCursor: true;
}

interface HistoryRow {
  whole: WholeCall;
  direction: Direction;
  outcome: Outcome;
}

/** Lists a user's calls, newest first. New calls do not shift the pages. */
export async function listHistory(
  db: Queries,
  userId: string,
  { limit, cursor, type, outcome, direction, conversationId }: HistoryQuery,
): Promise<{ entries: HistoryEntry[]; nextCursor: string | null } | BadCursor> {
  const position = cursor == null ? undefined : parseCursor(cursor);
  if (position === null) return { badCursor: true };
  const { name, sql, values } = applyFilters([
    { name: 'user', sql: 'call_history.user_id = $?', value: userId },
    {
      name: 'after',
      sql: afterPosition('call_history.call_created_at', 'call_history.call_id'),
      value: position,
    },
    { name: 'type', sql: 'call_history.type = $?', value: type },
    { name: 'outcome', sql: 'call_history.outcome = $?', value: outcome },
    { name: 'direction', sql: 'call_history.direction = $?', value: direction },
    { name: 'conversation', sql: 'call_history.conversation_id = $?', value: conversationId },
  ]);
  const rows = await db.rows<HistoryRow>(
    statement(
      `list_history_by_${name}`,
      `SELECT call_history.direction, call_history.outcome, ${WHOLE_CALL} AS whole
       FROM call_history JOIN calls ON calls.id = call_history.call_id
       WHERE ${sql}
       ORDER BY call_history.call_created_at DESC, call_history.call_id DESC
       LIMIT $${values.length + 1}`,
    ),
    [...values, limit + 1],
  );
  const entries = rows.map(({ whole, ...entry }) => ({ call: toLoaded(whole).call, ...entry }));
  const { page, nextCursor } = toPage(entries, limit, ({ call }) => call);
  return { entries: page, nextCursor };
}

/** Lists all calls, newest first, for operators and the host app's backend. */
export async function listCalls(
  db: Queries,
  { limit, cursor, userId, state, conversationId, from, to }: CallsQuery,
): Promise<{ calls: Call[]; nextCursor: string | null } | BadCursor> {
  const position = cursor == null ? undefined : parseCursor(cursor);
  if (position === null) return { badCursor: true };
  const { name, sql, values } = applyFilters([
    { name: 'after', sql: afterPosition('created_at', 'id'), value: position },
    {
      name: 'user',
      sql: 'id IN (SELECT call_id FROM call_participants WHERE user_id = $?)',
      value: userId,
    },
    { name: 'state', sql: 'state = $?', value: state },
    { name: 'conversation', sql: 'conversation_id = $?', value: conversationId },
    { name: 'from', sql: 'created_at >= $?', value: from == null ? null : toIso(from) },
    { name: 'to', sql: 'created_at < $?', value: to == null ? null : toIso(to) },
  ]);
  const rows = await db.rows<{ whole: WholeCall }>(
    statement(
      `list_calls_by_${name}`,
      `SELECT ${WHOLE_CALL} AS whole FROM calls WHERE ${sql}
       ORDER BY created_at DESC, id DESC LIMIT $${values.length + 1}`,
    ),
    [...values, limit + 1],
  );
  const calls = rows.map(({ whole }) => toLoaded(whole).call);
  const { page, nextCursor } = toPage(calls, limit, (call) => call);
  return { calls: page, nextCursor };
}
