import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createOutboxGate, type OutboxGate } from '@ringline/testing/outbox-gate';
import { copyRinging } from '@ringline/testing/ringing';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { Client } from 'pg';
import { acknowledge, ring } from './acts.ts';
import { type Stage, setStage } from './stage.ts';

const CALLS = 50;

let stage: Stage;
let database: Client;
let gate: OutboxGate;
let frozen: Service;
let other: Service;

beforeAll(async () => {
  stage = await setStage();
  database = new Client({ connectionString: stage.databaseUrl });
  await database.connect();
  gate = await createOutboxGate(stage.databaseUrl);
  // Where nobody is in a room, LiveKit has nothing to say about it.
  const withoutLiveKit = { LIVEKIT_URL: 'http://127.0.0.1:9' };
  frozen = await stage.startWorker(withoutLiveKit);
  other = await stage.startWorker(withoutLiveKit);
}, 60_000);
afterAll(async () => {
  if (frozen) process.kill(frozen.pid(), 'SIGCONT');
  await gate?.remove();
  await database?.end();
  await stage?.clear();
});

async function countOf(sql: string): Promise<number> {
  return (await database.query(sql)).rowCount ?? 0;
}

function ringing() {
  return countOf(`SELECT FROM calls WHERE state = 'ringing'`);
}
function unlocked() {
  return countOf('SELECT FROM calls FOR NO KEY UPDATE SKIP LOCKED');
}

/** Freezes the worker in the middle of its batch, after a statement that waited at the gate. */
function freezeWithinBatch(worker: Service): Promise<boolean> {
  return until('the worker is frozen and holds its calls', async () => {
    await gate.shut();
    await gate.reached();
    process.kill(worker.pid(), 'SIGSTOP');
    await gate.open();
    if ((await unlocked()) === 0) return true;
    // This machine was so slow that the batch ran out of time before its process was frozen.
    process.kill(worker.pid(), 'SIGCONT');
    return false;
  });
}

it('what a frozen worker has locked is decided by another about a second later', async () => {
  const call = await ring(stage.engine, 'ann', ['bob']);
  await acknowledge(stage.engine, call, 'bob');
  await copyRinging(stage.query, call.id, CALLS - 1);
  process.kill(other.pid(), 'SIGSTOP');
  await stage.pass(31_000);
  await freezeWithinBatch(frozen);
  const frozenAt = performance.now();
  process.kill(other.pid(), 'SIGCONT');
  await until('all are decided', async () => (await ringing()) === 0, 60_000);
  expect(performance.now() - frozenAt).toBeLessThan(5000);
}, 70_000);

it('the frozen worker goes on where it was, and repeats nothing', async () => {
  process.kill(frozen.pid(), 'SIGCONT');
  await until('it works again', async () => (await fetch(`${frozen.internalUrl}/ready`)).ok);
  await other.stop();
  const call = await ring(stage.engine, 'cyn', ['dan']);
  await acknowledge(stage.engine, call, 'dan');
  await stage.pass(30_000);
  await until('the next call is decided', async () => (await ringing()) === 0);
  expect(
    await countOf(
      `SELECT FROM call_events WHERE event = 'call:ended' GROUP BY call_id HAVING count(*) > 1`,
    ),
  ).toBe(0);
});
