import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { type Service, startService } from '@ringline/testing/service';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { type Course, openCourse } from '../course.ts';
import { type Release, unpackRelease } from '../release.ts';
import { type Stack, startStack } from '../stack.ts';
import { createUser, type InCall } from '../user.ts';

jest.setTimeout(120_000);

let release: Release;
let stack: Stack;
let ingester: Service;
let course: Course | null = null;

/** The released processes on the schema of this commit. */
beforeAll(async () => {
  release = await unpackRelease();
  stack = await startStack({ replicas: 2, root: release.root });
  ingester = await startService('quality-ingester', stack.env, release.root);
});

afterEach(async () => {
  await course?.close();
  course = null;
});

afterAll(async () => {
  await ingester?.stop();
  await stack?.stop();
  await release?.remove();
  await closeMedia();
});

async function query<Row>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: stack.database.url });
  await client.connect();
  try {
    return (await client.query(sql, parameters)).rows;
  } finally {
    await client.end();
  }
}

/**
 * The changes that the next migrations may make while this release runs: they add tables and
 * columns, but remove none.
 */
async function growSchema(): Promise<void> {
  const tables = await query<{ name: string }>(
    `SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  expect(tables.map(({ name }) => name)).toContain('call_quality_metrics');
  for (const { name } of tables) {
    await query(`ALTER TABLE ${name} ADD COLUMN of_the_next_release integer NOT NULL DEFAULT 0`);
  }
}

/** Makes a group call with media, from start to end. */
async function playCall(): Promise<void> {
  if (course === null) throw new Error('no course is open');
  await course.by('ann', (ann) =>
    ann.start({ type: 'video', mode: 'group', participantIds: ['ben'] }),
  );
  await course.by('ben', (ben, callId) => ben.ringing(callId));
  await course.by('ben', (ben, callId) => ben.join(callId));
  await course.sit('ann', 'ben');
  await course.settlesAt('connected');
  await course.by('ann', (ann, callId) => ann.invite(callId, 'cleo'));
  await course.by('cleo', (cleo, callId) => cleo.join(callId));
  await course.sit('cleo');
  await course.by('ben', (ben, callId) => ben.leave(callId));
  await course.by('ann', (ann, callId) => ann.end(callId));
  await course.settlesAt('ended');
}

test('the released processes make calls on the newest schema, and after tables and columns are added', async () => {
  course = await openCourse(stack, 'ann', 'ben', 'cleo');
  await playCall();
  await growSchema();
  await playCall();
});

test('the released worker expires a deadline on the newest schema', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) =>
    ann.start({ type: 'audio', participantIds: ['ben'], ringTimeoutSeconds: 5 }),
  );
  await moveTime(stack.database.url, 6000);
  await course.settlesAt('missed');
});

test('the released ingester stores samples on the newest schema, and the released worker their summary', async () => {
  course = await openCourse(stack, 'ann', 'ben');
  await course.by('ann', (ann) => ann.start({ type: 'audio', participantIds: ['ben'] }));
  await course.by('ben', (ben, callId) => ben.join(callId));
  const { callId } = course;
  const ben = await createUser(stack, 'ben');
  await ben.reportQuality(callId);
  const quality = await until('it is kept', async () => {
    const [own] = await ben.quality(callId);
    return own;
  });
  expect(quality).toMatchObject({ userId: 'ben', receive: { samples: 1 } });
  await course.by('ann', (ann, id) => ann.end(id));
  await moveTime(stack.database.url, 6 * 60_000);
  // It summarises when it starts, and then once a minute.
  await stack.worker.restart();
  await until('it is summarised', async () => {
    const rows = await query('SELECT FROM call_quality_summaries WHERE call_id = $1', [callId]);
    return rows.length === 1;
  });
  expect(await ben.quality(callId)).toEqual([quality]);
});

test('a released and a new replica serve one call together', async () => {
  const next = await startService('call-service', stack.env);
  try {
    course = await openCourse({ ...stack, replicas: [next] }, 'ann', 'ben', 'cleo');
    await playCall();
  } finally {
    await course?.close();
    course = null;
    await next.stop();
  }
});

describe('while every process is replaced by a new one', () => {
  /** The replicas to which the load balancer sends clients. */
  let up: string[] = [];
  const fresh: Service[] = [];
  afterAll(async () => {
    for (const service of fresh) await service.stop();
  });

  let requests = 0;
  const balanced = (): string => {
    requests += 1;
    return up[requests % up.length] ?? '';
  };

  /** Makes one call after the other. Each request goes to the next replica. */
  const keepCalling = async (pair: number, signal: AbortSignal): Promise<number> => {
    const caller = await createUser(stack, `caller-${pair}`, balanced);
    const callee = await createUser(stack, `callee-${pair}`, balanced);
    let calls = 0;
    for (; !signal.aborted; calls += 1) {
      const { call } = await caller.start({ type: 'audio', participantIds: [callee.id] });
      await callee.ringing(call.id);
      await callee.join(call.id);
      await (calls % 2 === 0 ? caller : callee).end(call.id);
      await sleep(20);
    }
    return calls;
  };

  /** Replaces a process as a rolling upgrade does: out of the load balancer, drained, replaced. */
  const replace = async (old: Service): Promise<void> => {
    up = up.filter((url) => url !== old.url);
    await old.stop();
    const port = new URL(old.url).port;
    const next = await startService('call-service', { ...stack.env, PORT: port });
    fresh.push(next);
    up.push(next.url);
  };

  test('no call fails, and an older one goes on', async () => {
    const olds = [stack.callService, ...stack.replicas];
    up = olds.map(({ url }) => url);
    const [ann, ben] = await Promise.all([createUser(stack, 'ann'), createUser(stack, 'ben')]);
    const started = await ann.start({ type: 'audio', participantIds: ['ben'] });
    const joined = await ben.join(started.call.id);
    const seats = await Promise.all([started, joined].map(takeSeat));
    const readState = async () => (await ann.call(started.call.id)).state;
    await until('they talk', async () => (await readState()) === 'connected');

    const enough = new AbortController();
    const calling = Promise.all([0, 1, 2].map((pair) => keepCalling(pair, enough.signal)));
    for (const old of olds) await replace(old);
    fresh.push(await startService('cleanup-worker', stack.env));
    await stack.worker.stop();
    fresh.push(await startService('quality-ingester', stack.env));
    await ingester.stop();
    enough.abort();
    for (const calls of await calling) expect(calls).toBeGreaterThan(10);

    expect(await readState()).toBe('connected');
    expect(seats.map((seat) => seat.isConnected())).toEqual([true, true]);
    await ben.end(started.call.id);
    expect((await ann.history())[0]).toMatchObject({
      call: { id: started.call.id },
      outcome: 'completed',
    });
    await Promise.all(seats.map(({ over }) => over));
  });

  const takeSeat = async ({ connection }: InCall) =>
    attendRoom({ url: connection.url, token: connection.token });
});
