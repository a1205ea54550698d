import { afterAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import { createOrigin } from '@ringline/engine';
import { type Attendance, attendRoom, closeMedia } from '@ringline/testing/room';
import { until } from '@ringline/testing/until';
import {
  accept,
  by,
  connected,
  end,
  invite,
  leave,
  must,
  people,
  person,
  remove,
  ring,
  run,
  usersInRoom,
} from './acts.ts';
import { attend } from './connections.ts';
import { useStage, withoutLiveKit } from './stage.ts';

afterAll(closeMedia);
const { stage, engine } = useStage();

async function enter(call: Call, userId: string): Promise<Attendance> {
  return attend(engine.parts.media, call.roomName, await engine.connectionFor(call, userId, null));
}

/** Reports every user in the room, as LiveKit's webhooks do. */
async function reportJoined(call: Call): Promise<void> {
  for (const { userId, session } of await engine.parts.media.listParticipants(call.roomName)) {
    const joined = { name: 'media_joined', userId, session } as const;
    await must(engine, call, joined, createOrigin('livekit'));
  }
  await engine.parts.backgroundTasks.drained();
}

describe('the room of a call', () => {
  it('is deleted when the call ends, which disconnects its users', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    const inside = await enter(call, ann);
    await must(engine, call, end(ann), by(ann));
    await inside.over;
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.media.listRooms()).not.toContain(call.roomName);
  });

  it('is created again when LiveKit has lost it, unless the call is over', async () => {
    const [ann, bob] = people();
    const call = await ring(engine, ann, [bob]);
    await engine.parts.media.deleteRoom(call.roomName);
    await must(engine, call, { name: 'room_lost' }, createOrigin('livekit'));
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.media.listRooms()).toContain(call.roomName);
    await must(engine, call, end(ann), by(ann));
    await engine.parts.backgroundTasks.drained();
    await must(engine, call, { name: 'room_lost' }, createOrigin('livekit'));
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.media.listRooms()).not.toContain(call.roomName);
  });
});

describe('a user who leaves', () => {
  it('is removed from the room, and the others stay', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    const attendances = await Promise.all([ann, bob, cid].map((userId) => enter(call, userId)));
    await must(engine, call, leave(cid), by(cid));
    await attendances[2]?.over;
    await engine.parts.backgroundTasks.drained();
    expect(await usersInRoom(engine, call)).toEqual([ann, bob].sort());
    await must(engine, call, end(ann), by(ann));
  });
});

describe('a removed user', () => {
  it('who comes back with the old token is removed again', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await Promise.all([ann, bob].map((userId) => enter(call, userId)));
    const connection = await engine.connectionFor(call, cid, null);
    const first = await attendRoom(connection);
    await must(engine, call, remove(ann, cid), by(ann));
    await first.over;
    const again = await attend(engine.parts.media, call.roomName, connection);
    await reportJoined(call);
    await again.over;
    await must(engine, call, end(ann), by(ann));
  });

  it('who has rejoined before the effect runs is not removed from the room', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, remove(ann, cid), by(ann));
    await engine.parts.backgroundTasks.drained();
    // LiveKit reports a session that began while Cid was out, and Cid has rejoined by now.
    await must(engine, call, invite(ann, [cid]), by(ann));
    const attendance = await enter(call, cid);
    const [user] = await engine.parts.media.listParticipants(call.roomName);
    if (user === undefined) throw new Error('the room is empty');
    const late = stage.engine({
      store: {
        ...engine.parts.store,
        load: async (callId) => {
          const loaded = await engine.parts.store.load(callId);
          // The rejoin happens between the decision to remove the user and the removal.
          await run(engine, call, accept(cid), by(cid));
          return loaded;
        },
      },
    });
    await must(late, call, { name: 'media_joined', ...user }, createOrigin('livekit'));
    await late.parts.backgroundTasks.drained();
    expect(await usersInRoom(engine, call)).toEqual([cid]);
    expect(attendance.isConnected()).toBe(true);
    await must(engine, call, end(ann), by(ann));
    await attendance.over;
  });
});

describe('a mute by the host', () => {
  const mute = (by: string, userId: string) =>
    ({ name: 'mute', person: person(by), userId, kind: 'audio' }) as const;

  it('is done in LiveKit before the response', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    const attendance = await enter(call, bob);
    await attendance.speak();
    const operations = async () => {
      const { values } = await engine.parts.metrics.livekitRequestDuration.get();
      const muted = values.find(
        ({ labels, metricName }) =>
          metricName?.endsWith('_count') && labels.operation === 'mute_track',
      );
      return muted?.value ?? 0;
    };
    const before = await operations();
    await until('LiveKit knows the track and mutes it', async () => {
      const after = await must(engine, call, mute(ann, bob), by(ann));
      expect(after.participants.find(({ userId }) => userId === bob)?.audioEnabled).toBe(false);
      return (await operations()) > before;
    });
    await must(engine, call, end(ann), by(ann));
  });

  it('is committed and refused with MEDIA_UNAVAILABLE if LiveKit does not answer', async () => {
    const [ann, bob, cid] = people();
    const call = await connected(engine, ann, [bob, cid]);
    const outcome = await run(withoutLiveKit(stage), call, mute(ann, bob), by(ann));
    expect(outcome.refusal).toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    expect(outcome.call?.participants.find(({ userId }) => userId === bob)?.audioEnabled).toBe(
      false,
    );
    await must(engine, call, end(ann), by(ann));
  });
});

describe('a LiveKit that is down', () => {
  it('does not stop a user from leaving, and failed effects are logged with their call', async () => {
    const [ann, bob] = people();
    const call = await connected(engine, ann, [bob]);
    const without = withoutLiveKit(stage);
    const ended = await must(without, call, leave(bob), by(bob));
    expect(ended).toMatchObject({ state: 'ended', endReason: 'hangup' });
    await without.parts.backgroundTasks.drained();
    expect(without.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'LiveKit delete_room failed', fields: { callId: call.id } },
    ]);
  });
});
