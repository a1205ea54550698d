import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeMedia } from '@ringline/testing/room';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, createUserId, end, load, ring } from './commands.ts';
import { createWorkerFixture, type WorkerFixture } from './fixture.ts';
import { joinRoom } from './room.ts';

const WITHIN_MS = 60_000;
/** A room without a call is deleted after two comparisons. */
const COMPARISONS = 4;

/** Two deployments with one LiveKit. Each has its own database, Redis and worker. */
let fixtures: [WorkerFixture, WorkerFixture];
let workers: Service[];

beforeAll(async () => {
  const first = await createWorkerFixture();
  const second = await createWorkerFixture({ livekit: first.livekit });
  fixtures = [first, second];
  workers = [await first.startWorker(), await second.startWorker()];
});
afterAll(async () => {
  await closeMedia();
  const [first, second] = fixtures;
  await second.stop();
  await first.stop();
});

/** Counts how often a worker has listed LiveKit's rooms. */
async function countComparisons(worker: Service): Promise<number> {
  const text = await (await fetch(`${worker.internalUrl}/metrics`)).text();
  const pattern =
    /^ringline_livekit_request_duration_seconds_count\{[^}]*operation="list_rooms"[^}]*\} (\d+)$/m;
  return Number(pattern.exec(text)?.[1] ?? 0);
}

async function waitForComparisons(): Promise<void> {
  const before = await Promise.all(workers.map(countComparisons));
  await until(
    'both workers have compared several times',
    async () => {
      const now = await Promise.all(workers.map(countComparisons));
      return now.every((count, index) => count >= (before[index] ?? 0) + COMPARISONS);
    },
    WITHIN_MS,
  );
}

async function startConversation(fixture: WorkerFixture, oldRoomName?: string) {
  const [ann, bob] = [createUserId('ann'), createUserId('bob')];
  const call = await ring(fixture.engine, ann, [bob]);
  if (oldRoomName !== undefined) {
    // The form of release 0.1.0.
    await fixture.query('UPDATE calls SET room_name = $1 WHERE id = $2', [oldRoomName, call.id]);
    await fixture.engine.media.createRoom(oldRoomName, {
      emptySeconds: 120,
      departureSeconds: 120,
    });
  }
  await accept(fixture.engine, call, bob);
  const { roomName } = await load(fixture.engine, call);
  const connections = [
    await joinRoom(fixture.livekit, { roomName }, ann),
    await joinRoom(fixture.livekit, { roomName }, bob),
  ];
  return { fixture, call, ann, roomName, connections };
}

function waitUntilConnected(
  conversations: Awaited<ReturnType<typeof startConversation>>[],
): Promise<boolean> {
  return until(
    'every call is connected by its own worker',
    async () => {
      const calls = await Promise.all(
        conversations.map(({ fixture, call }) => load(fixture.engine, call)),
      );
      return calls.every(({ state }) => state === 'connected');
    },
    WITHIN_MS,
  );
}

describe('two deployments with databases of their own on one LiveKit', () => {
  it(
    "leave the rooms of each other's calls alone, including those of release 0.1.0",
    async () => {
      const [first, second] = fixtures;
      const conversations = [
        await startConversation(first),
        await startConversation(second),
        await startConversation(first, 'call_b2xkLWZvcm0tb2YtdGhlLWZpcnN0'),
        await startConversation(second, 'call_b2xkLWZvcm0tb2Ytc2Vjb25k'),
      ];
      await waitUntilConnected(conversations);
      await waitForComparisons();
      expect(
        conversations.flatMap(({ connections }) =>
          connections.map((connection) => connection.isConnected()),
        ),
      ).toEqual(Array(8).fill(true));
      await waitUntilConnected(conversations);
      // Each still deletes its own rooms.
      for (const { fixture, call, ann, connections } of conversations) {
        await end(fixture.engine, call, ann);
        await Promise.all(connections.map(({ over }) => over));
      }
    },
    4 * WITHIN_MS,
  );

  it('count the rooms of their own calls only', async () => {
    const [first, second] = fixtures;
    const call = await ring(first.engine, createUserId('ann'), [createUserId('bob')]);
    const activeRooms = await Promise.all(
      workers.map(async ({ internalUrl }) => {
        const answer = await fetch(`${internalUrl}/monitoring/metrics`);
        return ((await answer.json()) as { livekit: { activeRooms: number } }).livekit.activeRooms;
      }),
    );
    expect(activeRooms).toEqual([1, 0]);
    expect(await second.engine.media.listRooms()).toContain(call.roomName);
  });

  it('put the deployment into the name of each room', async () => {
    for (const { engine, store } of fixtures) {
      const call = await ring(engine, createUserId('ann'), [createUserId('bob')]);
      expect(call.roomName).toMatch(/^call_[a-z0-9-]+\.[A-Za-z0-9_-]{24}$/);
      expect(call.roomName.startsWith(`call_${await store.getDeploymentId()}.`)).toBe(true);
    }
  });
});
