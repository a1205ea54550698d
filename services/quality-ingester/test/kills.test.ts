import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { QUALITY_STREAM } from '@ringline/quality';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import type { Service } from '@ringline/testing/service';
import {
  createCallId,
  createIngesterFixture,
  createSample,
  type IngesterFixture,
} from './fixture.ts';

let postgres: PostgresServer;
let fixture: IngesterFixture;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  fixture = await createIngesterFixture(postgres.url);
}, 60_000);
afterAll(async () => {
  await fixture.stop();
  await postgres.stop();
});

const BATCH = 100;

/**
 * Appends samples of eight users, at least `samples` of them and at least until `during` settles.
 * Returns their ids.
 */
async function appendContinuously(
  callId: string,
  samples: number,
  during: Promise<unknown>,
): Promise<string[]> {
  const ids: string[] = [];
  let isRunning = true;
  const over = during.finally(() => {
    isRunning = false;
  });
  while (isRunning || ids.length < samples) {
    const pipeline = fixture.redis.pipeline();
    for (let index = 0; index < BATCH; index += 1) {
      const sample = createSample(callId, { userId: `user-${index % 8}` });
      pipeline.xadd(QUALITY_STREAM, '*', 'sample', JSON.stringify(sample));
    }
    for (const [error, id] of (await pipeline.exec()) ?? []) {
      if (error !== null) throw error;
      ids.push(String(id));
    }
    await sleep(ids.length < samples ? Math.random() * 50 : 200);
  }
  await over;
  return ids;
}

/** Kills and restarts the ingesters in turn, at random moments. */
async function killInTurn(ingesters: readonly Service[], times: number): Promise<void> {
  for (let kills = 0; kills < times; kills += 1) {
    const victim = ingesters[kills % ingesters.length];
    await sleep(Math.random() * 700);
    await victim?.kill();
    await victim?.restart();
  }
}

it('ingesters that are killed with SIGKILL lose and duplicate no sample', async () => {
  const callId = createCallId();
  const ingesters = [await fixture.startIngester(), await fixture.startIngester()];
  const ids = await appendContinuously(callId, 20_000, killInTurn(ingesters, 6));
  await fixture.waitUntilDrained();
  expect(await fixture.readStoredIds(callId)).toEqual(ids);
}, 180_000);

it('an outage of Postgres loses and duplicates no sample', async () => {
  const callId = createCallId();
  const ingester = await fixture.startIngester();
  const ids = await appendContinuously(
    callId,
    5000,
    sleep(Math.random() * 300).then(() => postgres.kill()),
  );
  expect(ingester.output()).toContain('quality samples wait for Postgres');
  await postgres.restart();
  await fixture.waitUntilDrained();
  expect(await fixture.readStoredIds(callId)).toEqual(ids);
}, 180_000);
