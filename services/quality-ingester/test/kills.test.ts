import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { QUALITY_STREAM } from '@ringline/quality';
import { type PostgresServer, startPostgres } from '@ringline/testing/postgres';
import type { Service } from '@ringline/testing/service';
import { newCallId, type Stage, sampleOf, setStage } from './stage.ts';

let postgres: PostgresServer;
let stage: Stage;
beforeAll(async () => {
  postgres = await startPostgres({ durable: true });
  stage = await setStage(postgres.url);
}, 60_000);
afterAll(async () => {
  await stage.clear();
  await postgres.stop();
});

const AT_ONCE = 100;

/** Appends samples of a call, of eight users, bit by bit: at least so many, and as long as told. Resolves to their ids. */
async function flow(callId: string, samples: number, during: Promise<unknown>): Promise<string[]> {
  const ids: string[] = [];
  let goesOn = true;
  const over = during.finally(() => {
    goesOn = false;
  });
  while (goesOn || ids.length < samples) {
    const pipeline = stage.redis.pipeline();
    for (let index = 0; index < AT_ONCE; index += 1) {
      const sample = sampleOf(callId, { userId: `user-${index % 8}` });
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

it('kill -9 at any point loses and doubles nothing', async () => {
  const callId = newCallId();
  const ingesters = [await stage.startIngester(), await stage.startIngester()];
  const ids = await flow(callId, 20_000, killInTurn(ingesters, 6));
  await stage.drained();
  expect(await stage.storedIds(callId)).toEqual(ids);
}, 180_000);

it('a Postgres that is gone for a while loses nothing either', async () => {
  const callId = newCallId();
  const ingester = await stage.startIngester();
  const ids = await flow(
    callId,
    5000,
    sleep(Math.random() * 300).then(() => postgres.kill()),
  );
  expect(ingester.output()).toContain('quality samples wait for Postgres');
  await postgres.restart();
  await stage.drained();
  expect(await stage.storedIds(callId)).toEqual(ids);
}, 180_000);
