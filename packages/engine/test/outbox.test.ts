import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { notices } from '@ringline/contract';
import type { Call } from '@ringline/domain';
import { createOrigin, expireDueCalls, ringAgain } from '@ringline/engine';
import type { OutboxMessage } from '@ringline/store';
import {
  accept,
  acknowledge,
  by,
  connected,
  decline,
  end,
  invite,
  leave,
  load,
  mediaJoined,
  must,
  person,
  remove,
  ring,
  run,
  someone,
} from './acts.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

let stage: Stage;
let engine: TestEngine;

beforeAll(async () => {
  stage = await setStage();
  engine = stage.engine();
});
afterAll(() => stage.clear());

function people() {
  return [someone('ann'), someone('bob'), someone('cid'), someone('dora')] as const;
}

/** What was sent from here on, by whom it was heard. */
function listen() {
  const from = engine.sent.length;
  const since = (): OutboxMessage[] => engine.sent.slice(from);
  const heardBy = (userId: string): string[] =>
    since()
      .filter(({ to }) => to.includes(userId))
      .map(({ event }) => event);
  const stopsOf = (userId: string): OutboxMessage[] =>
    since().filter(({ event, to }) => event === 'call:ringing_stopped' && to.includes(userId));
  return { since, heardBy, stopsOf };
}

async function due(milliseconds: number): Promise<void> {
  await stage.pass(milliseconds);
  while ((await expireDueCalls(engine.parts, 10)) > 0);
}

describe('a start', () => {
  it('rings each callee, on all devices, with the whole call, and nobody else', async () => {
    const [ann, bob, cid] = people();
    const heard = listen();
    const call = await ring(engine, ann, [bob, cid]);
    const rings = heard.since().filter(({ event }) => event === 'call:incoming');
    expect(rings.map(({ to }) => to)).toEqual([[bob], [cid]]);
    for (const { payload, exceptDevice } of rings) {
      const notice = notices['call:incoming'].parse(payload);
      expect(notice).toMatchObject({ callId: call.id, seq: call.seq, call: { state: 'ringing' } });
      expect(Date.parse(notice.ringExpiresAt)).toBe(call.createdAt + 30_000);
      expect(exceptDevice).toBeUndefined();
    }
    expect(heard.heardBy(ann)).toEqual(['call:started', 'call:state_changed']);
  });

  it('tells the rings before everything else', async () => {
    const [ann, bob] = people();
    const heard = listen();
    await ring(engine, ann, [bob]);
    expect(heard.since()[0]?.event).toBe('call:incoming');
  });

  it('that is recorded as busy is told to the one who is busy: the one who started it has the answer', async () => {
    const [ann, bob, cid] = people();
    await ring(engine, bob, [cid]);
    const heard = listen();
    await expect(ring(engine, ann, [bob])).rejects.toThrow('USER_BUSY');
    const [told, ...more] = heard.since();
    expect(more).toEqual([]);
    expect(told).toMatchObject({ event: 'call:missed_busy', to: [bob] });
    expect(notices['call:missed_busy'].parse(told?.payload)).toMatchObject({
      call: { initiatorId: ann, state: 'busy' },
    });
  });

  it('that finds some of them busy tells these, and rings the others', async () => {
    const [ann, bob, cid, dora] = people();
    await ring(engine, bob, [cid]);
    const heard = listen();
    await ring(engine, ann, [bob, dora]);
    expect(heard.heardBy(bob)).toEqual(['call:missed_busy']);
    expect(heard.heardBy(dora)).toContain('call:incoming');
    expect(heard.heardBy(cid)).toEqual([]);
  });
});

describe('an invite', () => {
  it('tells those who are busy, and rings the others', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await connected(engine, ann, [bob], { mode: 'group' });
    await ring(engine, cid, [someone('eve')]);
    const heard = listen();
    await must(engine, call, invite(bob, [cid, dora]), by(bob));
    expect(heard.heardBy(cid)).toEqual(['call:missed_busy']);
    expect(heard.heardBy(dora)).toEqual(['call:incoming', 'call:busy', 'call:invited']);
  });

  it('that is refused since all of them are busy tells them, and changes nothing', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await connected(engine, ann, [bob]);
    await ring(engine, cid, [dora]);
    const heard = listen();
    const { refusal } = await run(engine, call, invite(bob, [ann, cid, dora]), by(bob));
    expect(refusal?.code).toBe('USER_BUSY');
    expect(heard.since().map(({ event, to }) => [event, to])).toEqual([
      ['call:missed_busy', [cid]],
      ['call:missed_busy', [dora]],
    ]);
    expect(await load(engine, call)).toEqual(call);
  });

  it('that is refused for another reason tells nobody', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await ring(engine, ann, [bob]);
    await ring(engine, cid, [dora]);
    const heard = listen();
    const { refusal } = await run(engine, call, invite(bob, [cid]), by(bob));
    expect(refusal?.code).toBe('NOT_ACCEPTED');
    expect(heard.since()).toEqual([]);
  });
});

describe('an event', () => {
  it('goes to everyone who is in the call or rung', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const heard = listen();
    await must(engine, call, acknowledge(bob), by(bob));
    expect(heard.since()).toMatchObject([{ event: 'call:ringing', to: [ann, bob, cid] }]);
  });

  it('of their own decline is the last that one who declines hears', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const heard = listen();
    await must(engine, call, decline(bob), by(bob));
    expect(heard.heardBy(bob)).toEqual(['call:declined', 'call:ringing_stopped']);
    await must(engine, call, accept(cid), by(cid));
    expect(heard.heardBy(bob)).toEqual(['call:declined', 'call:ringing_stopped']);
    expect(heard.heardBy(ann)).toEqual(['call:declined', 'call:accepted', 'call:state_changed']);
  });

  it('of the end is heard by those whom it ends the call for', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const heard = listen();
    await must(engine, call, end(bob), by(bob));
    expect(heard.since()).toMatchObject([{ event: 'call:ended', to: [ann, bob] }]);
  });

  it('of their removal is the last that a removed user hears, though the same commit ends the call', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob], { mode: 'group' });
    const heard = listen();
    await must(engine, call, remove(ann, bob), by(ann));
    expect(heard.heardBy(bob)).toEqual(['call:participant_left']);
    expect(heard.heardBy(ann)).toEqual(['call:participant_left', 'call:ended']);
  });

  it('does not reach one who left, until they are invited again', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, leave(cid), by(cid));
    const heard = listen();
    await must(engine, call, { name: 'toggle', person: person(bob), audioEnabled: false }, by(bob));
    expect(heard.heardBy(cid)).toEqual([]);
    await must(engine, call, invite(ann, [cid]), by(ann));
    expect(heard.heardBy(cid)).toEqual(['call:incoming', 'call:invited']);
  });

  it('that is private to the machine is told to nobody', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const heard = listen();
    await must(engine, call, mediaJoined(bob, 2), createOrigin('livekit'));
    expect((await load(engine, call)).participants[1]?.session?.sid).toBe(`PA_${bob}_2`);
    expect(heard.since()).toEqual([]);
  });
});

describe('the ringing', () => {
  const expectStop = (stops: OutboxMessage[], call: Call, cause: string, except?: string) => {
    expect(stops).toHaveLength(1);
    const [stop] = stops;
    const notice = notices['call:ringing_stopped'].parse(stop?.payload);
    expect(notice).toMatchObject({ callId: call.id, cause });
    expect(stop?.exceptDevice?.deviceId).toBe(except);
  };

  it('stops on the other devices when one accepts', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const heard = listen();
    await must(engine, call, accept(bob), by(bob));
    expectStop(heard.stopsOf(bob), call, 'answered_elsewhere', `${bob}-phone`);
    expect(heard.stopsOf(ann)).toEqual([]);
  });

  it('stops on the other devices when one declines', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const heard = listen();
    await must(engine, call, decline(bob), by(bob));
    expectStop(heard.stopsOf(bob), call, 'declined_elsewhere', `${bob}-phone`);
  });

  it('stops on every device when one that names none acts', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const heard = listen();
    await must(engine, call, decline(bob), by(bob, { deviceId: null }));
    expectStop(heard.stopsOf(bob), call, 'declined_elsewhere');
  });

  it('stops when the caller cancels', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const heard = listen();
    await must(engine, call, end(ann), by(ann));
    expectStop(heard.stopsOf(bob), call, 'cancelled');
  });

  it('stops when it has run out', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const heard = listen();
    await due(30_000);
    expectStop(heard.stopsOf(bob), call, 'timeout');
  });

  it('stops when the host removes one who still rings', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const heard = listen();
    await must(engine, call, remove(ann, bob), by(ann));
    expectStop(heard.stopsOf(bob), call, 'cancelled');
    expect(heard.stopsOf(cid)).toEqual([]);
  });

  it('stops when the call ends without them', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, invite(ann, [dora]), by(ann));
    const heard = listen();
    await must(engine, call, end(ann), by(ann));
    expectStop(heard.stopsOf(dora), call, 'ended');
  });

  it('does not stop for the others when one of a group answers', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const heard = listen();
    await must(engine, call, accept(bob), by(bob));
    expect(heard.stopsOf(cid)).toEqual([]);
  });
});

describe('the warning before the end', () => {
  it('goes once to those who are alone, and says when and why', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, leave(bob), by(bob));
    await must(engine, call, leave(cid), by(cid));
    const heard = listen();
    await due(30_000);
    await due(1000);
    const warnings = heard.since().filter(({ event }) => event === 'call:ending_soon');
    expect(warnings).toMatchObject([{ to: [ann] }]);
    const expiresAt = (await load(engine, call)).soloExpiresAt;
    expect(notices['call:ending_soon'].parse(warnings[0]?.payload)).toEqual({
      callId: call.id,
      at: new Date(expiresAt ?? 0).toISOString(),
      reason: 'solo_timeout',
    });
    await due(30_000);
    expect(await load(engine, call)).toMatchObject({ state: 'ended', endReason: 'solo_timeout' });
  });

  it('goes to all before the longest that a call may last', async () => {
    const [ann, bob] = people();
    const timings = { ringSeconds: 30, connectSeconds: 30, graceSeconds: 15, soloSeconds: 60 };
    const call = await connected(engine, ann, [bob], { timings: { ...timings, maxSeconds: 600 } });
    const heard = listen();
    await due(540_000);
    expect(heard.since()).toMatchObject([
      { event: 'call:ending_soon', to: [ann, bob], payload: { reason: 'max_duration' } },
    ]);
    await due(60_000);
    expect(await load(engine, call)).toMatchObject({ state: 'ended', endReason: 'max_duration' });
  });
});

describe('a ring that is repeated', () => {
  it('is the first one again, with the call as it is by now', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const after = await must(engine, call, acknowledge(bob), by(bob));
    // Bob has acknowledged his, and is not rung again.
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
