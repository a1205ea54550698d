import { beforeAll, describe, expect, it } from '@jest/globals';
import type { EndReason } from '@ringline/contract';
import { createOrigin } from '@ringline/engine';
import { stopTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import * as acts from './acts.ts';
import { check } from './check.ts';
import { type TestEngine, useStage } from './stage.ts';

const { stage, engine: base } = useStage();
let engine: TestEngine;
/** LiveKit refuses its rooms. */
let refused: TestEngine;

beforeAll(async () => {
  // Deadlines expire only when a test moves the time.
  await stopTime(stage.databaseUrl, Date.now());
  const { media } = base.parts;
  // No user is really in these rooms, and LiveKit takes long to find that out.
  engine = stage.engine({ media: { ...media, removeParticipant: async () => undefined } });
  const refuse = async () => {
    throw new Error('LiveKit refuses');
  };
  refused = stage.engine({ media: { ...media, createRoom: refuse } });
});

/** Plays each way in which a call can end. */
const endings: Record<EndReason, () => Promise<unknown>> = {
  hangup: async () => {
    const [ann, bob] = acts.people();
    const call = await acts.connected(engine, ann, [bob]);
    await acts.expireAfter(stage, engine, 1000);
    await acts.must(engine, call, acts.end(bob), acts.by(bob));
  },
  host_ended: async () => {
    const [ann, bob, cyn] = acts.people();
    const call = await acts.connected(engine, ann, [bob, cyn]);
    await acts.must(engine, call, acts.end(ann), acts.by(ann));
  },
  declined: async () => {
    const [ann, bob] = acts.people();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.must(engine, call, acts.acknowledge(bob), acts.by(bob));
    await acts.must(engine, call, acts.decline(bob), acts.by(bob));
  },
  no_answer: async () => {
    const [ann, bob] = acts.people();
    await acts.ring(engine, ann, [bob]);
    await acts.expireAfter(stage, engine, 31_000);
  },
  cancelled: async () => {
    const [ann, bob] = acts.people();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.must(engine, call, acts.end(ann), acts.by(ann));
  },
  busy: async () => {
    const [ann, bob, cyn] = acts.people();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.start(engine, cyn, [bob]);
    await acts.must(engine, call, acts.end(ann), acts.by(ann));
  },
  connect_timeout: async () => {
    const [ann, bob] = acts.people();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.must(engine, call, acts.accept(bob), acts.by(bob));
    await acts.expireAfter(stage, engine, 31_000);
  },
  connection_lost: async () => {
    const [ann, bob] = acts.people();
    const call = await acts.connected(engine, ann, [bob]);
    await acts.must(engine, call, acts.mediaLeft(ann), createOrigin('livekit'));
    await acts.expireAfter(stage, engine, 16_000);
  },
  solo_timeout: async () => {
    const [ann, bob, cyn] = acts.people();
    const call = await acts.connected(engine, ann, [bob, cyn]);
    await acts.must(engine, call, acts.leave(ann), acts.by(ann));
    await acts.must(engine, call, acts.leave(bob), acts.by(bob));
    await acts.expireAfter(stage, engine, 61_000);
  },
  max_duration: async () => {
    const [ann, bob] = acts.people();
    await acts.connected(engine, ann, [bob]);
    await acts.expireAfter(stage, engine, 14_401_000);
  },
  media_failure: async () => {
    const [ann, bob] = acts.people();
    await acts.start(refused, ann, [bob]);
  },
  admin_ended: async () => {
    const [ann, bob] = acts.people();
    const call = await acts.connected(engine, ann, [bob]);
    await acts.must(engine, call, { name: 'force_end' }, createOrigin('admin'));
  },
};

/** Active calls, in which users join, leave, are removed and come back. */
async function startActiveCalls() {
  const [ann, bob, cyn] = acts.people();
  const dan = acts.someone('dan');
  const call = await acts.connected(engine, ann, [bob, cyn]);
  await acts.must(engine, call, acts.remove(ann, bob), acts.by(ann));
  await acts.must(engine, call, acts.invite(ann, [bob, dan]), acts.by(ann));
  await acts.must(engine, call, acts.decline(bob), acts.by(bob));
  await acts.must(engine, call, acts.accept(bob, { rejoin: true }), acts.by(bob));
  await acts.must(engine, call, acts.leave(ann), acts.by(ann));
  await acts.must(engine, call, acts.mediaLeft(cyn), createOrigin('livekit'));
  const [eve, fay] = acts.people();
  await acts.ring(engine, eve, [fay]);
  const [gus, hal] = acts.people();
  const answered = await acts.ring(engine, gus, [hal]);
  await acts.must(engine, answered, acts.accept(hal), acts.by(hal));
}

describe('checkInvariants', () => {
  it('finds no violation in active calls and in calls with every kind of end', async () => {
    for (const end of Object.values(endings)) await end();
    await startActiveCalls();
    const stored = await stage.query<{ end_reason: string }>(
      'SELECT DISTINCT end_reason FROM calls WHERE ended_at IS NOT NULL',
    );
    expect(stored.map(({ end_reason }) => end_reason).sort()).toEqual(Object.keys(endings).sort());
    await until(
      'everything is published',
      async () => (await stage.query('SELECT FROM outbox')).length === 0,
    );
    expect(await check(stage, engine)).toEqual([]);
  });

  it.each([
    [
      `UPDATE call_events SET payload = jsonb_set(payload::jsonb, '{participant,name}', '"Zoe"')
       WHERE call_id = $1 AND event = 'call:participant_joined'`,
      'the events give another participants',
    ],
    [
      `UPDATE calls SET conversation_id = 'another' WHERE id = $1`,
      'the events give another conversationId',
    ],
    [
      `UPDATE call_events SET payload = jsonb_set(payload::jsonb, '{seq}', '9') WHERE call_id = $1 AND seq = 2`,
      'event 2 has another seq',
    ],
    [
      `UPDATE call_events SET payload = jsonb_set(payload::jsonb, '{event}', '"call:invited"')
       WHERE call_id = $1 AND seq = 1`,
      'event 1 is not call:started',
    ],
  ])('finds events that do not give the stored call: %s', async (tamper, detail) => {
    const [ann, bob] = acts.people();
    const { id: callId, roomName } = await acts.connected(engine, ann, [bob]);
    await stage.query(tamper, [callId]);
    expect(await check(stage, engine)).toEqual([
      { invariant: 'events-fold-to-the-call', callId, detail },
    ]);
    await stage.query('DELETE FROM calls WHERE id = $1', [callId]);
    await engine.parts.media.deleteRoom(roomName);
  });
});
