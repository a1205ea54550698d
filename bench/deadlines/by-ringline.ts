import type { Server } from '@ringline/testing/server';
import { startService } from '@ringline/testing/service';
import type { Client } from 'pg';
import type { Contender, Load } from './contender.ts';
import { ringMany } from './ringing-calls.ts';

/**
 * Without LiveKit, since no decision needs it. Each room to delete costs two requests that fail.
 */
function startWorker(databaseUrl: string, redisUrl: string): Promise<Server> {
  return startService('cleanup-worker', {
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    LIVEKIT_URL: 'http://127.0.0.1:9',
    LIVEKIT_API_KEY: 'none',
    LIVEKIT_API_SECRET: 'none',
  });
}

/**
 * For each call that is due at `first` or later: how often it was decided, and when that was
 * committed.
 */
const ENDS = `
  SELECT count(*) FILTER (WHERE event = 'call:ended')::int AS ends,
    min(call_events.seq) = 1 AND max(call_events.seq) = count(*) AND max(call_events.seq) = calls.seq AS "isWhole",
    extract(epoch FROM max(at))::float * 1000 AS due,
    extract(epoch FROM pg_xact_commit_timestamp((array_agg(call_events.xmin ORDER BY call_events.seq DESC))[1]))::float
      * 1000 AS committed
  FROM call_events JOIN calls ON calls.id = call_events.call_id
  WHERE calls.ended_at >= $1
  GROUP BY calls.id`;

interface End {
  ends: number;
  isWhole: boolean;
  due: number;
  committed: number;
}

/** Unanswered rings, decided by two cleanup workers. */
export async function ringline(
  databaseUrl: string,
  redisUrl: string,
  database: Client,
): Promise<Contender> {
  const workers = await Promise.all([
    startWorker(databaseUrl, redisUrl),
    startWorker(databaseUrl, redisUrl),
  ]);
  return {
    workers,
    begin: (load: Load) => ringMany(databaseUrl, database, load),
    async left() {
      const { rows } = await database.query(
        `SELECT (SELECT count(*) FROM calls WHERE state = 'ringing')::int
           + (SELECT count(*) FROM outbox)::int AS left`,
      );
      return rows[0].left;
    },
    async decided(first) {
      const { rows } = await database.query<End>(ENDS, [first]);
      if (rows.some(({ ends, isWhole }) => ends !== 1 || !isWhole)) {
        throw new Error('a call was not decided exactly once');
      }
      return rows;
    },
  };
}
