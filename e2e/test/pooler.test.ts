import { jest } from '@jest/globals';
import type { Call } from '@ringline/contract';
import { type PgBouncer, startPgBouncer } from '@ringline/testing/pgbouncer';
import { closeMedia } from '@ringline/testing/room';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { type Course, openCourse } from '../course.ts';
import { type Stack, startStack } from '../stack.ts';
import { type InCall, RefusalError, type User } from '../user.ts';

jest.setTimeout(120_000);

let pooler: PgBouncer;
let stack: Stack;
let database: Client;
let course: Course | null = null;

/** Two call services and a worker share four connections to Postgres. */
beforeAll(async () => {
  stack = await startStack({
    replicas: 2,
    reachDatabase: async (url) => {
      pooler = await startPgBouncer(url);
      return pooler.url;
    },
  });
  database = new Client({ connectionString: stack.database.url });
  await database.connect();
});

afterEach(async () => {
  await course?.close();
  course = null;
});

afterAll(async () => {
  await database?.end();
  await stack?.stop();
  await pooler?.stop();
  await closeMedia();
});

/** Terminates every connection of PgBouncer to Postgres, as a failover does. */
async function killConnections(): Promise<void> {
  const { rowCount } = await database.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  expect(rowCount).toBeGreaterThan(0);
}

type Act = (user: User, callId: string) => Promise<Call | InCall>;

/** Repeats a request while the service is unavailable, as a client does. */
function insisting(act: Act): Act {
  return (user, callId) =>
    until('the service answers', async () => {
      try {
        return await act(user, callId);
      } catch (error) {
        if (error instanceof RefusalError && error.status === 503) return null;
        throw error;
      }
    });
}

test('a whole call succeeds though the connections to Postgres are killed before each step', async () => {
  const played = await openCourse(stack, 'ann', 'ben', 'cleo');
  course = played;
  const by = async (userId: string, act: Act): Promise<void> => {
    await killConnections();
    await played.by(userId, insisting(act));
  };
  await by('ann', (ann) => ann.start({ type: 'video', mode: 'group', participantIds: ['ben'] }));
  await by('ben', (ben, callId) => ben.ringing(callId));
  await by('ben', (ben, callId) => ben.join(callId));
  await played.sit('ann', 'ben');
  await played.settlesAt('connected');
  await by('ann', (ann, callId) => ann.invite(callId, 'cleo'));
  await by('cleo', (cleo, callId) => cleo.join(callId));
  await played.sit('cleo');
  await by('ben', (ben, callId) => ben.leave(callId));
  await by('ann', (ann, callId) => ann.end(callId));
  await played.settlesAt('ended');
});

test('the worker expires a deadline', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) =>
    ann.start({ type: 'audio', participantIds: ['ben'], ringTimeoutSeconds: 5 }),
  );
  await killConnections();
  await moveTime(stack.database.url, 6000);
  await course.settlesAt('missed');
});

test('no error is logged, and the log names what the pooler does not support', () => {
  expect(stack.output()).toContain('a pooler refuses statement_timeout');
  expect(stack.output()).not.toMatch(/ERROR|prepared statement "/);
});
