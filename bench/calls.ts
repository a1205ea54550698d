import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import { type Benchmark, perSecond } from './benchmark.ts';
import { type CallStack, type Phone, startCallStack } from './calls/stack.ts';

const PAIRS = 40;
const SECONDS = 10;
/** A call service's default. */
const CONNECTIONS = 10;
/** Start, ring acknowledgement, accept and end. */
const COMMITS_PER_CALL = 4;

/**
 * Measures how many commits of one small row Postgres makes per second, on as many connections as a
 * call service has.
 */
async function bareCommits(databaseUrl: string): Promise<number> {
  const pool = new Pool({ connectionString: databaseUrl, max: CONNECTIONS });
  await pool.query('CREATE TABLE bare (id uuid PRIMARY KEY, at timestamptz DEFAULT now())');
  let commits = 0;
  const begun = performance.now();
  const insert = async (): Promise<void> => {
    while (performance.now() - begun < (SECONDS * 1000) / 2) {
      await pool.query('INSERT INTO bare (id) VALUES ($1)', [randomUUID()]);
      commits += 1;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, insert));
  const rate = perSecond(commits, performance.now() - begun);
  await pool.query('DROP TABLE bare');
  await pool.end();
  return rate;
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round(
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN,
  );
}

interface Made {
  calls: number;
  milliseconds: number;
  /** From the request to the ring, in ascending order. */
  rings: number[];
}

/** Makes one call after the other between each pair, for some seconds. */
async function makeCalls(pairs: readonly (readonly [Phone, Phone])[]): Promise<Made> {
  const rings: number[] = [];
  const begun = performance.now();
  const talk = async ([caller, callee]: readonly [Phone, Phone]): Promise<void> => {
    while (performance.now() - begun < SECONDS * 1000) {
      const asked = performance.now();
      const rung = callee.next('call:incoming').then(() => rings.push(performance.now() - asked));
      const { call } = await caller.ask('call:start', {
        type: 'audio',
        participantIds: [callee.userId],
      });
      await rung;
      const ended = callee.next('call:ended');
      await callee.ask('call:ringing', { callId: call.id });
      await callee.ask('call:accept', { callId: call.id });
      await caller.ask('call:end', { callId: call.id });
      await ended;
    }
  };
  await Promise.all(pairs.map(talk));
  const milliseconds = performance.now() - begun;
  return { calls: rings.length, milliseconds, rings: rings.toSorted((a, b) => a - b) };
}

/**
 * Everyone is in a call and sends `call:sync`, as SDKs do every ten seconds, as fast as it is
 * answered.
 */
async function askForSync(pairs: readonly (readonly [Phone, Phone])[]): Promise<number> {
  const live = await Promise.all(
    pairs.map(async ([caller, callee]) => {
      const participantIds = [callee.userId];
      const { call } = await caller.ask('call:start', { type: 'audio', participantIds });
      await callee.ask('call:accept', { callId: call.id });
      return [caller, callee].map((phone) => ({ phone, calls: { [call.id]: call.seq } }));
    }),
  );
  let answers = 0;
  const begun = performance.now();
  const ask = async ({ phone, calls }: (typeof live)[number][number]): Promise<void> => {
    while (performance.now() - begun < (SECONDS * 1000) / 2) {
      await phone.ask('call:sync', { calls });
      answers += 1;
    }
  };
  await Promise.all(live.flat().map(ask));
  return answers;
}

async function countCommits(databaseUrl: string): Promise<number> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    await database.query('SELECT pg_stat_force_next_flush()');
    const { rows } = await database.query(
      'SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()',
    );
    return Number(rows[0].xact_commit);
  } finally {
    await database.end();
  }
}

function cpuBetween(stack: CallStack, before: ReturnType<CallStack['cpu']>) {
  return stack.cpu().map(({ name, seconds }, index) => ({
    name,
    seconds: seconds - (before[index]?.seconds ?? 0),
  }));
}

export const calls: Benchmark = {
  name: 'calls',
  of:
    `${PAIRS} pairs call each other for ${SECONDS} s, start, ring, accept, end, over sockets; on one call service and ` +
    'a Postgres that is durable, with a LiveKit that only says yes',
  run: async (say) => {
    const stack = await startCallStack();
    const bare = await bareCommits(stack.databaseUrl);
    const pairs = await Promise.all(
      Array.from({ length: PAIRS }, (_, pair) =>
        Promise.all([stack.connect(`caller-${pair}`), stack.connect(`callee-${pair}`)]),
      ),
    );
    const [cpu, committed] = [stack.cpu(), await countCommits(stack.databaseUrl)];
    const made = await makeCalls(pairs);
    const took = cpuBetween(stack, cpu);
    const transactions = (await countCommits(stack.databaseUrl)) - committed;
    const rate = perSecond(made.calls, made.milliseconds);
    say(`calls     ${rate} a second, of ${COMMITS_PER_CALL} commands each`);
    say(
      `rings     after ${percentile(made.rings, 0.5)} ms (median), ${percentile(made.rings, 0.99)} ms (99 %)`,
    );
    const share = ((rate * COMMITS_PER_CALL) / bare).toFixed(2);
    say(`commands  ${rate * COMMITS_PER_CALL} a second: ${share} of the ${bare} bare commits`);
    say(`Postgres  ${(transactions / made.calls).toFixed(1)} transactions a call`);
    for (const { name, seconds } of took) {
      say(`CPU       ${((seconds * 1000) / made.calls).toFixed(1)} ms a call: ${name}`);
    }
    const beforeSync = stack.cpu();
    const syncs = await askForSync(pairs);
    const [service, postgres] = cpuBetween(stack, beforeSync);
    const each = (part = { seconds: 0 }) => ((part.seconds * 1000) / syncs).toFixed(2);
    say(
      `syncs     ${perSecond(syncs, (SECONDS * 1000) / 2)} a second, of devices that are in a call`,
    );
    say(`CPU       ${each(service)} ms a sync: call service; ${each(postgres)} ms: Postgres`);
    await stack.stop();
  },
};
