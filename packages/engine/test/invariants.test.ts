import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EndReason } from '@ringline/contract';
import { type CheckOptions, checkInvariants, createOrigin, expireDueCalls } from '@ringline/engine';
import { closeMedia } from '@ringline/testing/room';
import { stopTime } from '@ringline/testing/time';
import { until } from '@ringline/testing/until';
import * as acts from './acts.ts';
import { attend, connectionTo } from './connections.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

let stage: Stage;
let engine: TestEngine;
/** One that LiveKit refuses rooms. */
let refused: TestEngine;

beforeAll(async () => {
  stage = await setStage();
  // Nothing falls due but what a test lets fall due.
  await stopTime(stage.databaseUrl, Date.now());
  const { media } = stage.engine().parts;
  // Nobody is really in these rooms, and LiveKit is slow to be sure of that.
  engine = stage.engine({ media: { ...media, removeParticipant: async () => undefined } });
  const refuse = async () => {
    throw new Error('LiveKit refuses');
  };
  refused = stage.engine({ media: { ...media, createRoom: refuse } });
});
afterAll(async () => {
  await closeMedia();
  await stage.clear();
});

async function check(more: Partial<CheckOptions> = {}) {
  await engine.parts.backgroundTasks.drained();
  const { violations } = await checkInvariants(stage.databaseUrl, {
    retention: { eventDays: 30, callDays: 365 },
    logger: engine.parts.logger,
    ...more,
  });
  return violations;
}

function three() {
  return ['ann', 'bob', 'cyn'].map(acts.someone) as [string, string, string];
}

function ringing() {
  const [ann, bob] = three();
  return acts.ring(engine, ann, [bob]);
}

async function pass(milliseconds: number) {
  await stage.pass(milliseconds);
  while ((await expireDueCalls(engine.parts, 20)) > 0);
}

/** Each way in which a call can end, by real decisions. */
const endings: Record<EndReason, () => Promise<unknown>> = {
  hangup: async () => {
    const [ann, bob] = three();
    const call = await acts.connected(engine, ann, [bob]);
    await pass(1000);
    await acts.must(engine, call, acts.end(bob), acts.by(bob));
  },
  host_ended: async () => {
    const [ann, bob, cyn] = three();
    const call = await acts.connected(engine, ann, [bob, cyn]);
    await acts.must(engine, call, acts.end(ann), acts.by(ann));
  },
  declined: async () => {
    const [ann, bob] = three();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.must(engine, call, acts.acknowledge(bob), acts.by(bob));
    await acts.must(engine, call, acts.decline(bob), acts.by(bob));
  },
  no_answer: async () => {
    const [ann, bob] = three();
    await acts.ring(engine, ann, [bob]);
    await pass(31_000);
  },
  cancelled: async () => {
    const [ann, bob] = three();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.must(engine, call, acts.end(ann), acts.by(ann));
  },
  busy: async () => {
    const [ann, bob, cyn] = three();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.start(engine, cyn, [bob]);
    await acts.must(engine, call, acts.end(ann), acts.by(ann));
  },
  connect_timeout: async () => {
    const [ann, bob] = three();
    const call = await acts.ring(engine, ann, [bob]);
    await acts.must(engine, call, acts.accept(bob), acts.by(bob));
    await pass(31_000);
  },
  connection_lost: async () => {
    const [ann, bob] = three();
    const call = await acts.connected(engine, ann, [bob]);
    await acts.must(engine, call, acts.mediaLeft(ann), createOrigin('livekit'));
    await pass(16_000);
  },
  solo_timeout: async () => {
    const [ann, bob, cyn] = three();
    const call = await acts.connected(engine, ann, [bob, cyn]);
    await acts.must(engine, call, acts.leave(ann), acts.by(ann));
    await acts.must(engine, call, acts.leave(bob), acts.by(bob));
    await pass(61_000);
  },
  max_duration: async () => {
    const [ann, bob] = three();
    await acts.connected(engine, ann, [bob]);
    await pass(14_401_000);
  },
  media_failure: async () => {
    const [ann, bob] = three();
    await acts.start(refused, ann, [bob]);
  },
  admin_ended: async () => {
    const [ann, bob] = three();
    const call = await acts.connected(engine, ann, [bob]);
    await acts.must(engine, call, { name: 'force_end' }, createOrigin('admin'));
  },
};

/** Calls that go on, in which people come, go, are removed and come again. */
async function liveCalls() {
  const [ann, bob, cyn] = three();
  const dan = acts.someone('dan');
  const call = await acts.connected(engine, ann, [bob, cyn]);
  await acts.must(engine, call, acts.remove(ann, bob), acts.by(ann));
  await acts.must(engine, call, acts.invite(ann, [bob, dan]), acts.by(ann));
  await acts.must(engine, call, acts.decline(bob), acts.by(bob));
  await acts.must(engine, call, acts.accept(bob, { rejoin: true }), acts.by(bob));
  await acts.must(engine, call, acts.leave(ann), acts.by(ann));
  await acts.must(engine, call, acts.mediaLeft(cyn), createOrigin('livekit'));
  const [eve, fay] = three();
  await acts.ring(engine, eve, [fay]);
  const [gus, hal] = three();
  const answered = await acts.ring(engine, gus, [hal]);
  await acts.must(engine, answered, acts.accept(hal), acts.by(hal));
}

describe('checking invariants', () => {
  it('finds nothing in calls that ended in every way and in calls that go on', async () => {
    for (const end of Object.values(endings)) await end();
    await liveCalls();
    const kept = await stage.query<{ end_reason: string }>(
      'SELECT DISTINCT end_reason FROM calls WHERE ended_at IS NOT NULL',
    );
    expect(kept.map(({ end_reason }) => end_reason).sort()).toEqual(Object.keys(endings).sort());
    await until(
      'everything was told',
      async () => (await stage.query('SELECT FROM outbox')).length === 0,
    );
    expect(await check()).toEqual([]);
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
      'event 2 carries another seq',
    ],
    [
      `UPDATE call_events SET payload = jsonb_set(payload::jsonb, '{event}', '"call:invited"')
       WHERE call_id = $1 AND seq = 1`,
      'event 1 is not call:started',
    ],
  ])('finds events that do not give the call: %s', async (tamper, detail) => {
    const [ann, bob] = three();
    const { id: callId, roomName } = await acts.connected(engine, ann, [bob]);
    await stage.query(tamper, [callId]);
    expect(await check()).toEqual([{ invariant: 'events-fold-to-the-call', callId, detail }]);
    await stage.query('DELETE FROM calls WHERE id = $1', [callId]);
    await engine.parts.media.deleteRoom(roomName);
  });

  it('finds lost rooms, left-over rooms and strangers, if they last', async () => {
    const { media } = engine.parts;
    const timeouts = { emptySeconds: 60, departureSeconds: 60 };
    const own = `call_${await engine.parts.store.getDeploymentId()}`;
    const [sound, lost, over, visited, lostForAMoment] = [
      await ringing(),
      await ringing(),
      await ringing(),
      await ringing(),
      await ringing(),
    ];
    expect(await check({ media, roomsLagMs: 0 })).toEqual([]);

    await media.deleteRoom(lost.roomName);
    await acts.must(engine, over, { name: 'force_end' }, createOrigin('admin'));
    await engine.parts.backgroundTasks.drained();
    await media.createRoom(over.roomName, timeouts);
    await media.createRoom(`${own}.of_nobody`, timeouts);
    await media.createRoom('call_elsewhere.of_another_deployment', timeouts);
    await media.createRoom('of_another_product', timeouts);
    await media.createRoom(`${own}.for_a_moment`, timeouts);
    await media.deleteRoom(lostForAMoment.roomName);
    const zoe = await attend(
      media,
      visited.roomName,
      await connectionTo(stage.livekit, visited.roomName, 'zoe'),
    );
    const ann = sound.initiatorId;
    await attend(media, sound.roomName, await connectionTo(stage.livekit, sound.roomName, ann));

    let looks = 0;
    const healing = {
      ...media,
      listRooms: async () => {
        looks += 1;
        if (looks === 2) {
          await media.deleteRoom(`${own}.for_a_moment`);
          await media.createRoom(lostForAMoment.roomName, timeouts);
        }
        return media.listRooms();
      },
    };
    const found = await check({ media: healing, roomsLagMs: 0 });
    expect(looks).toBe(2);
    expect(found).toHaveLength(4);
    expect(found).toEqual(
      expect.arrayContaining([
        {
          invariant: 'live-call-has-a-room',
          callId: lost.id,
          detail: 'LiveKit does not list the room',
        },
        {
          invariant: 'room-has-a-live-call',
          callId: over.id,
          detail: 'the call is over, and LiveKit has its room',
        },
        {
          invariant: 'room-has-a-live-call',
          callId: null,
          detail: `no call has the room ${own}.of_nobody`,
        },
        {
          invariant: 'user-in-room-is-in-the-call',
          callId: visited.id,
          detail: 'zoe is in the room, and not in the call',
        },
      ]),
    );
    await zoe.leave();
  });

  it('finds a room of which LiveKit does not say who is in it', async () => {
    const { id: callId, roomName } = await ringing();
    const { media } = engine.parts;
    const unreadable = {
      ...media,
      listRooms: async () => [roomName],
      listParticipants: async () => {
        throw new Error('503');
      },
    };
    const found = await check({ media: unreadable, roomsLagMs: 0 });
    expect(found.filter((one) => one.callId === callId)).toEqual([
      {
        invariant: 'live-call-has-a-room',
        callId,
        detail: 'LiveKit does not say who is in the room',
      },
    ]);
  });

  it('looks into rooms that LiveKit does not list', async () => {
    const { id: callId, roomName } = await ringing();
    const session = { sid: 'PA_1', joinedAtMs: 1 };
    const forgetful = {
      listRooms: async () => [],
      listParticipants: async (name: string) =>
        name === roomName ? [{ userId: 'zoe', session }] : [],
    };
    const found = await check({ media: forgetful, roomsLagMs: 0, limit: 1000 });
    expect(found.filter((one) => one.callId === callId)).toEqual([
      { invariant: 'live-call-has-a-room', callId, detail: 'LiveKit does not list the room' },
      {
        invariant: 'user-in-room-is-in-the-call',
        callId,
        detail: 'zoe is in the room, and not in the call',
      },
    ]);
  });

  it('lists as many rooms as asked for', async () => {
    await ringing();
    await ringing();
    const forgetful = { listRooms: async () => [], listParticipants: async () => [] };
    expect(await check({ media: forgetful, roomsLagMs: 0, limit: 1 })).toHaveLength(1);
  });

  it('rejects when LiveKit does not answer', async () => {
    const { media } = engine.parts;
    const down = { ...media, listRooms: () => Promise.reject(new Error('LiveKit is down')) };
    await expect(check({ media: down, roomsLagMs: 0 })).rejects.toThrow('LiveKit is down');
  });
});
