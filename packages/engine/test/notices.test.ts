import { describe, expect, it } from '@jest/globals';
import { notices } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { ringAgain } from '@ringline/engine';
import type { OutboxMessage } from '@ringline/store';
import {
  accept,
  acknowledge,
  by,
  connected,
  decline,
  end,
  expireAfter,
  invite,
  leave,
  load,
  must,
  people,
  recordSent,
  remove,
  ring,
} from './acts.ts';
import { useStage } from './stage.ts';

const { stage, engine } = useStage();

describe('call:ringing_stopped', () => {
  const expectStop = (stops: OutboxMessage[], call: Call, cause: string, except?: string) => {
    expect(stops).toHaveLength(1);
    const [stop] = stops;
    const notice = notices['call:ringing_stopped'].parse(stop?.payload);
    expect(notice).toMatchObject({ callId: call.id, cause });
    expect(stop?.exceptDevice?.deviceId).toBe(except);
  };

  it('is published to the other devices when one accepts', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await must(engine, call, accept(bob), by(bob));
    expectStop(recorded.ringStopsTo(bob), call, 'answered_elsewhere', `${bob}-phone`);
    expect(recorded.ringStopsTo(ann)).toEqual([]);
  });

  it('is published to the other devices when one declines', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await must(engine, call, decline(bob), by(bob));
    expectStop(recorded.ringStopsTo(bob), call, 'declined_elsewhere', `${bob}-phone`);
  });

  it('is published to every device when the device that acts is unnamed', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await must(engine, call, decline(bob), by(bob, { deviceId: null }));
    expectStop(recorded.ringStopsTo(bob), call, 'declined_elsewhere');
  });

  it('is published when the caller cancels', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await must(engine, call, end(ann), by(ann));
    expectStop(recorded.ringStopsTo(bob), call, 'cancelled');
  });

  it('is published when the ring runs out', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await expireAfter(stage, engine, 30_000);
    expectStop(recorded.ringStopsTo(bob), call, 'timeout');
  });

  it('is published when the host removes a ringing user', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const recorded = recordSent(engine);
    await must(engine, call, remove(ann, bob), by(ann));
    expectStop(recorded.ringStopsTo(bob), call, 'cancelled');
    expect(recorded.ringStopsTo(cid)).toEqual([]);
  });

  it('is published when the call ends', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, invite(ann, [dora]), by(ann));
    const recorded = recordSent(engine);
    await must(engine, call, end(ann), by(ann));
    expectStop(recorded.ringStopsTo(dora), call, 'ended');
  });

  it('is not published to the other invitees of a group when one accepts', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const recorded = recordSent(engine);
    await must(engine, call, accept(bob), by(bob));
    expect(recorded.ringStopsTo(cid)).toEqual([]);
  });
});

describe('call:ending_soon', () => {
  it('is published once to a user who is alone, with time and reason', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, leave(bob), by(bob));
    await must(engine, call, leave(cid), by(cid));
    const recorded = recordSent(engine);
    await expireAfter(stage, engine, 30_000);
    await expireAfter(stage, engine, 1000);
    const warnings = recorded.sent().filter(({ event }) => event === 'call:ending_soon');
    expect(warnings).toMatchObject([{ to: [ann] }]);
    const expiresAt = (await load(engine, call)).soloExpiresAt;
    expect(notices['call:ending_soon'].parse(warnings[0]?.payload)).toEqual({
      callId: call.id,
      at: new Date(expiresAt ?? 0).toISOString(),
      reason: 'solo_timeout',
    });
    await expireAfter(stage, engine, 30_000);
    expect(await load(engine, call)).toMatchObject({ state: 'ended', endReason: 'solo_timeout' });
  });

  it('is published to all before the maximum duration ends', async () => {
    const [ann, bob] = people();
    const timings = { ringSeconds: 30, connectSeconds: 30, graceSeconds: 15, soloSeconds: 60 };
    const call = await connected(engine, ann, [bob], { timings: { ...timings, maxSeconds: 600 } });
    const recorded = recordSent(engine);
    await expireAfter(stage, engine, 540_000);
    expect(recorded.sent()).toMatchObject([
      { event: 'call:ending_soon', to: [ann, bob], payload: { reason: 'max_duration' } },
    ]);
    await expireAfter(stage, engine, 60_000);
    expect(await load(engine, call)).toMatchObject({ state: 'ended', endReason: 'max_duration' });
  });
});

describe('ringAgain', () => {
  it('repeats the ring with the current call', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const after = await must(engine, call, acknowledge(bob), by(bob));
    // Bob has acknowledged, so his ring is not repeated.
    const rings = [bob, cid].map((userId) => ({ callId: call.id, userId }));
    const messages = await ringAgain(engine.parts.store, rings);
    expect(messages).toHaveLength(1);
    const { event, payload, to } = messages[0] as OutboxMessage;
    expect([event, to]).toEqual(['call:incoming', [cid]]);
    expect(notices['call:incoming'].parse(payload)).toMatchObject({
      seq: after.seq,
      ringExpiresAt: new Date(call.createdAt + 30_000).toISOString(),
    });
  });
});
