import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOrigin } from '@ringline/engine';
import { closeMedia } from '@ringline/testing/room';
import { stopTime } from '@ringline/testing/time';
import * as acts from './acts.ts';
import { check } from './check.ts';
import { attend, connectionTo } from './connections.ts';
import { useStage } from './stage.ts';

afterAll(closeMedia);
const { stage, engine } = useStage();

// No deadline expires during these tests.
beforeAll(() => stopTime(stage.databaseUrl, Date.now()));

function ringing() {
  const [ann, bob] = acts.people();
  return acts.ring(engine, ann, [bob]);
}

describe('checkInvariants with LiveKit', () => {
  it('finds lasting differences: lost rooms, left-over rooms and strangers', async () => {
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
    expect(await check(stage, engine, { media, roomsLagMs: 0 })).toEqual([]);

    await media.deleteRoom(lost.roomName);
    await acts.must(engine, over, { name: 'force_end' }, createOrigin('admin'));
    await engine.parts.backgroundTasks.drained();
    await media.createRoom(over.roomName, timeouts);
    await media.createRoom(`${own}.of_no_call`, timeouts);
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

    let lookups = 0;
    const healing = {
      ...media,
      listRooms: async () => {
        lookups += 1;
        if (lookups === 2) {
          await media.deleteRoom(`${own}.for_a_moment`);
          await media.createRoom(lostForAMoment.roomName, timeouts);
        }
        return media.listRooms();
      },
    };
    const found = await check(stage, engine, { media: healing, roomsLagMs: 0 });
    expect(lookups).toBe(2);
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
          detail: 'the call is over, but LiveKit has its room',
        },
        {
          invariant: 'room-has-a-live-call',
          callId: null,
          detail: `no call has the room ${own}.of_no_call`,
        },
        {
          invariant: 'user-in-room-is-in-the-call',
          callId: visited.id,
          detail: 'zoe is in the room but not in the call',
        },
      ]),
    );
    await zoe.leave();
  });

  it('finds a room whose users LiveKit does not list', async () => {
    const { id: callId, roomName } = await ringing();
    const { media } = engine.parts;
    const unreadable = {
      ...media,
      listRooms: async () => [roomName],
      listParticipants: async () => {
        throw new Error('503');
      },
    };
    const found = await check(stage, engine, { media: unreadable, roomsLagMs: 0 });
    expect(found.filter((one) => one.callId === callId)).toEqual([
      {
        invariant: 'live-call-has-a-room',
        callId,
        detail: 'LiveKit does not say who is in the room',
      },
    ]);
  });

  it('checks the users of rooms that LiveKit does not list', async () => {
    const { id: callId, roomName } = await ringing();
    const session = { sid: 'PA_1', joinedAtMs: 1 };
    const forgetful = {
      listRooms: async () => [],
      listParticipants: async (name: string) =>
        name === roomName ? [{ userId: 'zoe', session }] : [],
    };
    const found = await check(stage, engine, { media: forgetful, roomsLagMs: 0, limit: 1000 });
    expect(found.filter((one) => one.callId === callId)).toEqual([
      { invariant: 'live-call-has-a-room', callId, detail: 'LiveKit does not list the room' },
      {
        invariant: 'user-in-room-is-in-the-call',
        callId,
        detail: 'zoe is in the room but not in the call',
      },
    ]);
  });

  it('lists as many violations as the limit allows', async () => {
    await ringing();
    await ringing();
    const forgetful = { listRooms: async () => [], listParticipants: async () => [] };
    expect(await check(stage, engine, { media: forgetful, roomsLagMs: 0, limit: 1 })).toHaveLength(
      1,
    );
  });

  it('rejects when LiveKit does not answer', async () => {
    const { media } = engine.parts;
    const down = { ...media, listRooms: () => Promise.reject(new Error('LiveKit is down')) };
    await expect(check(stage, engine, { media: down, roomsLagMs: 0 })).rejects.toThrow(
      'LiveKit is down',
    );
  });
});
