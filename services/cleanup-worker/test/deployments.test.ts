import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeMedia } from '@ringline/testing/room';
import type { Service } from '@ringline/testing/service';
import { until } from '@ringline/testing/until';
import { accept, end, load, ring, someone } from './acts.ts';
import { sit } from './seats.ts';
import { type Stage, setStage } from './stage.ts';

/** A look every five seconds. */
const WITHIN_MS = 60_000;
/** A room that no call is known for is closed after the second look. */
const LOOKS = 4;

/** Two deployments with a database, a Redis and a worker of their own, and one LiveKit. */
let stages: [Stage, Stage];
let workers: Service[];

beforeAll(async () => {
  const first = await setStage();
  const second = await setStage({ livekit: first.livekit });
  stages = [first, second];
  workers = [await first.startWorker(), await second.startWorker()];
});
afterAll(async () => {
  await closeMedia();
  const [first, second] = stages;
  await second.clear();
  await first.clear();
});

/** How often a worker has asked LiveKit which rooms there are. */
async function looksOf(worker: Service): Promise<number> {
  const text = await (await fetch(`${worker.internalUrl}/metrics`)).text();
  const pattern =
    /^ringline_livekit_request_duration_seconds_count\{[^}]*operation="list_rooms"[^}]*\} (\d+)$/m;
  return Number(pattern.exec(text)?.[1] ?? 0);
}

async function letLook(): Promise<void> {
  const before = await Promise.all(workers.map(looksOf));
  await until(
    'both workers have looked several times',
    async () => {
      const now = await Promise.all(workers.map(looksOf));
      return now.every((looks, index) => looks >= (before[index] ?? 0) + LOOKS);
    },
    WITHIN_MS,
  );
}

async function talk(stage: Stage, roomNameOf?: string) {
  const [ann, bob] = [someone('ann'), someone('bob')];
  const call = await ring(stage.engine, ann, [bob]);
  if (roomNameOf !== undefined) {
    // As release 0.1.0 named it.
    await stage.query('UPDATE calls SET room_name = $1 WHERE id = $2', [roomNameOf, call.id]);
    await stage.engine.media.createRoom(roomNameOf, { emptySeconds: 120, departureSeconds: 120 });
  }
  await accept(stage.engine, call, bob);
  const { roomName } = await load(stage.engine, call);
  const seats = [
    await sit(stage.livekit, { roomName }, ann),
    await sit(stage.livekit, { roomName }, bob),
  ];
  return { stage, call, ann, roomName, seats };
}

function isConnected(talks: Awaited<ReturnType<typeof talk>>[]): Promise<boolean> {
  return until(
    'every call is connected by what its own worker finds',
    async () => {
      const calls = await Promise.all(talks.map(({ stage, call }) => load(stage.engine, call)));
      return calls.every(({ state }) => state === 'connected');
    },
    WITHIN_MS,
  );
}

describe('two deployments with databases of their own on one LiveKit', () => {
  it(
    'leave the rooms of each other’s calls alone, also of calls that release 0.1.0 began',
    async () => {
      const [first, second] = stages;
      const talks = [
        await talk(first),
        await talk(second),
        await talk(first, 'call_b2xkLWZvcm0tb2YtdGhlLWZpcnN0'),
        await talk(second, 'call_b2xkLWZvcm0tb2Ytc2Vjb25k'),
      ];
      await isConnected(talks);
      await letLook();
      expect(talks.flatMap(({ seats }) => seats.map((seat) => seat.isConnected()))).toEqual(
        Array(8).fill(true),
      );
      await isConnected(talks);
      // Each still closes its own.
      for (const { stage, call, ann, seats } of talks) {
        await end(stage.engine, call, ann);
        await Promise.all(seats.map(({ over }) => over));
      }
    },
    4 * WITHIN_MS,
  );

  it('count the rooms of their own calls alone', async () => {
    const [first, second] = stages;
    const call = await ring(first.engine, someone('ann'), [someone('bob')]);
    const activeRooms = await Promise.all(
      workers.map(async ({ internalUrl }) => {
        const answer = await fetch(`${internalUrl}/monitoring/metrics`);
        return ((await answer.json()) as { livekit: { activeRooms: number } }).livekit.activeRooms;
      }),
    );
    expect(activeRooms).toEqual([1, 0]);
    expect(await second.engine.media.listRooms()).toContain(call.roomName);
  });

  it('have the deployment in the name of each room', async () => {
    for (const { engine, store } of stages) {
      const call = await ring(engine, someone('ann'), [someone('bob')]);
      expect(call.roomName).toMatch(/^call_[a-z0-9-]+\.[A-Za-z0-9_-]{24}$/);
      expect(call.roomName.startsWith(`call_${await store.getDeploymentId()}.`)).toBe(true);
    }
  });
});
