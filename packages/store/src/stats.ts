import type { Stats } from '@ringline/contract';
import type { LiveCallState } from '@ringline/domain';
import type { Queries } from './database.ts';
import { statement } from './statement.ts';

type Tally = Omit<Stats, 'averageDurationSeconds' | 'successRate'>;

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** The average is over completed calls, the success rate over ended calls. */
function toStats(tally: Tally): Stats {
  return {
    ...tally,
    averageDurationSeconds: ratio(tally.totalDurationSeconds, tally.completed),
    successRate: ratio(tally.completed, tally.total - tally.active),
  };
}

const TALLY_OF_USER = statement(
  'tally_of_user',
  `SELECT json_build_object(
     'total', count(*),
     'active', count(*) FILTER (WHERE outcome = 'ongoing'),
     'completed', count(*) FILTER (WHERE outcome = 'completed'),
     'missed', count(*) FILTER (WHERE outcome = 'missed'),
     'declined', count(*) FILTER (WHERE outcome = 'declined'),
     'failed', count(*) FILTER (WHERE outcome = 'failed'),
     'totalDurationSeconds', coalesce(sum(stayed_ms / 1000), 0)
   ) AS tally FROM call_participants WHERE user_id = $1`,
);

const TALLY_OF_ALL = statement(
  'tally_of_all',
  `SELECT json_build_object(
     'total', count(*),
     'active', count(*) FILTER (WHERE ended_at IS NULL),
     'completed', count(*) FILTER (WHERE state = 'ended'),
     'missed', count(*) FILTER (WHERE state = 'missed'),
     'declined', count(*) FILTER (WHERE state = 'declined'),
     'failed', count(*) FILTER (WHERE state = 'failed'),
     'totalDurationSeconds', coalesce(sum(duration_seconds), 0)
   ) AS tally FROM calls`,
);

/**
 * Counts a user's calls by outcome, and sums the user's own time in calls. If `userId` is null,
 * counts all calls, and sums their time from connected to ended.
 */
export async function getStats(db: Queries, userId: string | null): Promise<Stats> {
  const [row] =
    userId === null
      ? await db.rows<{ tally: Tally }>(TALLY_OF_ALL)
      : await db.rows<{ tally: Tally }>(TALLY_OF_USER, [userId]);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return toStats(row.tally);
}

/** For operators. */
export interface Counts {
  total: number;
  active: number;
  completed: number;
  failed: number;
}

const COUNT_CALLS = statement(
  'count_calls',
  `SELECT json_build_object(
     'total', count(*),
     'active', count(*) FILTER (WHERE ended_at IS NULL),
     'completed', count(*) FILTER (WHERE state = 'ended'),
     'failed', count(*) FILTER (WHERE state = 'failed')
   ) AS counts FROM calls`,
);

export async function countCalls(db: Queries): Promise<Counts> {
  const [row] = await db.rows<{ counts: Counts }>(COUNT_CALLS);
  if (row === undefined) throw new Error('an aggregate returned no row');
  return row.counts;
}

const COUNT_LIVE_CALLS = statement(
  'count_live_calls',
  'SELECT state, count(*)::int AS calls FROM active_calls GROUP BY state',
);

/** Counts the active calls by state. States without calls are left out. */
export async function countLiveCalls(db: Queries): Promise<Map<LiveCallState, number>> {
  const rows = await db.rows<{ state: LiveCallState; calls: number }>(COUNT_LIVE_CALLS);
  return new Map(rows.map(({ state, calls }) => [state, calls]));
}
