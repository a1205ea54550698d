import type { Stats } from '@ringline/contract';
import type { CallState } from '@ringline/domain';
import type { Queries } from './database.ts';

/** Calls by state, for metrics. */
export interface Counts {
  total: number;
  active: number;
  completed: number;
  failed: number;
  byState: Record<CallState, number>;
}

type Tally = Omit<Stats, 'averageDurationSeconds' | 'successRate'>;

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Of those that are over, how many were completed; the average is of the completed ones. */
function toStats(tally: Tally): Stats {
  return {
    ...tally,
    averageDurationSeconds: ratio(tally.totalDurationSeconds, tally.completed),
    successRate: ratio(tally.completed, tally.total - tally.active),
  };
}

/** What the user's calls came to for them, as their history says; durations are their own time in calls. */
export async function getStatsOfUser(db: Queries, userId: string): Promise<Stats> {
  const rows = await db.rows<{ tally: Tally }>(
    `SELECT json_build_object(
       'total', count(*),
       'active', count(*) FILTER (WHERE outcome = 'ongoing'),
       'completed', count(*) FILTER (WHERE outcome = 'completed'),
       'missed', count(*) FILTER (WHERE outcome = 'missed'),
       'declined', count(*) FILTER (WHERE outcome = 'declined'),
       'failed', count(*) FILTER (WHERE outcome = 'failed'),
       'totalDurationSeconds', coalesce(sum(stayed_ms / 1000), 0)
     ) AS tally FROM call_participants WHERE user_id = $1`,
    [userId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate answered no row');
  return toStats(row.tally);
}

/** What all calls came to; durations are from connected to ended. */
export async function getStatsOfAll(db: Queries): Promise<Stats> {
  const rows = await db.rows<{ tally: Tally }>(
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
  const [row] = rows;
  if (row === undefined) throw new Error('an aggregate answered no row');
  return toStats(row.tally);
}

const NONE: Record<CallState, number> = {
  initiating: 0,
  ringing: 0,
  connecting: 0,
  connected: 0,
  reconnecting: 0,
  ended: 0,
  failed: 0,
  busy: 0,
  declined: 0,
  missed: 0,
  cancelled: 0,
};

export async function countCalls(db: Queries): Promise<Counts> {
  const rows = await db.rows<{ state: CallState; calls: number }>(
    'SELECT state, count(*)::int AS calls FROM calls GROUP BY state',
  );
  // biome-ignore lint/plugin: the keys are the states that a constraint of the table allows.
  const byState = { ...NONE, ...Object.fromEntries(rows.map((row) => [row.state, row.calls])) };
  const { initiating, ringing, connecting, connected, reconnecting, ended, failed } = byState;
  return {
    total: Object.values(byState).reduce((sum, calls) => sum + calls, 0),
    active: initiating + ringing + connecting + connected + reconnecting,
    completed: ended,
    failed,
    byState,
  };
}
