import type { RedisClient } from '@ringline/platform';
import { QUALITY_STREAM } from '@ringline/quality';
import { until } from '@ringline/testing/until';
import { talk } from './calls.ts';
import { setUpStack, setUpUsers } from './fixture.ts';
import { type Ingestion, startIngestion } from './ingestion.ts';
import { sample } from './samples.ts';

let ingestion: Ingestion;
let redis: RedisClient;
let callId: string;

// Defined before the stack, so that it runs before the stack is closed.
afterAll(() => ingestion.close());
const stack = setUpStack({ env: { RATE_LIMIT_QUALITY_SAMPLES_PER_MINUTE: '0' } });
const [ann, ben] = setUpUsers(stack, 'ann', 'ben');

beforeAll(async () => {
  ingestion = await startIngestion(stack);
  redis = ingestion.redis;
});
beforeEach(async () => {
  callId = await talk(stack, ann, ben);
});

/** Creates samples that differ from all others of the test. */
function reportOf(count: number) {
  const measured = Array.from({ length: count }, (_, index) => ({
    roundTripMs: count,
    jitterMs: index,
  }));
  const body = { samples: measured.map(sample) };
  return { measured, send: () => ann.act(callId, 'quality', body, { key: `of ${count}` }) };
}
type Report = ReturnType<typeof reportOf>;

/** The samples in the table once the stream is drained. */
async function stored(): Promise<unknown[]> {
  await until('all are ingested', async () => (await redis.xlen(QUALITY_STREAM)) === 0);
  const { rows } = await stack.database.query(
    `SELECT round_trip_ms AS "roundTripMs", jitter_ms AS "jitterMs" FROM call_quality_metrics
     WHERE call_id = $1 ORDER BY round_trip_ms, jitter_ms`,
    [callId],
  );
  return rows;
}

/** Sends while Redis is reachable but hangs: it executes all commands later. */
async function whileRedisHangs(send: () => Promise<void>): Promise<void> {
  process.kill(stack.redis.pid(), 'SIGSTOP');
  try {
    await send();
  } finally {
    process.kill(stack.redis.pid(), 'SIGCONT');
  }
}

async function refuses(reports: readonly Report[]): Promise<void> {
  const answers = await Promise.all(reports.map(({ send }) => send()));
  expect(answers.map(({ status }) => status)).toEqual(reports.map(() => 503));
}

test('reports repeated while Redis hangs and afterwards are stored once', async () => {
  const reports = [1, 3, 100].map(reportOf);
  await whileRedisHangs(async () => {
    await refuses(reports);
    await refuses([...reports, ...reports]);
  });
  for (const { send } of reports) {
    await until('it is accepted', async () => (await send()).status === 202);
    expect((await send()).status).toBe(202);
  }
  expect(await stored()).toEqual(reports.flatMap(({ measured }) => measured));
});
