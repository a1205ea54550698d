import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createOutboxGate, type OutboxGate } from '@ringline/testing/outbox-gate';
import { copyRinging } from '@ringline/testing/ringing';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { acknowledge, ring } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';

const CALLS = 50;

let fixture: WorkerFixture;
let database: Client;
let gate: OutboxGate;
let frozen: Service;
let other: Service;

beforeAll(async () => {
  fixture = await createWorkerFixture();
  database = new Client({ connectionString: fixture.databaseUrl });
  await database.connect();
  gate = await createOutboxGate(fixture.databaseUrl);
  // LiveKit is not needed, since no user is in a room.
  const withoutLiveKit = { LIVEKIT_URL: 'http://127.0.0.1:9' };
  frozen = await fixture.startWorker(withoutLiveKit);
  other = await fixture.startWorker(withoutLiveKit);
}, 60_000);
afterAll(async () => {
  if (frozen) process.kill(frozen.pid(), 'SIGCONT');
  await gate?.remove();
  await database?.end();
  await fixture?.stop();
});

async function countRows(sql: string): Promise<number> {
  return (await database.query(sql)).rowCount ?? 0;
}

function countRinging() {
  return countRows(`SELECT FROM calls WHERE state = 'ringing'`);
}
function countUnlocked() {
  return countRows('SELECT FROM calls FOR NO KEY UPDATE SKIP LOCKED');
}

/** Freezes the worker during its batch, after a statement that waited at the gate. */
function freezeWithinBatch(worker: Service): Promise<boolean> {
  return until('the worker is frozen with its calls locked', async () => {
    await gate.shut();
    await gate.reached();
    process.kill(worker.pid(), 'SIGSTOP');
    await gate.open();
    if ((await countUnlocked()) === 0) return true;
    // On a slow machine the batch may time out before its process is frozen.
    process.kill(worker.pid(), 'SIGCONT');
    return false;
  });
}

it('calls that a frozen worker has locked are decided by another worker about a second later', async () => {
  const call = await ring(fixture.engine, 'ann', ['bob']);
  await acknowledge(fixture.engine, call, 'bob');
  await copyRinging(fixture.query, call.id, CALLS - 1);
  process.kill(other.pid(), 'SIGSTOP');
  await fixture.moveTime(31_000);
  await freezeWithinBatch(frozen);
  const frozenAt = performance.now();
  process.kill(other.pid(), 'SIGCONT');
  await until('all are decided', async () => (await countRinging()) === 0, 60_000);
  expect(performance.now() - frozenAt).toBeLessThan(5000);
}, 70_000);

it('a worker that was frozen continues and repeats nothing', async () => {
  process.kill(frozen.pid(), 'SIGCONT');
  await until('it works again', async () => (await fetch(`${frozen.internalUrl}/ready`)).ok);
  await other.stop();
  const call = await ring(fixture.engine, 'cyn', ['dan']);
  await acknowledge(fixture.engine, call, 'dan');
  await fixture.moveTime(30_000);
  await until('the next call is decided', async () => (await countRinging()) === 0);
  expect(
    await countRows(
      `SELECT FROM call_events WHERE event = 'call:ended' GROUP BY call_id HAVING count(*) > 1`,
    ),
  ).toBe(0);
});
