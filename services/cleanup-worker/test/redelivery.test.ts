import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { notices } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { startTcpProxy } from '@ringline/testing/tcp-proxy';
import { until } from '@ringline/testing/until';
import { accept, createUserId, load, ring, run } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';

let fixture: WorkerFixture;

beforeAll(async () => {
  fixture = await createWorkerFixture();
});
afterAll(() => fixture.stop());

/** Starts a call in a process that dies between commit and publish. */
async function ringAndCrash(caller: string, callees: string[]): Promise<Call> {
  await expect(ring(fixture.crashingEngine, caller, callees)).rejects.toThrow(
    'crashed before publishing',
  );
  const [active] = await fixture.store.listActiveCalls(caller, null);
  if (active === undefined) throw new Error('the start was not committed');
  return active.call;
}

function waitForEmptyOutbox() {
  return until('the outbox is empty', async () => (await fixture.store.countUnsent()) === 0);
}

describe('commits of a process that died before publishing', () => {
  it('are published by a worker within two seconds, in order', async () => {
    const worker = await fixture.startWorker();
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const [receivedByAnn, receivedByBob] = [
      await fixture.devices.connect(ann),
      await fixture.devices.connect(bob),
    ];
    const call = await ringAndCrash(ann, [bob]);
    const committedAt = performance.now();
    await until('both receive all', () => receivedByBob.length >= 3 && receivedByAnn.length >= 2);
    expect(receivedByBob.map(({ event }) => event)).toEqual([
      'call:incoming',
      'call:started',
      'call:state_changed',
    ]);
    expect(notices['call:incoming'].parse(receivedByBob[0]?.payload).callId).toBe(call.id);
    expect(receivedByAnn.map(({ payload }) => payload.seq)).toEqual([1, 2]);
    expect((receivedByBob[0]?.at ?? 0) - committedAt).toBeLessThan(2000);
    await waitForEmptyOutbox();
    await worker.stop();
  });

  it('are published in the order of the commits', async () => {
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const call = await ringAndCrash(ann, [bob]);
    await expect(accept(fixture.crashingEngine, call, bob)).rejects.toThrow('crashed');
    const toggle = (audioEnabled: boolean) =>
      run(fixture.crashingEngine, call, ann, {
        name: 'toggle',
        person: { userId: ann, name: null, picture: null },
        audioEnabled,
      });
    await expect(toggle(false)).rejects.toThrow('crashed');
    await expect(toggle(true)).rejects.toThrow('crashed');
    const received = await fixture.devices.connect(ann);
    const worker = await fixture.startWorker();
    const { seq } = await load(fixture.engine, call);
    await until('ann receives all', () => received.length >= seq);
    expect(received.map(({ payload }) => payload.seq)).toEqual(
      Array.from({ length: seq }, (_, index) => index + 1),
    );
    await worker.stop();
  });

  it('are not published to an excepted device', async () => {
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const call = await ring(fixture.engine, ann, [bob]);
    await expect(accept(fixture.crashingEngine, call, bob)).rejects.toThrow('crashed');
    const [phone, tablet] = [
      await fixture.devices.connect(bob, `${bob}-phone`),
      await fixture.devices.connect(bob, `${bob}-tablet`),
    ];
    const worker = await fixture.startWorker();
    await until('the tablet stops ringing', () =>
      tablet.some(({ event }) => event === 'call:ringing_stopped'),
    );
    // Both devices receive the next event, so nothing earlier is outstanding.
    await expect(
      run(fixture.crashingEngine, call, ann, {
        name: 'toggle',
        person: { userId: ann, name: null, picture: null },
        audioEnabled: false,
      }),
    ).rejects.toThrow('crashed');
    await until('the phone receives the next event', () =>
      phone.some(({ event }) => event === 'call:participant_updated'),
    );
    expect(phone.map(({ event }) => event)).not.toContain('call:ringing_stopped');
    await worker.stop();
  });

  it('are published once while two workers run', async () => {
    const workers = await Promise.all([fixture.startWorker(), fixture.startWorker()]);
    const callees = Array.from({ length: 20 }, () => createUserId('bob'));
    const received = await Promise.all(callees.map((bob) => fixture.devices.connect(bob)));
    for (const bob of callees) await ringAndCrash(createUserId('ann'), [bob]);
    await fixture.moveTime(1000);
    await waitForEmptyOutbox();
    await until('all receive the start', () => received.every((one) => one.length >= 3));
    const started = received.map(
      (one) => one.filter(({ event }) => event === 'call:started').length,
    );
    expect(started).toEqual(callees.map(() => 1));
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('wait for Redis, and are published as soon as it is back', async () => {
    const route = await openRoute(fixture.redis.url);
    const worker = await fixture.startWorker({ REDIS_URL: route.url });
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const received = await fixture.devices.connect(bob);
    route.close();
    await fixture.redis.kill();
    await until('the worker reports Redis as failed', async () => {
      const ready = await fetch(`${worker.internalUrl}/ready`);
      const { status, checks } = (await ready.json()) as { status: string; checks: object };
      expect({ code: ready.status, status, checks }).toMatchObject({
        code: 200,
        status: 'degraded',
        checks: { postgres: 'ok', redis: 'failed' },
      });
      return true;
    });
    const call = await ringWithoutMedia(ann, bob);
    await fixture.moveTime(2000);
    // On a slow machine, rings of earlier tests may expire meanwhile and add entries.
    expect(await fixture.store.countUnsent()).toBeGreaterThan(0);
    await fixture.redis.restart();
    // Bob's device misses what is published before its server has subscribed again.
    await fixture.devices.untilSubscribed(bob);
    route.open();
    await waitForEmptyOutbox();
    await until('bob receives it', () =>
      received.some(({ payload }) => payload.callId === call.id),
    );
    await worker.stop();
    await route.end();
  });
});

/** A way to Redis that can be closed for one process, while others reach it. */
async function openRoute(redisUrl: string) {
  let isOpen = true;
  const proxy = await startTcpProxy(redisUrl, (client, server) => {
    if (!isOpen) client.destroy();
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    client.pipe(server).pipe(client);
  });
  return {
    url: proxy.url,
    open: () => {
      isOpen = true;
    },
    close: () => {
      isOpen = false;
      for (const socket of proxy.sockets) socket.destroy();
    },
    end: proxy.close,
  };
}

/** Skips creating the room, for which LiveKit needs Redis. */
async function ringWithoutMedia(caller: string, callee: string): Promise<Call> {
  const media = { ...fixture.engine.media, createRoom: async () => undefined };
  await expect(ring({ ...fixture.crashingEngine, media }, caller, [callee])).rejects.toThrow(
    'crashed',
  );
  const [active] = await fixture.store.listActiveCalls(caller, null);
  if (active === undefined) throw new Error('the start was not committed');
  return active.call;
}

afterEach(() => waitForEmptyOutbox());
