import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { notices } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { until } from '@ringline/testing/until';
import { accept, load, ring, run, someone } from './acts.ts';
import { type Stage, setStage } from './stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.clear());

/** What a process leaves that dies between commit and publish. */
async function ringAndDie(caller: string, callees: string[]): Promise<Call> {
  await expect(ring(stage.dying, caller, callees)).rejects.toThrow('died before it published');
  const [active] = await stage.store.listActiveCalls(caller, null);
  if (active === undefined) throw new Error('the start was not committed');
  return active.call;
}

function emptied() {
  return until('the outbox is empty', async () => (await stage.store.countUnsent()) === 0);
}

describe('what a process committed and did not live to publish', () => {
  it('is published by a worker within two seconds, in order', async () => {
    const worker = await stage.startWorker();
    const [ann, bob] = [someone('ann'), someone('bob')];
    const [heardByAnn, heardByBob] = [await stage.ears.listen(ann), await stage.ears.listen(bob)];
    const call = await ringAndDie(ann, [bob]);
    const committedAt = performance.now();
    await until('both hear', () => heardByBob.length >= 3 && heardByAnn.length >= 2);
    expect(heardByBob.map(({ event }) => event)).toEqual([
      'call:incoming',
      'call:started',
      'call:state_changed',
    ]);
    expect(notices['call:incoming'].parse(heardByBob[0]?.payload).callId).toBe(call.id);
    expect(heardByAnn.map(({ payload }) => payload.seq)).toEqual([1, 2]);
    expect((heardByBob[0]?.at ?? 0) - committedAt).toBeLessThan(2000);
    await emptied();
    await worker.stop();
  });

  it('keeps its order over several commits', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await ringAndDie(ann, [bob]);
    await expect(accept(stage.dying, call, bob)).rejects.toThrow('died');
    const toggle = (audioEnabled: boolean) =>
      run(stage.dying, call, ann, {
        name: 'toggle',
        person: { userId: ann, name: null, picture: null },
        audioEnabled,
      });
    await expect(toggle(false)).rejects.toThrow('died');
    await expect(toggle(true)).rejects.toThrow('died');
    const heard = await stage.ears.listen(ann);
    const worker = await stage.startWorker();
    const { seq } = await load(stage.engine, call);
    await until('ann hears all', () => heard.length >= seq);
    expect(heard.map(({ payload }) => payload.seq)).toEqual(
      Array.from({ length: seq }, (_, index) => index + 1),
    );
    await worker.stop();
  });

  it('spares the device that acted', async () => {
    const [ann, bob] = [someone('ann'), someone('bob')];
    const call = await ring(stage.engine, ann, [bob]);
    await expect(accept(stage.dying, call, bob)).rejects.toThrow('died');
    const [phone, tablet] = [
      await stage.ears.listen(bob, `${bob}-phone`),
      await stage.ears.listen(bob, `${bob}-tablet`),
    ];
    const worker = await stage.startWorker();
    await until('the tablet stops ringing', () =>
      tablet.some(({ event }) => event === 'call:ringing_stopped'),
    );
    // What comes after it is heard by both, so nothing is still to come.
    await expect(
      run(stage.dying, call, ann, {
        name: 'toggle',
        person: { userId: ann, name: null, picture: null },
        audioEnabled: false,
      }),
    ).rejects.toThrow('died');
    await until('the phone hears the next', () =>
      phone.some(({ event }) => event === 'call:participant_updated'),
    );
    expect(phone.map(({ event }) => event)).not.toContain('call:ringing_stopped');
    await worker.stop();
  });

  it('is published once, though two workers run', async () => {
    const workers = await Promise.all([stage.startWorker(), stage.startWorker()]);
    const callees = Array.from({ length: 20 }, () => someone('bob'));
    const heard = await Promise.all(callees.map((bob) => stage.ears.listen(bob)));
    for (const bob of callees) await ringAndDie(someone('ann'), [bob]);
    await stage.pass(1000);
    await emptied();
    await until('all hear', () => heard.every((one) => one.length >= 3));
    const started = heard.map((one) => one.filter(({ event }) => event === 'call:started').length);
    expect(started).toEqual(callees.map(() => 1));
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('waits for Redis, and is published as soon as it is back', async () => {
    const worker = await stage.startWorker();
    const [ann, bob] = [someone('ann'), someone('bob')];
    const heard = await stage.ears.listen(bob);
    await stage.redis.kill();
    await until('the worker knows', async () => {
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
    await stage.pass(2000);
    // On a slow machine, rings of the tests before may run out meanwhile, and are told of too.
    expect(await stage.store.countUnsent()).toBeGreaterThan(0);
    await stage.redis.restart();
    await emptied();
    await until('bob hears', () => heard.some(({ payload }) => payload.callId === call.id));
    await worker.stop();
  });
});

/** LiveKit needs Redis to make a room: here it is made to have one. */
async function ringWithoutMedia(caller: string, callee: string): Promise<Call> {
  const media = { ...stage.engine.media, createRoom: async () => undefined };
  await expect(ring({ ...stage.dying, media }, caller, [callee])).rejects.toThrow('died');
  const [active] = await stage.store.listActiveCalls(caller, null);
  if (active === undefined) throw new Error('the start was not committed');
  return active.call;
}

afterEach(() => emptied());
