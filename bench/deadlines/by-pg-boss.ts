import { join } from 'node:path';
import { type Server, startServer } from '@ringline/testing/server';
import type { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import type { Contender, Load } from './contender.ts';
import { MISSED } from './queue.ts';

/** How many jobs one statement inserts. */
const INSERTED_AT_ONCE = 2500;

function startWorker(databaseUrl: string): Promise<Server> {
  return startServer({
    name: 'pg-boss worker',
    command: [process.execPath, join(import.meta.dirname, 'pg-boss-worker.ts')],
    env: { NODE_OPTIONS: '', DATABASE_URL: databaseUrl },
    ready: { line: 'ready' },
  });
}

interface Ring {
  id: number;
  due: Date;
}

/** Creates ringing rows, and for each a job that is due at its deadline. */
async function ring(
  databaseUrl: string,
  database: Client,
  { count, inSeconds }: Load,
): Promise<Date> {
  const { rows } = await database.query<Ring>(
    `INSERT INTO bench_rings (due)
     SELECT now() + $2 * interval '1 second' + n * interval '1 second' / $1
     FROM generate_series(0, $1::int - 1) AS n RETURNING id, due`,
    [count, inSeconds],
  );
  const boss = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false });
  await boss.start();
  const jobs = rows.map(({ id, due }) => ({ data: { id }, startAfter: due }));
  for (let done = 0; done < jobs.length; done += INSERTED_AT_ONCE) {
    await boss.insert(MISSED, jobs.slice(done, done + INSERTED_AT_ONCE));
  }
  await boss.stop();
  await database.query('ANALYZE');
  return rows[0]?.due ?? new Date();
}

async function makeQueue(databaseUrl: string, database: Client): Promise<void> {
  await database.query(
    `CREATE TABLE bench_rings (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, due timestamptz NOT NULL,
       state text NOT NULL DEFAULT 'ringing', decided int NOT NULL DEFAULT 0)`,
  );
  const boss = new PgBoss({ connectionString: databaseUrl, supervise: false, schedule: false });
  await boss.start();
  await boss.createQueue(MISSED);
  await boss.stop();
}

/** Timeouts as jobs of two pg-boss workers. A job sets one row to missed and publishes nothing. */
export async function pgBoss(databaseUrl: string, database: Client): Promise<Contender> {
  await makeQueue(databaseUrl, database);
  const workers = await Promise.all([startWorker(databaseUrl), startWorker(databaseUrl)]);
  return {
    workers,
    begin: (load) => ring(databaseUrl, database, load),
    async left() {
      const { rows } = await database.query(
        `SELECT count(*)::int AS left FROM bench_rings WHERE state = 'ringing'`,
      );
      return rows[0].left;
    },
    async decided(first) {
      const { rows } = await database.query<{ decided: number; due: number; committed: number }>(
        `SELECT decided, extract(epoch FROM due)::float * 1000 AS due,
           extract(epoch FROM pg_xact_commit_timestamp(xmin))::float * 1000 AS committed
         FROM bench_rings WHERE due >= $1`,
        [first],
      );
      if (rows.some(({ decided }) => decided !== 1))
        throw new Error('a job was not done exactly once');
      return rows;
    },
  };
}
