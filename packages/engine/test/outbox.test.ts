import { describe, expect, it } from '@jest/globals';
import { notices } from '@ringline/contract';
import { createOrigin } from '@ringline/engine';
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
  people,
  person,
  recordSent,
  remove,
  ring,
  run,
  someone,
} from './acts.ts';
import { useStage } from './stage.ts';

const { engine } = useStage();

describe('a start', () => {
  it('rings only the callees, on all devices, with the whole call', async () => {
    const [ann, bob, cid] = people();
    const recorded = recordSent(engine);
    const call = await ring(engine, ann, [bob, cid]);
    const rings = recorded.sent().filter(({ event }) => event === 'call:incoming');
    expect(rings.map(({ to }) => to)).toEqual([[bob], [cid]]);
    for (const { payload, exceptDevice } of rings) {
      const notice = notices['call:incoming'].parse(payload);
      expect(notice).toMatchObject({ callId: call.id, seq: call.seq, call: { state: 'ringing' } });
      expect(Date.parse(notice.ringExpiresAt)).toBe(call.createdAt + 30_000);
      expect(exceptDevice).toBeUndefined();
    }
    expect(recorded.eventsTo(ann)).toEqual(['call:started', 'call:state_changed']);
  });

  it('publishes the rings first', async () => {
    const [ann, bob] = people();
    const recorded = recordSent(engine);
    await ring(engine, ann, [bob]);
    expect(recorded.sent()[0]?.event).toBe('call:incoming');
  });

  it('that is recorded as busy publishes only call:missed_busy', async () => {
    const [ann, bob, cid] = people();
    await ring(engine, bob, [cid]);
    const recorded = recordSent(engine);
    await expect(ring(engine, ann, [bob])).rejects.toThrow('USER_BUSY');
    const [message, ...more] = recorded.sent();
    expect(more).toEqual([]);
    expect(message).toMatchObject({ event: 'call:missed_busy', to: [bob] });
    expect(notices['call:missed_busy'].parse(message?.payload)).toMatchObject({
      call: { initiatorId: ann, state: 'busy' },
    });
  });

  it('publishes call:missed_busy to busy users, and rings the others', async () => {
    const [ann, bob, cid, dora] = people();
    await ring(engine, bob, [cid]);
    const recorded = recordSent(engine);
    await ring(engine, ann, [bob, dora]);
    expect(recorded.eventsTo(bob)).toEqual(['call:missed_busy']);
    expect(recorded.eventsTo(dora)).toContain('call:incoming');
    expect(recorded.eventsTo(cid)).toEqual([]);
  });
});

describe('an invite', () => {
  it('publishes call:missed_busy to busy invitees, and rings the others', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await connected(engine, ann, [bob], { mode: 'group' });
    await ring(engine, cid, [someone('eve')]);
    const recorded = recordSent(engine);
    await must(engine, call, invite(bob, [cid, dora]), by(bob));
    expect(recorded.eventsTo(cid)).toEqual(['call:missed_busy']);
    expect(recorded.eventsTo(dora)).toEqual(['call:incoming', 'call:busy', 'call:invited']);
  });

  it('of busy users only publishes call:missed_busy to them, and changes nothing', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await connected(engine, ann, [bob]);
    await ring(engine, cid, [dora]);
    const recorded = recordSent(engine);
    const { refusal } = await run(engine, call, invite(bob, [ann, cid, dora]), by(bob));
    expect(refusal?.code).toBe('USER_BUSY');
    expect(recorded.sent().map(({ event, to }) => [event, to])).toEqual([
      ['call:missed_busy', [cid]],
      ['call:missed_busy', [dora]],
    ]);
    expect(await load(engine, call)).toEqual(call);
  });

  it('that is refused for another reason publishes nothing', async () => {
    const [ann, bob, cid, dora] = people();
    const call = await ring(engine, ann, [bob]);
    await ring(engine, cid, [dora]);
    const recorded = recordSent(engine);
    const { refusal } = await run(engine, call, invite(bob, [cid]), by(bob));
    expect(refusal?.code).toBe('NOT_ACCEPTED');
    expect(recorded.sent()).toEqual([]);
  });
});

describe('an event', () => {
  it('is published to all active participants', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const recorded = recordSent(engine);
    await must(engine, call, acknowledge(bob), by(bob));
    expect(recorded.sent()).toMatchObject([{ event: 'call:ringing', to: [ann, bob, cid] }]);
  });

  it('is not published to a user after their decline', async () => {
    const [ann, bob, cid] = people();
    const call = await ring(engine, ann, [bob, cid]);
    const recorded = recordSent(engine);
    await must(engine, call, decline(bob), by(bob));
    expect(recorded.eventsTo(bob)).toEqual(['call:declined', 'call:ringing_stopped']);
    await must(engine, call, accept(cid), by(cid));
    expect(recorded.eventsTo(bob)).toEqual(['call:declined', 'call:ringing_stopped']);
    expect(recorded.eventsTo(ann)).toEqual([
      'call:declined',
      'call:accepted',
      'call:state_changed',
    ]);
  });

  it('call:ended is published to everyone whose call it ends', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await must(engine, call, end(bob), by(bob));
    expect(recorded.sent()).toMatchObject([{ event: 'call:ended', to: [ann, bob] }]);
  });

  it('is not published to a removed user after call:participant_left, even in the same commit', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob], { mode: 'group' });
    const recorded = recordSent(engine);
    await must(engine, call, remove(ann, bob), by(ann));
    expect(recorded.eventsTo(bob)).toEqual(['call:participant_left']);
    expect(recorded.eventsTo(ann)).toEqual(['call:participant_left', 'call:ended']);
  });

  it('is not published to a user who left until they are invited again', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, leave(cid), by(cid));
    const recorded = recordSent(engine);
    await must(engine, call, { name: 'toggle', person: person(bob), audioEnabled: false }, by(bob));
    expect(recorded.eventsTo(cid)).toEqual([]);
    await must(engine, call, invite(ann, [cid]), by(ann));
    expect(recorded.eventsTo(cid)).toEqual(['call:incoming', 'call:invited']);
  });

  it('is not published if it is internal', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const recorded = recordSent(engine);
    await must(engine, call, mediaJoined(bob, 2), createOrigin('livekit'));
    expect((await load(engine, call)).participants[1]?.session?.sid).toBe(`PA_${bob}_2`);
    expect(recorded.sent()).toEqual([]);
  });
});
