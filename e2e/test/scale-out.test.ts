import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import type { QualitySample } from '@ringline/contract';
import { closeRedis, connectRedis, type RedisClient } from '@ringline/platform';
import { attendRoom, closeMedia } from '@ringline/testing/room';
import { silentLogger } from '@ringline/testing/silent-logger';
import { moveTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { readCounters, sum } from '../counters.ts';
import { createPair, type Pair } from '../pairs.ts';
import { report } from '../report.ts';
import { type ScaledStack, startScaledStack } from '../scaled-stack.ts';
import { createUser, type InCall, type User } from '../user.ts';

jest.setTimeout(120_000);

let stack: ScaledStack;
let database: Client;
let livekitRedis: RedisClient;
const pairs: Pair[] = [];

beforeAll(async () => {
  stack = await startScaledStack();
  database = new Client({ connectionString: stack.database.url });
  await database.connect();
  livekitRedis = await connectRedis(stack.livekitRedis.url, { name: 'test', logger: silentLogger });
});

afterAll(async () => {
  for (const pair of pairs) pair.close();
  await closeMedia();
  await database?.end();
  if (livekitRedis) await closeRedis(livekitRedis);
  await stack?.stop();
});

async function query<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
  return (await database.query<Row>(sql, values)).rows;
}

async function count(sql: string, ...values: unknown[]): Promise<number> {
  const [row] = await query<{ count: string }>(`SELECT count(*) ${sql}`, ...values);
  return Number(row?.count);
}

async function openPairs(count: number, name: string, across: boolean): Promise<Pair[]> {
  const { at, anywhere } = stack;
  const opened = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const [from, to] = index % 2 === 0 ? at : ([at[1], at[0]] as const);
      return createPair(`${name}-${index}`, across ? from : anywhere, across ? to : anywhere);
    }),
  );
  pairs.push(...opened);
  return opened;
}

/**
 * Makes a call from one call service to the other. Each user joins the LiveKit node to which they
 * were sent.
 */
async function callAcross(name: string): Promise<string> {
  const [ann, ben] = await Promise.all([
    createUser(stack.at[0], `ann-${name}`),
    createUser(stack.at[1], `ben-${name}`),
  ]);
  const started = await ann.start({ type: 'audio', participantIds: [ben.id] });
  const callId = started.call.id;
  const joined = await ben.join(callId);
  const sit = ({ connection }: InCall, index: 0 | 1) => {
    expect(connection.url).toBe(stack.livekit[index].publicUrl);
    return attendRoom(connection, {
      tone: { hertz: index === 0 ? 410 : 670, listenFor: [410, 670] },
    });
  };
  const [annsSeat, bensSeat] = await Promise.all([sit(started, 0), sit(joined, 1)]);
  await until('the two hear each other', () => {
    const [ofBen, ofAnn] = [annsSeat.hears.get(ben.id), bensSeat.hears.get(ann.id)];
    return ofBen?.hertz === 670 && ofBen.share > 0.8 && ofAnn?.hertz === 410 && ofAnn.share > 0.8;
  });
  const call = await until('the call is connected', async () => {
    const seen = await ben.call(callId);
    return seen.state === 'connected' && seen;
  });
  const [row] = await query<{ room: string }>(
    'SELECT room_name AS room FROM calls WHERE id = $1',
    call.id,
  );
  const node = await livekitRedis.hget('room_node_map', row?.room ?? '');
  await ann.end(callId);
  await Promise.all([annsSeat.leave(), bensSeat.leave()]);
  return node ?? '';
}

test('calls across call services have sound, at whichever LiveKit node their room is', async () => {
  const nodes = new Set<string>();
  for (let round = 0; nodes.size < 2 && round < 8; round += 1) {
    const found = await Promise.all([callAcross(`${round}-a`), callAcross(`${round}-b`)]);
    for (const node of found) nodes.add(node);
  }
  expect(nodes.size).toBe(2);
  expect(nodes).not.toContain('');
});

test('each deadline is decided once, by one of two workers', async () => {
  const missedBy = () =>
    readCounters(stack.workers, 'ringline_calls_finished_total', 'state="missed"');
  let started = 0;
  for (let round = 0; (await missedBy()).includes(0) && round < 15; round += 1) {
    const starting = Array.from({ length: 5 }, async (_, index) => {
      const caller = await createUser(stack.at[index % 2 === 0 ? 0 : 1], `eva-${round}-${index}`);
      await caller.start({ type: 'audio', participantIds: [`finn-${round}-${index}`] });
    });
    await Promise.all(starting);
    started += starting.length;
    await moveTime(stack.database.url, 31_000);
    await until('all are missed', async () => {
      return (await count(`FROM calls WHERE state = 'missed'`)) === started;
    });
  }
  const shares = await missedBy();
  report(`missed calls, decided by each worker: ${shares.join(' and ')}`);
  expect(shares).not.toContain(0);
  expect(sum(shares)).toBe(started);
  const ends = `FROM call_events WHERE event = 'call:ended' AND actor = 'deadline'`;
  expect(await count(ends)).toBe(started);
});

function sample(): QualitySample {
  return {
    at: new Date().toISOString(),
    direction: 'receive',
    jitterMs: 5,
    packetLossPercent: 0,
    roundTripMs: 40,
  };
}

test('both ingesters store quality samples', async () => {
  const storedBy = () =>
    readCounters(stack.ingesters, 'ringline_quality_samples_total', 'outcome="stored"');
  const users = await Promise.all([
    createUser(stack.at[0], 'gia'),
    createUser(stack.at[1], 'hugo'),
  ]);
  const [gia, hugo] = users;
  const { call } = await gia.start({ type: 'audio', participantIds: ['hugo'] });
  await hugo.join(call.id);
  const devices = await Promise.all(users.map((user) => user.connect()));
  let sent = 0;
  for (let round = 0; (await storedBy()).includes(0) && round < 40; round += 1) {
    const answers = await Promise.all(
      devices.map(({ socket }) =>
        socket.emitWithAck('call:quality_update', { callId: call.id, sample: sample() }),
      ),
    );
    expect(answers).toEqual(answers.map(() => ({ ok: true, data: { accepted: 1 } })));
    sent += answers.length;
    await until('they are stored', async () => {
      return (await count('FROM call_quality_metrics')) === sent;
    });
  }
  const shares = await storedBy();
  report(`quality samples, stored by each ingester: ${shares.join(' and ')}`);
  expect(shares).not.toContain(0);
  expect(sum(shares)).toBe(sent);
  for (const device of devices) device.close();
  await gia.end(call.id);
});

/**
 * Reports quality through Caddy until it is stopped. Resolves to how many samples were accepted.
 */
async function reportLine(callId: string, { token }: User, going: () => boolean): Promise<number> {
  let accepted = 0;
  while (going()) {
    const answer = await fetch(`${stack.anywhere.callService.url}/api/v1/calls/${callId}/quality`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ samples: [sample(), sample()] }),
    });
    if (answer.ok) accepted += 2;
    await sleep(400);
  }
  return accepted;
}

test('every process is drained and replaced under load, and no call fails', async () => {
  const crowd = await openPairs(6, 'load', false);
  let replacing = true;
  const talk = async (pair: Pair): Promise<string[]> => {
    const callIds: string[] = [];
    while (replacing) callIds.push((await pair.talk()).id);
    return callIds;
  };
  const gia = await createUser(stack.anywhere, 'gia');
  const { call } = await gia.start({ type: 'audio', participantIds: ['hugo'] });
  const already = await count('FROM call_quality_metrics');
  const reporting = reportLine(call.id, gia, () => replacing);
  const talking = Promise.all(crowd.map(talk));
  talking.catch(() => (replacing = false));
  const processes = [...stack.callServices, ...stack.workers, ...stack.ingesters];
  for (const process of processes) {
    const talked = await count(`FROM calls WHERE end_reason = 'hangup'`);
    await process.restart();
    expect(process.output()).toContain('stopped');
    await until('calls go on', async () => {
      return !replacing || (await count(`FROM calls WHERE end_reason = 'hangup'`)) > talked + 5;
    });
  }
  replacing = false;
  const callIds = (await talking).flat();
  const accepted = await reporting;
  await until('every sample is stored', async () => {
    return (await count('FROM call_quality_metrics')) - already >= accepted;
  });
  await gia.end(call.id);
  report(
    `${callIds.length} calls, ${accepted} samples, while ${processes.length} processes were replaced`,
  );
  expect(accepted).toBeGreaterThan(0);
  const kept = await query(
    'SELECT DISTINCT state, end_reason FROM calls WHERE id = ANY ($1)',
    callIds,
  );
  expect(kept).toEqual([{ state: 'ended', end_reason: 'hangup' }]);
});

test.each([0, 1, 2])(
  'every callee rings within ten seconds when Redis master %i is killed',
  async (index) => {
    const master = stack.cluster.masters[index];
    if (!master) throw new Error('there are three masters');
    const [before, meanwhile] = [
      await openPairs(6, `before-${index}`, true),
      await openPairs(6, `while-${index}`, true),
    ];
    const ringing = before.map((pair) => pair.ring());
    await master.kill();
    ringing.push(...meanwhile.map((pair) => pair.ring()));
    // Some callees open their app only now.
    const late = openPairs(6, `late-${index}`, true);
    const rings = await Promise.all([...ringing, ...(await late).map((pair) => pair.ring())]);
    const times = rings.map(({ milliseconds }) => milliseconds);
    report(`request to ring, one of three masters dead: ${times.join(' ')} ms`);
    expect(Math.max(...times)).toBeLessThan(10_000);

    await master.restart();
    await stack.cluster.whole();
    await Promise.all(rings.map(({ call }) => call.end()));
    const [pair] = before;
    await pair?.talk();
  },
);
