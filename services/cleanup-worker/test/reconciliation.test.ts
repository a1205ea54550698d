import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Call, findParticipant } from '@ringline/domain';
import { createOrigin, runCommand } from '@ringline/engine';
import { type Attendance, closeMedia } from '@ringline/testing/room';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, createUserId, end, load, remove, ring } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';
import { joinRoom } from './room.ts';

/** Covers several comparisons, one every five seconds. */
const WITHIN_MS = 30_000;

let fixture: WorkerFixture;
let worker: Service;

// LiveKit sends no webhooks here, so the reconciler alone reports sessions. The tests mostly wait
// for
// its comparisons, so they run concurrently.
beforeAll(async () => {
  fixture = await createWorkerFixture();
  worker = await fixture.startWorker();
});
afterAll(async () => {
  await closeMedia();
  await fixture.stop();
});

function stateOf(call: Call, userId: string) {
  return findParticipant(call, userId)?.state;
}

function untilCall(what: string, call: Call, holds: (now: Call) => boolean): Promise<Call> {
  return until(
    what,
    async () => {
      const now = await load(fixture.engine, call);
      return holds(now) && now;
    },
    WITHIN_MS,
  );
}

function untilRooms(what: string, holds: (names: string[]) => boolean): Promise<boolean> {
  return until(what, async () => holds(await fixture.engine.media.listRooms()), WITHIN_MS);
}

async function countDrift(kind: string): Promise<number> {
  const text = await (await fetch(`${worker.internalUrl}/metrics`)).text();
  const pattern = new RegExp(`^ringline_reconcile_drift_total\\{kind="${kind}"\\} (\\d+)$`, 'm');
  return Number(pattern.exec(text)?.[1] ?? 0);
}

async function startAccepted(caller: string, callees: string[]): Promise<Call> {
  const call = await ring(fixture.engine, caller, callees);
  for (const callee of callees) await accept(fixture.engine, call, callee);
  return call;
}

describe('the reconciler', () => {
  it.concurrent(
    'joins participants after one comparison, and reports them missing after two',
    async () => {
      const [ann, bob] = [createUserId('ann'), createUserId('bob')];
      const call = await startAccepted(ann, [bob]);
      const annsConnection = await joinRoom(fixture.livekit, call, ann);
      const bobsConnection = await joinRoom(fixture.livekit, call, bob);
      const connected = await untilCall(
        'both are joined',
        call,
        ({ state }) => state === 'connected',
      );
      expect(findParticipant(connected, bob)?.session?.sid).toBe(bobsConnection.sid);
      expect(await countDrift('present_user')).toBeGreaterThanOrEqual(2);

      await bobsConnection.leave();
      const leftAt = performance.now();
      const lost = await untilCall('bob is missing', call, ({ state }) => state !== 'connected');
      expect(performance.now() - leftAt).toBeGreaterThan(4500);
      expect([lost.state, stateOf(lost, ann), stateOf(lost, bob)]).toEqual([
        'reconnecting',
        'joined',
        'reconnecting',
      ]);

      const again = await joinRoom(fixture.livekit, call, bob);
      const back = await untilCall(
        'bob is joined again',
        call,
        ({ state }) => state === 'connected',
      );
      expect(findParticipant(back, bob)?.session?.sid).toBe(again.sid);
      const timeline = await fixture.store.getTimeline(call.id);
      const entries = 'entries' in timeline ? timeline.entries : [];
      const later = entries.filter((entry) => entry.kind === 'event' && entry.seq > connected.seq);
      expect(later.map((entry) => entry.kind === 'event' && entry.actor)).toEqual(
        later.map(() => 'reconciler'),
      );
      await end(fixture.engine, call, ann);
      await Promise.all([annsConnection.over, again.over]);
    },
    2 * WITHIN_MS,
  );

  it.concurrent(
    "keeps a participant whose session began before LiveKit's clock was set back",
    async () => {
      const [ann, bob] = [createUserId('ann'), createUserId('bob')];
      const call = await startAccepted(ann, [bob]);
      const connections = [
        await joinRoom(fixture.livekit, call, ann),
        await joinRoom(fixture.livekit, call, bob),
      ];
      await untilCall('both are joined', call, ({ state }) => state === 'connected');
      const previous = { sid: 'PA_before', joinedAtMs: Date.now() + 60_000 };
      await runCommand(
        fixture.engine,
        call.id,
        { name: 'media_left', userId: bob, session: previous, replaced: false },
        createOrigin('livekit'),
      );
      expect(stateOf(await load(fixture.engine, call), bob)).toBe('reconnecting');
      const back = await untilCall('bob is joined', call, ({ state }) => state === 'connected');
      expect(findParticipant(back, bob)?.session?.sid).toBe(connections[1]?.sid);
      await end(fixture.engine, call, ann);
      await Promise.all(connections.map(({ over }) => over));
    },
    2 * WITHIN_MS,
  );

  it.concurrent(
    "removes users who are not in the call, and leaves an operator's recorder alone",
    async () => {
      const [ann, bob, cid] = [createUserId('ann'), createUserId('bob'), createUserId('cid')];
      const call = await startAccepted(ann, [bob, cid]);
      const connections = [
        await joinRoom(fixture.livekit, call, ann),
        await joinRoom(fixture.livekit, call, bob),
      ];
      const cidsConnection = await joinRoom(fixture.livekit, call, cid);
      await untilCall('all are joined', call, (now) =>
        [ann, bob, cid].every((userId) => stateOf(now, userId) === 'joined'),
      );
      await remove(fixture.engine, call, ann, cid);
      await cidsConnection.over;
      const before = await load(fixture.engine, call);

      const recorder = await joinRoom(fixture.livekit, call, 'recorder', { agent: true });
      const withOldToken = await joinRoom(fixture.livekit, call, cid);
      const stranger = await joinRoom(fixture.livekit, call, createUserId('stranger'));
      await Promise.all([withOldToken.over, stranger.over]);

      expect(await load(fixture.engine, call)).toEqual(before);
      expect([...connections, recorder].map((connection) => connection.isConnected())).toEqual([
        true,
        true,
        true,
      ]);
      expect(await countDrift('forbidden_user')).toBeGreaterThanOrEqual(2);
      await end(fixture.engine, call, ann);
      await Promise.all([...connections, recorder].map(({ over }: Attendance) => over));
    },
    2 * WITHIN_MS,
  );

  it.concurrent(
    'creates the room of an active call again after it was deleted',
    async () => {
      const [ann, bob] = [createUserId('ann'), createUserId('bob')];
      const call = await startAccepted(ann, [bob]);
      const connection = await joinRoom(fixture.livekit, call, ann);
      await fixture.engine.media.deleteRoom(call.roomName);
      await connection.over;
      await untilRooms('the room exists again', (names) => names.includes(call.roomName));
      expect((await load(fixture.engine, call)).state).toBe('connecting');
      const again = await joinRoom(fixture.livekit, call, ann);
      expect(again.isConnected()).toBe(true);
      expect(await countDrift('lost_room')).toBeGreaterThanOrEqual(1);
      await end(fixture.engine, call, ann);
      await again.over;
    },
    2 * WITHIN_MS,
  );

  it.concurrent(
    'deletes rooms of ended calls and unknown rooms of its deployment, and leaves others alone',
    async () => {
      const call = await ring(fixture.engine, createUserId('ann'), [createUserId('bob')]);
      await end(fixture.engine, call, call.initiatorId);
      await fixture.engine.backgroundTasks.drained();
      const timeouts = { emptySeconds: 120, departureSeconds: 120 };
      const openedAt = performance.now();
      const unknown = `call_${await fixture.store.getDeploymentId()}.unknown`;
      // The last two may belong to another deployment. Release 0.1.0 does not name its deployment.
      const others = ['webinar', 'call_of-release-0-1-0', 'call_elsewhere.unknown'];
      for (const name of [call.roomName, unknown, ...others]) {
        await fixture.engine.media.createRoom(name, timeouts);
      }
      await untilRooms(
        'the room of the ended call is deleted',
        (names) => !names.includes(call.roomName),
      );
      await untilRooms('the unknown room is deleted', (names) => !names.includes(unknown));
      // A start creates its room before its commit, so one comparison must not be enough.
      expect(performance.now() - openedAt).toBeGreaterThan(4500);
      expect(await fixture.engine.media.listRooms()).toEqual(expect.arrayContaining(others));
      expect(await countDrift('room_of_ended_call')).toBe(1);
      expect(await countDrift('unknown_room')).toBe(1);
      for (const name of others) await fixture.engine.media.deleteRoom(name);
    },
    2 * WITHIN_MS,
  );
});

describe('the lease of the reconciler', () => {
  const readOwner = async (): Promise<string | undefined> => {
    const rows = await fixture.query<{ holder: string }>(
      `SELECT holder FROM leases WHERE name = 'reconciliation' AND expires_at > ringline_now()`,
    );
    return rows[0]?.holder;
  };

  it(
    'moves to another worker when its owner is killed, and at once when its owner stops gracefully',
    async () => {
      const first = await until('the first worker has it', readOwner);
      const second = await fixture.startWorker();
      await worker.kill();
      expect(await readOwner()).toBe(first);
      await fixture.moveTime(15_000);
      const next = await until('another worker has it', readOwner, WITHIN_MS);
      expect(next).not.toBe(first);
      const orphan = `call_${await fixture.store.getDeploymentId()}.orphan`;
      await fixture.engine.media.createRoom(orphan, { emptySeconds: 120, departureSeconds: 120 });
      await untilRooms('the orphan is deleted', (names) => !names.includes(orphan));

      worker = await fixture.startWorker();
      await second.stop();
      const thirdHasIt = async () => {
        const now = await readOwner();
        return now !== undefined && now !== next;
      };
      // Sooner than the lease would have expired.
      await until('the third worker has it', thirdHasIt, 9000);
    },
    3 * WITHIN_MS,
  );
});
