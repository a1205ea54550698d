import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import { createLiveKit, createOrigin } from '@ringline/engine';
import { createMetrics } from '@ringline/platform';
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
  person,
  remove,
  ring,
  run,
  someone,
} from './acts.ts';
import { attend } from './connections.ts';
import { type Stage, setStage, type TestEngine } from './stage.ts';

let stage: Stage;
let engine: TestEngine;

beforeAll(async () => {
  stage = await setStage();
  engine = stage.engine();
});
afterAll(async () => {
  await closeMedia();
  await stage.clear();
});

function trio() {
  return [someone('ann'), someone('bob'), someone('cid')] as const;
}

async function sit(call: Call, userId: string): Promise<Attendance> {
  return attend(engine.parts.media, call.roomName, await engine.connectionFor(call, userId, null));
}

/** Says of everyone in the room that they are there, as LiveKit's webhooks would. */
async function report(call: Call): Promise<void> {
  for (const { userId, session } of await engine.parts.media.listParticipants(call.roomName)) {
    const joined = { name: 'media_joined', userId, session } as const;
    await must(engine, call, joined, createOrigin('livekit'));
  }
  await engine.parts.backgroundTasks.drained();
}

async function inRoom(call: Call): Promise<string[]> {
  return (await engine.parts.media.listParticipants(call.roomName))
    .map(({ userId }) => userId)
    .sort();
}

describe('the room of a call', () => {
  it('is closed when the call ends, for whoever is in it', async () => {
    const [ann, bob] = trio();
    const call = await ring(engine, ann, [bob]);
    const inside = await sit(call, ann);
    await must(engine, call, end(ann), by(ann));
    await inside.over;
    await engine.parts.backgroundTasks.drained();
    expect(await engine.parts.media.listRooms()).not.toContain(call.roomName);
  });

  it('is made again when LiveKit has lost it, and not once the call is over', async () => {
    const [ann, bob] = trio();
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

describe('one who leaves', () => {
  it('is taken out of the room, and the others stay', async () => {
    const [ann, bob, cid] = trio();
    const call = await connected(engine, ann, [bob, cid]);
    const seats = await Promise.all([ann, bob, cid].map((userId) => sit(call, userId)));
    await must(engine, call, leave(cid), by(cid));
    await seats[2]?.over;
    await engine.parts.backgroundTasks.drained();
    expect(await inRoom(call)).toEqual([ann, bob].sort());
    await must(engine, call, end(ann), by(ann));
  });
});

describe('one who was removed', () => {
  it('and comes back with the old token is removed again', async () => {
    const [ann, bob, cid] = trio();
    const call = await connected(engine, ann, [bob, cid]);
    await Promise.all([ann, bob].map((userId) => sit(call, userId)));
    const connection = await engine.connectionFor(call, cid, null);
    const first = await attendRoom(connection);
    await must(engine, call, remove(ann, cid), by(ann));
    await first.over;
    const again = await attend(engine.parts.media, call.roomName, connection);
    await report(call);
    await again.over;
    await must(engine, call, end(ann), by(ann));
  });

  it('is looked at again before the removal: who rejoined meanwhile is not thrown out', async () => {
    const [ann, bob, cid] = trio();
    const call = await connected(engine, ann, [bob, cid]);
    await must(engine, call, remove(ann, cid), by(ann));
    await engine.parts.backgroundTasks.drained();
    // LiveKit tells of a session that began while they were out, and by now they are back.
    await must(engine, call, invite(ann, [cid]), by(ann));
    const seat = await sit(call, cid);
    const [user] = await engine.parts.media.listParticipants(call.roomName);
    if (user === undefined) throw new Error('nobody is in the room');
    const late = stage.engine({
      store: {
        ...engine.parts.store,
        load: async (callId) => {
          const loaded = await engine.parts.store.load(callId);
          // The rejoin comes right between the decision to evict and its being carried out.
          await run(engine, call, accept(cid), by(cid));
          return loaded;
        },
      },
    });
    await must(late, call, { name: 'media_joined', ...user }, createOrigin('livekit'));
    await late.parts.backgroundTasks.drained();
    expect(await inRoom(call)).toEqual([cid]);
    expect(seat.isConnected()).toBe(true);
    await must(engine, call, end(ann), by(ann));
    await seat.over;
  });
});

describe('the host’s mute', () => {
  const mute = (by: string, userId: string) =>
    ({ name: 'mute', person: person(by), userId, kind: 'audio' }) as const;

  it('has been carried out in LiveKit when it is answered', async () => {
    const [ann, bob, cid] = trio();
    const call = await connected(engine, ann, [bob, cid]);
    const seat = await sit(call, bob);
    await seat.speak();
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

  it('that LiveKit does not answer is committed, and refused with MEDIA_UNAVAILABLE', async () => {
    const [ann, bob, cid] = trio();
    const call = await connected(engine, ann, [bob, cid]);
    const media = createLiveKit({ ...stage.livekit, url: 'http://127.0.0.1:9' }, createMetrics());
    const without = stage.engine({ media });
    const outcome = await run(without, call, mute(ann, bob), by(ann));
    expect(outcome.refusal).toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    expect(outcome.call?.participants.find(({ userId }) => userId === bob)?.audioEnabled).toBe(
      false,
    );
    await must(engine, call, end(ann), by(ann));
  });
});

describe('a LiveKit that is down', () => {
  it('stops nobody from leaving; what could not be done is logged with its call', async () => {
    const [ann, bob] = trio();
    const call = await connected(engine, ann, [bob]);
    const media = createLiveKit({ ...stage.livekit, url: 'http://127.0.0.1:9' }, createMetrics());
    const without = stage.engine({ media });
    const ended = await must(without, call, leave(bob), by(bob));
    expect(ended).toMatchObject({ state: 'ended', endReason: 'hangup' });
    await without.parts.backgroundTasks.drained();
    expect(without.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: 'LiveKit delete_room failed', fields: { callId: call.id } },
    ]);
  });
});
