import { afterAll, describe, expect, it } from '@jest/globals';
import type { Call } from '@ringline/domain';
import { type Attendance, closeMedia } from '@ringline/testing/room';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, createUserId, end, load, ring } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';
import { joinRoom } from './room.ts';

const WITHIN_MS = 60_000;

interface CallFixture extends WorkerFixture {
  worker: Service;
  call: Call;
  connections: Attendance[];
  untilCall(what: string, holds: (now: Call) => boolean): Promise<Call>;
}

/** Runs `test` during a call of two users who are connected to LiveKit. */
async function duringCall(test: (fixture: CallFixture) => Promise<void>): Promise<void> {
  const fixture = await createWorkerFixture();
  try {
    const worker = await fixture.startWorker();
    const [ann, bob] = [createUserId('ann'), createUserId('bob')];
    const ringing = await ring(fixture.engine, ann, [bob]);
    await accept(fixture.engine, ringing, bob);
    const connections = [
      await joinRoom(fixture.livekit, ringing, ann),
      await joinRoom(fixture.livekit, ringing, bob),
    ];
    const untilCall: CallFixture['untilCall'] = (what, holds) =>
      until(
        what,
        async () => {
          const now = await load(fixture.engine, ringing);
          return holds(now) && now;
        },
        WITHIN_MS,
      );
    const call = await untilCall('both are joined', ({ state }) => state === 'connected');
    await test({ ...fixture, worker, call, connections, untilCall });
  } finally {
    await fixture.stop();
  }
}

/** Counts the comparisons of this worker by the outcome of listing LiveKit's rooms. */
async function countComparisons({ worker }: CallFixture, outcome: string): Promise<number> {
  const text = await (await fetch(`${worker.internalUrl}/metrics`)).text();
  const pattern = new RegExp(
    `^ringline_livekit_request_duration_seconds_count\\{operation="list_rooms",outcome="${outcome}"\\} (\\d+)$`,
    'm',
  );
  return Number(pattern.exec(text)?.[1] ?? 0);
}

async function waitForComparisons(
  fixture: CallFixture,
  outcome: string,
  count: number,
): Promise<void> {
  const before = await countComparisons(fixture, outcome);
  const what = `${count} more comparisons with the outcome ${outcome}`;
  await until(
    what,
    async () => (await countComparisons(fixture, outcome)) >= before + count,
    WITHIN_MS,
  );
}

function waitUntilRoomIsDeleted({ engine, call }: CallFixture): Promise<boolean> {
  return until(
    'the room is deleted',
    async () => !(await engine.media.listRooms()).includes(call.roomName),
    WITHIN_MS,
  );
}

afterAll(() => closeMedia());

describe('an outage', () => {
  it.concurrent(
    'of LiveKit ends no call, and participants who do not return are reported as missing',
    () =>
      duringCall(async (fixture) => {
        await fixture.livekit.kill();
        await waitForComparisons(fixture, 'failed', 3);
        expect(await load(fixture.engine, fixture.call)).toEqual(fixture.call);

        await Promise.all(fixture.connections.map((connection) => connection.leave()));
        await fixture.livekit.restart();
        // LiveKit's Redis still lists them, since it does not know that the node crashed.
        await fixture.untilCall('no participant is joined', ({ participants }) =>
          participants.every(({ state }) => state === 'reconnecting'),
        );
        await fixture.moveTime(15_000);
        const ended = await fixture.untilCall('it has ended', ({ endedAt }) => endedAt !== null);
        expect(ended).toMatchObject({ state: 'ended', endReason: 'connection_lost' });
        await waitUntilRoomIsDeleted(fixture);
      }),
    2 * WITHIN_MS,
  );

  it.concurrent(
    "of LiveKit's Redis with data loss ends no call, and participants stay connected",
    () =>
      duringCall(async (fixture) => {
        await fixture.redis.kill();
        await fixture.redis.restart();
        await waitForComparisons(fixture, 'ok', 4);
        expect(await load(fixture.engine, fixture.call)).toEqual(fixture.call);
        expect(fixture.connections.map((connection) => connection.isConnected())).toEqual([
          true,
          true,
        ]);
        await end(fixture.engine, fixture.call, fixture.call.initiatorId);
        await waitUntilRoomIsDeleted(fixture);
      }),
    2 * WITHIN_MS,
  );
});
